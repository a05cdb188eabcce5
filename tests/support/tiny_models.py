"""Tiny models of the real architectures, built from their configuration classes: logic needs no weights."""

from __future__ import annotations

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    CONFIG_MAPPING,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
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
SEQ2SEQ_SIZES = {
    "vocab_size": 400, "d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4, "encoder_layers": 2,
    "decoder_layers": 2, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "max_position_embeddings": 512, "pad_token_id": 0, "eos_token_id": 2,
    "decoder_start_token_id": 0, "dropout_rate": 0.0, "dropout": 0.0,
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


def sentencepiece_tokenizer() -> PreTrainedTokenizerFast:
    """A Unigram tokenizer as T5 and mT5 have it: a space is part of the word behind it, and texts end with ``</s>``."""
    unigram = Tokenizer(models.Unigram())
    unigram.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    unigram.decoder = decoders.Metaspace(prepend_scheme="always")
    trainer = trainers.UnigramTrainer(
        vocab_size=150, special_tokens=["<pad>", "<unk>", "</s>"], unk_token="<unk>",
        initial_alphabet=list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;!?"),
    )  # fmt: skip
    unigram.train_from_iterator([*CORPUS, "Company falls rises meets today. Text: Answer:"] * 4, trainer)
    unigram.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])
    return PreTrainedTokenizerFast(
        tokenizer_object=unigram, pad_token="<pad>", unk_token="<unk>", eos_token="</s>", model_max_length=512
    )


def seq2seq_model(kind: str = "t5") -> torch.nn.Module:
    """An encoder-decoder, small and random."""
    torch.manual_seed(0)
    config = CONFIG_MAPPING[kind](**SEQ2SEQ_SIZES)
    return AutoModelForSeq2SeqLM.from_config(config, dtype=torch.float32).eval()


def gap_tokenizer() -> PreTrainedTokenizerFast:
    """A WordPiece tokenizer with a mask token, as BERT has it."""
    pieces = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    pieces.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    pieces.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=300, special_tokens=["[PAD]", "[CLS]", "[SEP]", "[MASK]", "[UNK]"],
        initial_alphabet=list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;!?"),
    )  # fmt: skip
    pieces.train_from_iterator([*CORPUS, "Company falls rises meets today. It was news."] * 4, trainer)
    pieces.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=pieces, pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]",
        unk_token="[UNK]", model_max_length=128,
    )  # fmt: skip


def masked_model(kind: str = "bert") -> torch.nn.Module:
    """An encoder with the head that fills gaps, small and random."""
    torch.manual_seed(0)
    config = CONFIG_MAPPING[kind](**ENCODER_SIZES)
    return AutoModelForMaskedLM.from_config(config, dtype=torch.float32).eval()
