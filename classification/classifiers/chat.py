"""A chat model as a classifier: bare, shown examples, or fine-tuned; its labels scored, or its free answer parsed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..models.pool import LoadedModel
from ..models.token_tree import shared_prefix
from ..predictions import Predictions
from ..prompting.decoding import ReasonedLabels, decoding_of
from ..prompting.demonstrations import within_budget
from ..prompting.encoding import EncodedPrompt, encode_prompt
from ..prompting.messages import DIRECT, Demonstration, explanation_request, question, render
from ..prompting.retrieval import DemonstrationSource, FixedDemonstrations, RetrievedDemonstrations
from ..prompting.settings import PromptSettings, check_form
from ..prompting.templates import plainly_templated, tokenizer_of_run
from ..task import Task
from .loading import PromptToLoad, RunToLoad

#: Prompts that share nothing but what every prompt shares, to find out what that is.
PROBES = ("a", "7 x")


class ChatClassifier:
    """Asks a chat model for the labels of texts.

    ``decode: score`` compares the likelihoods of the labels, so every answer is a label and has a probability;
    ``decode: generate`` lets the model write, and what is not exactly a label is invalid.
    """

    def __init__(
        self,
        name: str,
        task: Task,
        base: LoadedModel,
        *,
        adapter: str | None = None,
        demonstrations: DemonstrationSource | Sequence[Demonstration] = (),
        form: PromptSettings = DIRECT,
        tokenizer: Any = None,
    ) -> None:
        """Take a model from the pool.

        Args:
            name: of the contender.
            task: what it decides.
            base: the chat model.
            adapter: which of its adapters answers.
            demonstrations: shown to all texts, or where each text has its own from.
            form: how the question is put, and how its answer is read.
            tokenizer: by default the model's.

        Raises:
            InputError: the form does not fit the task, or the tokenizer has no chat template.
        """
        check_form(form, task, name)
        self.name, self.task, self.base, self.adapter, self.form = name, task, base, adapter, form
        self.tokenizer = plainly_templated(tokenizer or base.tokenizer, form.style)
        # Where every text has its own demonstrations, prompts share what stands before these.
        self._shared = tuple(demonstrations) if isinstance(demonstrations, Sequence) else ()
        self.source: DemonstrationSource
        if isinstance(demonstrations, Sequence):
            self.source = FixedDemonstrations(demonstrations)
        else:
            self.source = demonstrations
        self._asked = reversed_labels(task) if form.label_order == "reversed" else task
        self._decoding = decoding_of(self._asked, self.tokenizer, form)
        self._reasons: dict[Demonstration, str] = {}
        self._prefix: list[int] | None = None

    def prompt(self, text: str) -> str:
        """The prompt for a text as the model sees it, control tokens included; the first one of several."""
        first = self._encode(text, self.shown(text))[0]
        return str(self.tokenizer.decode(first.ids, skip_special_tokens=False))

    def shown(self, text: str) -> tuple[Demonstration, ...]:
        """The demonstrations in the prompt for a text."""
        return self._prepared(self.source.shown_with([text]))[0]

    def best_order(self, texts: Sequence[str]) -> list[int]:
        """The order in which texts are answered fastest: those that share demonstrations together."""
        if isinstance(self.source, RetrievedDemonstrations):
            return self.source.best_order(texts)
        return list(range(len(texts)))

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Decide about each text; ``seconds`` is the batch's time shared out equally."""
        if not texts:
            return Predictions.of(np.zeros((0, len(self.task.labels)), dtype=np.float32), 0.0)
        started = time.perf_counter()
        shown = self._prepared(self.source.shown_with(texts))
        encoded = [self._encode(text, rows) for text, rows in zip(texts, shown, strict=True)]
        prompts, start = [[one.ids for one in of_text] for of_text in encoded], self._start()
        with self.base.using(self.adapter) as model:
            found = self._decoding.answer(model, prompts, start)
        if self._asked is not self.task:
            found["probabilities"] = found["probabilities"][:, ::-1]
        return Predictions.of(
            seconds=time.perf_counter() - started,
            prompt_tokens=[sum(len(one.ids) for one in of_text) for of_text in encoded],
            truncated=[any(one.truncated for one in of_text) for of_text in encoded],
            **found,
        )

    def _encode(self, text: str, shown: Sequence[Demonstration]) -> list[EncodedPrompt]:
        """The prompts about a text: one, or one for each label that is asked about."""
        context = getattr(self.base.model.config.get_text_config(), "max_position_embeddings", None)
        room = None if context is None else context - self._decoding.room
        messages = render(self._asked, text, shown, form=self.form)
        if self.form.style != "yes-no":
            return [encode_prompt(self.tokenizer, messages, room)]
        behind = [question(self.task, name, self.form) for name in self._asked.label_names]
        return [encode_prompt(self.tokenizer, messages, room, behind=one) for one in behind]

    def _start(self) -> list[int]:
        """The token ids that all prompts begin with."""
        if self._prefix is None:
            shown = self._prepared([self._shared])[0]
            probes = [self._encode(text, shown)[0].ids for text in PROBES]
            self._prefix = probes[0][: shared_prefix(probes)]
        return self._prefix

    def _prepared(self, shown: Sequence[tuple[Demonstration, ...]]) -> list[tuple[Demonstration, ...]]:
        """Demonstrations within their budget of tokens, and with reasons where the style has them."""
        most = self.form.demonstration_tokens
        if most is not None:
            shown = [within_budget(rows, [self._tokens(row) for row in rows], most) for rows in shown]
        if isinstance(self._decoding, ReasonedLabels):
            self._reason_about([row for rows in shown for row in rows])
            shown = [tuple(replace(row, reasons=self._reasons[_plain(row)]) for row in rows) for rows in shown]
        return list(shown)

    def _tokens(self, row: Demonstration) -> int:
        said = render(self._asked, "", [row], form=self.form)[1:-1]
        return sum(len(self.tokenizer.encode(message["content"], add_special_tokens=False)) for message in said)

    def _reason_about(self, rows: Sequence[Demonstration]) -> None:
        """Let the model say why each of these has its labels, once."""
        new = sorted({_plain(row) for row in rows} - set(self._reasons), key=lambda row: row.text)
        if not new or not isinstance(self._decoding, ReasonedLabels):
            return
        asked = [encode_prompt(self.tokenizer, explanation_request(self._asked, row, self.form)).ids for row in new]
        with self.base.using(self.adapter) as model:
            reasons = self._decoding.reasoner.write(model, asked)
        self._reasons |= dict(zip(new, reasons, strict=True))


def _plain(row: Demonstration) -> Demonstration:
    """A demonstration without what is not its own."""
    return replace(row, similarity=None, reasons="")


def reversed_labels(task: Task) -> Task:
    """The same task with its labels in the opposite order."""
    parts = {name: getattr(task, name) for name in Task.model_fields}
    return Task(**(parts | {"labels": task.labels[::-1]}))


def load_prompted(prompt: PromptToLoad) -> ChatClassifier:
    """A chat model that is asked with a prompt alone."""
    base = prompt.pool.chat(prompt.model, prompt.revision)
    demonstrations = prompt.source() if prompt.form.by_text else prompt.demonstrations
    return ChatClassifier(prompt.name, prompt.task, base, demonstrations=demonstrations, form=prompt.form)


def load_tuned(run: RunToLoad) -> ChatClassifier:
    """A fine-tuned chat model, asked with the run's own task in its own words: what it was taught with."""
    base = run.pool.chat(*run.weights(), quantization=run.quantization())
    return ChatClassifier(
        run.name,
        run.record.task,
        base,
        adapter=run.attach(base),
        form=PromptSettings(describe_labels=run.record.describe_labels, decode=run.decode),
        tokenizer=tokenizer_of_run(base.tokenizer, run.folder),
    )
