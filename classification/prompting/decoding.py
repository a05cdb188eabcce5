"""From prompts to probabilities: labels scored, scored after reasons, asked one by one, or a free answer parsed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..models.generation import TextWriter
from ..models.label_chain import LabelChain
from ..models.scoring import LabelScorer
from ..models.token_tree import TokenIds
from ..predictions import decide, normalised
from ..task import Task
from .encoding import encode_answers, encode_chain, encode_lead
from .messages import DIRECT, answers, nothing_word, parse
from .reasoning import Reasoner
from .settings import REASONED, PromptSettings
from .wording import WORDINGS

#: Room for a free answer: the longest label, and enough beyond it to tell an explanation from a label.
ANSWER_SLACK = 8
#: How much the scored probabilities count beside the votes: just enough to decide between equal votes.
TIE_BREAK = 0.01


class Decoding(Protocol):
    """How answers are had from a model."""

    room: int  # tokens that it needs behind a prompt

    def answer(self, model: Any, prompts: Sequence[Sequence[TokenIds]], prefix: TokenIds) -> dict[str, Any]:
        """What `Predictions.of` takes, for n texts.

        Args:
            model: a causal language model.
            prompts: of each text: one, or where labels are asked about one by one, one for each label.
            prefix: token ids that all prompts, now and later, are known to start with.
        """


def decoding_of(task: Task, tokenizer: Any, form: PromptSettings) -> Decoding:
    """How a prompt of this form is answered."""
    if form.decode == "generate":
        return FreeAnswers(task, tokenizer, form)
    if form.style == "yes-no":
        return YesNoAnswers(tokenizer, form)
    if form.style in REASONED:
        return ReasonedLabels(task, tokenizer, form)
    return ScoredLabels(task, tokenizer, form)


class ScoredLabels:
    """Compares the likelihoods of the labels; several labels as `classification.models.label_chain` says."""

    def __init__(self, task: Task, tokenizer: Any, form: PromptSettings, *, lead: str = "") -> None:
        """Encode what may be answered; ``lead`` is what the assistant has said right before."""
        self.form, words = form, answers(task, form)
        self.answers = encode_answers(tokenizer, words, lead=lead)
        self._lengths = np.array([len(ids) for ids in self.answers], dtype=np.float32)
        self._scorer = LabelScorer(self.answers)
        self._chain = None
        if task.multi_label:
            nothing = nothing_word(task, form.prompt_language)
            self._chain = LabelChain(encode_chain(tokenizer, words, nothing, lead=lead))
        longest = max(map(len, self.answers))
        self.room = (longest * len(self.answers) if task.multi_label else longest) + ANSWER_SLACK

    def answer(self, model: Any, prompts: Sequence[Sequence[TokenIds]], prefix: TokenIds) -> dict[str, Any]:
        """Probabilities of the labels, and how much of the model's probability is on them."""
        flat = [prompt for (prompt,) in prompts]
        if self._chain is not None:
            probabilities, mass, scored = self._chain.score(model, flat, prefix=prefix)
            return {"probabilities": probabilities, "label_mass": mass, "completion_tokens": scored}
        scores = self._scorer.score(model, flat, prefix=prefix)
        compared = scores / self._lengths if self.form.length_normalized else scores
        return {
            "probabilities": normalised(compared),
            "label_mass": np.exp(scores).sum(axis=1),
            "completion_tokens": [sum(map(len, self.answers))] * len(flat),
        }


