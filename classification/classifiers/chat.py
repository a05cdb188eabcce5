"""A chat model as a classifier: its labels scored, or its free answer parsed; bare, shown examples, or fine-tuned."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax
from transformers import GenerationConfig

from ..models.label_chain import LabelChain
from ..models.pool import LoadedModel
from ..models.scoring import LabelScorer
from ..models.token_tree import shared_prefix
from ..predictions import Predictions
from ..prompting.encoding import EncodedPrompt, encode_answers, encode_chain, encode_prompt
from ..prompting.messages import Demonstration, Message, nothing_word, parse, render
from ..prompting.templates import tokenizer_of_run
from ..task import Task
from .loading import Decode, PromptToLoad, RunToLoad

#: Room for a free answer: the longest label, and enough beyond it to tell an explanation from a label.
ANSWER_SLACK = 8
#: Prompts that share nothing but what every prompt shares, to find out what that is.
PROBES = ("a", "7 x")


class ChatClassifier:
    """Asks a chat model for one text's label at a time.

    ``decode="score"`` compares the likelihoods of the labels, so every answer is a label and has a
    probability; how several labels are scored says `classification.models.label_chain`.
    ``decode="generate"`` lets the model write, and what is not exactly a label is invalid.
    """

    def __init__(
        self,
        name: str,
        task: Task,
        base: LoadedModel,
        *,
        adapter: str | None = None,
        demonstrations: Sequence[Demonstration] = (),
        describe_labels: bool = False,
        decode: Decode = "score",
        tokenizer: Any = None,
    ) -> None:
        self.name, self.task, self.base = name, task, base
        self.tokenizer = tokenizer or base.tokenizer
        self.adapter, self.decode = adapter, decode
        self.demonstrations = tuple(demonstrations)
        self.describe_labels = describe_labels
        self._answers = encode_answers(self.tokenizer, task.words)
        self._scorer = LabelScorer(self._answers)
        self._chain = (
            LabelChain(encode_chain(self.tokenizer, task.words, nothing_word(task))) if task.multi_label else None
        )
        self._probes = [encode_prompt(self.tokenizer, self._messages(text)).ids for text in PROBES]

    def prompt(self, text: str) -> str:
        """The prompt for a text as the model sees it, control tokens included."""
        return self.tokenizer.decode(self._encode(text).ids, skip_special_tokens=False)

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Decide about each text; ``seconds`` is the batch's time shared out by prompt length."""
        if not texts:
            return Predictions.of(np.zeros((0, len(self.task.labels)), dtype=np.float32), 0.0)
        started = time.perf_counter()
        encoded = [self._encode(text) for text in texts]
        with self.base.using(self.adapter) as model:
            answer = self._score if self.decode == "score" else self._generate
            found = answer(model, [prompt.ids for prompt in encoded])
        return Predictions.of(
            seconds=time.perf_counter() - started,
            prompt_tokens=[len(prompt.ids) for prompt in encoded],
            truncated=[prompt.truncated for prompt in encoded],
            **found,
        )

    def _messages(self, text: str) -> list[Message]:
        return render(self.task, text, self.demonstrations, describe_labels=self.describe_labels)

    def _encode(self, text: str) -> EncodedPrompt:
        context = getattr(self.base.model.config.get_text_config(), "max_position_embeddings", None)
        room = None if context is None else context - self._answer_room()
        return encode_prompt(self.tokenizer, self._messages(text), room)

    def _score(self, model: Any, prompts: list[list[int]]) -> dict[str, Any]:
        prefix = self._probes[0][: shared_prefix(self._probes)]
        if self._chain is not None:
            probabilities, mass, scored = self._chain.score(model, prompts, prefix=prefix)
            return {"probabilities": probabilities, "label_mass": mass, "completion_tokens": scored}
        scores = self._scorer.score(model, prompts, prefix=prefix)
        tokens = sum(map(len, self._answers))
        return {
            "probabilities": normalised(scores),
            "label_mass": np.exp(scores).sum(axis=1),
            "completion_tokens": [tokens] * len(prompts),
        }

    def _generate(self, model: Any, prompts: list[list[int]]) -> dict[str, Any]:
        completions, lengths = [], []
        ends = {answer[-1] for answer in self._answers}
        tokenizer = self.tokenizer
        settings = GenerationConfig(
            max_new_tokens=self._answer_room(),
            do_sample=False,
            eos_token_id=sorted(ends | ({tokenizer.eos_token_id} - {None})),
            pad_token_id=tokenizer.pad_token_id,
        )
        with torch.inference_mode():
            for prompt in prompts:
                ids = torch.tensor([prompt], device=model.device)
                out = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=settings)
                new = out[0, len(prompt) :].tolist()
                lengths.append(len(new))
                completions.append(tokenizer.decode(new, skip_special_tokens=True))
        probabilities, valid = parse_completions(self.task, completions)
        return {
            "probabilities": probabilities,
            "valid": valid,
            "completions": completions,
            "completion_tokens": lengths,
        }

    def _answer_room(self) -> int:
        longest = max(map(len, self._answers))
        return (longest * len(self._answers) if self.task.multi_label else longest) + ANSWER_SLACK


def load_prompted(prompt: PromptToLoad) -> ChatClassifier:
    """A chat model that is asked with a prompt alone."""
    base = prompt.pool.chat(prompt.model, prompt.revision)
    return ChatClassifier(
        prompt.name,
        prompt.task,
        base,
        demonstrations=prompt.demonstrations,
        describe_labels=prompt.describe_labels,
        decode=prompt.decode,
    )


def load_tuned(run: RunToLoad) -> ChatClassifier:
    """A fine-tuned chat model, asked with the run's own task in its own words: what it was taught with."""
    base = run.pool.chat(*run.weights(), quantization=run.quantization())
    return ChatClassifier(
        run.name,
        run.record.task,
        base,
        adapter=run.attach(base),
        describe_labels=run.record.describe_labels,
        decode=run.decode,
        tokenizer=tokenizer_of_run(base.tokenizer, run.folder),
    )


def normalised(log_likelihoods: NDArray[np.float32]) -> NDArray[np.float32]:
    """Softmax over the last axis: probabilities given that the answer is one of the labels."""
    return softmax(log_likelihoods, axis=-1).astype(np.float32)


def parse_completions(task: Task, completions: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Free answers as probabilities, float32 [n, L], and whether each was valid, bool [n]."""
    probabilities = np.zeros((len(completions), len(task.labels)), dtype=np.float32)
    valid = np.zeros(len(completions), dtype=bool)
    for row, text in enumerate(completions):
        columns = parse(task, text)
        if columns is not None:
            valid[row] = True
            probabilities[row, list(columns)] = 1.0
    return probabilities, valid
