"""Tiny models of the real architectures, built from their configuration classes: logic needs no weights."""

from __future__ import annotations

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    CONFIG_MAPPING,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    PreTrainedTokenizerFast,
)

CHAT_TEMPLATE = (
    "{% for message in messages %}<|start|>{{ message['role'] }}\n{{ message['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)
SIZES = {
    "vocab_size": 400, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 512, "pad_token_id": 0, "bos_token_id": 1,
    "eos_token_id": 2,
}  # fmt: skip
ENCODER_SIZES = {
    "vocab_size": 400, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "dim": 32, "hidden_dim": 48, "n_layers": 2, "n_heads": 4, "max_position_embeddings": 128, "pad_token_id": 0,
    "bos_token_id": 1, "eos_token_id": 2, "cls_token_id": 1, "sep_token_id": 2, "relative_attention": True,
    "pos_att_type": ["p2c", "c2p"], "pooler_hidden_size": 32,
}  # fmt: skip
CORPUS = [
    "Decide what this financial news means for the price of what it is about.",
    "Answer with one word: bearish, bullish or neutral.",
    "Shares fall after a profit warning; the bank raises its forecast and the market rises.",
    "system user assistant positive positive surprise 中文 新闻 标题",
]


def make_tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer with a chat template, trained on a few sentences."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    special = ["<pad>", "<|start|>", "<|end|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=380, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    bpe.train_from_iterator(CORPUS, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token="<pad>", bos_token="<|start|>", eos_token="<|end|>", model_max_length=512
    )
    fast.chat_template = CHAT_TEMPLATE
    return fast


def chat_model(kind: str = "llama", **changes: object) -> torch.nn.Module:
    """A causal language model of an architecture, small, with random weights that are the same every time."""
    torch.manual_seed(0)
    config = CONFIG_MAPPING[kind](**SIZES | changes)
    return AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()


def encoder_model(kind: str = "bert", labels: int = 3) -> torch.nn.Module:
    """An encoder with a classification head, small and random."""
    torch.manual_seed(0)
    config = CONFIG_MAPPING[kind](**ENCODER_SIZES, num_labels=labels)
    return AutoModelForSequenceClassification.from_config(config, dtype=torch.float32).eval()