class ReasonedLabels:
    """Lets the model reason, once or several times, and scores the labels after its reasons.

    Self-consistency (Wang et al. 2023, https://arxiv.org/abs/2203.11171) samples reasons and lets their answers vote:
    a label's probability is its share of the votes.
    """

    def __init__(self, task: Task, tokenizer: Any, form: PromptSettings) -> None:
        self.task, self.form = task, form
        lead = WORDINGS[form.prompt_language].close
        self._labels = ScoredLabels(task, tokenizer, form, lead=lead)
        self.reasoner = Reasoner(tokenizer, form, [ids[-1] for ids in self._labels.answers])
        self._lead = encode_lead(tokenizer, lead)
        self._line_end = list(tokenizer.encode("\n", add_special_tokens=False))
        self.room = self._labels.room + self.reasoner.room + len(self._lead) + len(self._line_end)

    def answer(self, model: Any, prompts: Sequence[Sequence[TokenIds]], prefix: TokenIds) -> dict[str, Any]:
        """Probabilities of the labels, and the reasons before them."""
        votes = self.form.samples if self.form.style == "self-consistency" else 1
        asked = [prompt for (prompt,) in prompts for _ in range(votes)]
        seeds = [self.form.seed * 1000 + vote for _ in prompts for vote in range(votes)] if votes > 1 else []
        reasons = self.reasoner.write(model, asked, prefix=prefix, seeds=seeds)
        written = [self.reasoner.ids_of(text) for text in reasons]
        continued = [
            [[*prompt, *ids, *self._line_end, *self._lead]] for prompt, ids in zip(asked, written, strict=True)
        ]
        found = self._labels.answer(model, continued, prefix)
        tokens = np.asarray(found["completion_tokens"]) + [len(ids) for ids in written]
        by_text = (len(prompts), votes)
        shares = found["probabilities"].reshape(*by_text, -1)
        return {
            "probabilities": self._voted(shares) if votes > 1 else shares[:, 0],
            "label_mass": found["label_mass"].reshape(by_text).mean(axis=1),
            "completion_tokens": tokens.reshape(by_text).sum(axis=1),
            "reasoning": [self._told(reasons[at : at + votes]) for at in range(0, len(reasons), votes)],
        }

    def _voted(self, shares: NDArray[np.float32]) -> NDArray[np.float32]:
        """Shares of the votes [n, L] from probabilities [n, votes, L]."""
        n, votes, labels = shares.shape
        flat = shares.reshape(-1, labels)
        every_answer_counts = np.ones(len(flat), dtype=np.bool_)
        decided = decide(flat, every_answer_counts, multi_label=self.task.multi_label).reshape(n, votes, labels)
        mixed = (1 - TIE_BREAK) * decided.mean(axis=1) + TIE_BREAK * shares.mean(axis=1)
        return mixed.astype(np.float32)

    @staticmethod
    def _told(reasons: Sequence[str]) -> str:
        if len(reasons) == 1:
            return reasons[0]
        return "\n".join(f"{number}. {text}" for number, text in enumerate(reasons, 1))


class YesNoAnswers:
    """Asks about each label of a multi-label task: the share of yes among yes and no."""

    def __init__(self, tokenizer: Any, form: PromptSettings) -> None:
        wording = WORDINGS[form.prompt_language]
        self._scorer = LabelScorer(encode_answers(tokenizer, [wording.yes, wording.no]))
        self.room = max(map(len, self._scorer.answers))

    def answer(self, model: Any, prompts: Sequence[Sequence[TokenIds]], prefix: TokenIds) -> dict[str, Any]:
        """Independent probabilities of the labels."""
        flat = [prompt for of_text in prompts for prompt in of_text]
        scores = self._scorer.score(model, flat, prefix=prefix)
        labels = len(prompts[0])
        return {
            "probabilities": normalised(scores)[:, 0].reshape(-1, labels),
            "label_mass": np.exp(scores).sum(axis=1).reshape(-1, labels).mean(axis=1),
            "completion_tokens": [labels * sum(map(len, self._scorer.answers))] * len(prompts),
        }


class FreeAnswers:
    """Lets the model write, and what is not exactly a label is invalid."""

    def __init__(self, task: Task, tokenizer: Any, form: PromptSettings) -> None:
        self.task, self.tokenizer, self.form = task, tokenizer, form
        labels = encode_answers(tokenizer, answers(task, form))
        ends = {ids[-1] for ids in labels} | ({tokenizer.eos_token_id} - {None})
        pad = tokenizer.pad_token_id
        self._writer = TextWriter(sorted(ends), int(pad if pad is not None else min(ends)))
        longest = max(map(len, labels))
        self.room = (longest * len(labels) if task.multi_label else longest) + ANSWER_SLACK

    def answer(self, model: Any, prompts: Sequence[Sequence[TokenIds]], prefix: TokenIds) -> dict[str, Any]:
        """The label that each answer names, and the answers."""
        written = self._writer.write(model, [prompt for (prompt,) in prompts], self.room, prefix=prefix)
        said = [self.tokenizer.decode(ids, skip_special_tokens=True) for ids in written]
        probabilities, valid = parse_completions(self.task, said, self.form)
        return {
            "probabilities": probabilities,
            "valid": valid,
            "completions": said,
            "completion_tokens": [min(len(ids) + 1, self.room) for ids in written],  # with the one that ends it
        }


def parse_completions(
    task: Task, completions: Sequence[str], form: PromptSettings = DIRECT
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Free answers as probabilities, float32 [n, L], and whether each was valid, bool [n]."""
    probabilities = np.zeros((len(completions), len(task.labels)), dtype=np.float32)
    valid = np.zeros(len(completions), dtype=bool)
    for row, text in enumerate(completions):
        columns = parse(task, text, form)
        if columns is not None:
            valid[row] = True
            probabilities[row, list(columns)] = 1.0
    return probabilities, valid
