"""Log-likelihoods of labels as an encoder-decoder's answer: each text is encoded once, whatever the number of labels.

The decoder reads all labels at once, laid behind each other in one row that is the same for every text. A label sees
its own tokens only (block-diagonal causal attention), and the text's hidden states, whose keys and values are then
computed once for all labels. That is exact where the decoder knows positions by their distance alone, as T5's does:
inside of a label all distances are as in a row of its own. Decoders with absolute positions get a pass for each label.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers.modeling_outputs import BaseModelOutput

from .scoring import attention_mask
from .token_tree import TokenIds

#: Architectures whose decoder knows positions by their distance alone.
BY_DISTANCE = ("t5", "mt5", "umt5", "longt5", "switch_transformers")
BATCH_SIZE = 32
#: Logits, one for each text, place and entry of the vocabulary, that are in memory at once: 256 MB in float32.
MOST_LOGITS = 64_000_000


class Seq2SeqScorer:
    """Scores the same labels for many texts with one model."""

    def __init__(
        self, answers: Sequence[TokenIds], *, batch_size: int = BATCH_SIZE, most_logits: int = MOST_LOGITS
    ) -> None:
        """Take the labels as token ids, each through the end of the sequence, none of them empty."""
        self.answers = [list(answer) for answer in answers]
        self.batch_size, self.most_logits = batch_size, most_logits

    @torch.inference_mode()
    def score(self, model: Any, sources: Sequence[TokenIds], pad: int) -> NDArray[np.float32]:
        """Log-likelihood of every label for every text.

        Args:
            model: an encoder-decoder of transformers, perhaps with an active PEFT adapter.
            sources: what the encoder reads, as token ids.
            pad: the token for padding.

        Returns:
            float32 [texts, labels], natural logarithm, in the order of ``sources``.
        """
        scores = np.empty((len(sources), len(self.answers)), dtype=np.float32)
        vocabulary = int(model.config.vocab_size)
        by_distance = model.config.model_type in BY_DISTANCE
        chunks = list(self._chunks(vocabulary)) if by_distance else [[column] for column in range(len(self.answers))]
        widest = max(sum(len(self.answers[column]) for column in chunk) for chunk in chunks)
        rows_at_once = max(1, min(self.batch_size, self.most_logits // (widest * vocabulary)))
        by_length = np.argsort([len(source) for source in sources], kind="stable")
        for begin in range(0, len(sources), rows_at_once):
            rows = by_length[begin : begin + rows_at_once]
            batch = _padded([sources[row] for row in rows], pad, model.device)
            hidden = model.get_encoder()(**batch).last_hidden_state
            for chunk in chunks:
                found = self._score(model, hidden, batch["attention_mask"], [self.answers[column] for column in chunk])
                scores[rows[:, None], chunk] = found
        return scores

    def _chunks(self, vocabulary: int) -> Iterator[list[int]]:
        """Labels in order, in groups whose logits for one text are not too many; a longer one goes alone."""
        chunk: list[int] = []
        for column, answer in enumerate(self.answers):
            tokens = sum(len(self.answers[other]) for other in chunk) + len(answer)
            if chunk and tokens * vocabulary > self.most_logits:
                yield chunk
                chunk = []
            chunk.append(column)
        yield chunk

    def _score(
        self, model: Any, hidden: torch.Tensor, mask: torch.Tensor, answers: Sequence[TokenIds]
    ) -> NDArray[np.float32]:
        """Log-likelihoods of some labels, float32 [texts, labels], from the texts' hidden states."""
        start = start_token(model)
        fed = torch.tensor([token for answer in answers for token in (start, *answer[:-1])])
        said = torch.tensor([token for answer in answers for token in answer])
        owners = torch.tensor([column for column, answer in enumerate(answers) for _ in answer])
        causal = torch.ones(len(fed), len(fed), dtype=torch.bool).tril()
        visible = causal & (owners[:, None] == owners[None, :])
        logits = model(
            encoder_outputs=BaseModelOutput(last_hidden_state=hidden),
            attention_mask=mask,
            decoder_input_ids=fed.to(model.device).expand(len(hidden), -1),
            # Without a mask, a single label is causal in any case, and decoders of every kind take it.
            decoder_attention_mask=(
                attention_mask(visible[None, None].to(model.device), model) if len(answers) > 1 else None
            ),
            use_cache=False,
        ).logits.float()
        picked = logits.gather(-1, said.to(logits.device).expand(len(hidden), -1)[..., None])[..., 0]
        likelihood = (picked - logits.logsumexp(dim=-1)).cpu()
        return torch.zeros(len(hidden), len(answers)).index_add_(1, owners, likelihood).numpy()  # type: ignore[no-any-return]


def start_token(model: Any) -> int:
    """The token that a decoder begins with."""
    config = model.config
    for name in ("decoder_start_token_id", "bos_token_id", "pad_token_id"):
        token = getattr(config, name, None)
        if token is not None:
            return int(token)
    return 0


def _padded(sources: Sequence[TokenIds], pad: int, device: Any) -> dict[str, torch.Tensor]:
    """Token ids and attention mask, int64 [n, longest], padded on the right."""
    longest = max(map(len, sources))
    ids = torch.full((len(sources), longest), pad)
    mask = torch.zeros_like(ids)
    for row, source in enumerate(sources):
        ids[row, : len(source)] = torch.tensor(source)
        mask[row, : len(source)] = 1
    return {"input_ids": ids.to(device), "attention_mask": mask.to(device)}


@torch.inference_mode()
def score_plainly(model: Any, source: TokenIds, answers: Sequence[TokenIds]) -> NDArray[np.float32]:
    """Log-likelihood of each label for one text, by one ordinary forward pass a label; what `Seq2SeqScorer` equals.

    Returns:
        float32 [labels], natural logarithm.
    """
    scores = np.empty(len(answers), dtype=np.float32)
    for column, answer in enumerate(answers):
        labels = torch.tensor([list(answer)], device=model.device)
        loss = model(input_ids=torch.tensor([list(source)], device=model.device), labels=labels).loss
        scores[column] = -float(loss) * len(answer)
    return scores
