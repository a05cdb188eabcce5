"""Rows as a trainer takes them. Prompts come from `classification.prompting.messages`, the same as at inference."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from datasets import Dataset
from transformers import PreTrainedTokenizerBase

from classification.data.dataset import ReadOptions, Rows, Splits, load_splits
from classification.data.sampling import sample
from classification.errors import InputError, one_of, shown
from classification.models.scoring import attention_mask
from classification.models.token_tree import shared_prefix, token_tree
from classification.prompting.encoding import encode_answers, encode_prompt
from classification.prompting.messages import answer, render
from classification.task import Task

logger = logging.getLogger(__name__)

IGNORED = -100


def training_splits(
    task: Task, data: str | None, seed: int, options: ReadOptions | None = None
) -> tuple[Splits, Rows, Rows]:
    """All splits, and of them the training and validation rows, which a training cannot do without.

    Raises:
        InputError: the rows cannot be read, or there are too few of them; see `load_splits`.
    """
    splits = load_splits(task, data, seed=seed, need=("train", "validation"), options=options)
    if splits.train is None or splits.validation is None:  # load_splits has made sure; this tells the type checker
        raise InputError(f"{splits.source}: no train and validation splits.")
    return splits, splits.train, splits.validation


def at_most(rows: Rows, limit: int | None, seed: int) -> Rows:
    """At most ``limit`` rows, chosen by the seed with the labels' shares kept; all of them without a limit."""
    return rows if limit is None else sample(rows, limit, seed)


def check_labels(rows: Rows, task: Task) -> None:
    """Refuse training rows from which the labels cannot be learned; a label without a row is told.

    Raises:
        InputError: there are fewer rows than labels, or all rows have the same label.
    """
    held = {name for names in rows.labels for name in names}
    if len(held) < 2:
        raise InputError(f"the {len(rows):,} training rows have one label only; give rows of two labels at least.")
    if len(rows) < len(task.labels):
        raise InputError(
            f"{len(rows):,} training rows are too few for {len(task.labels):,} labels; give a row of each at least."
        )
    missing = [name for name in task.label_names if name not in held]
    if missing:
        logger.warning(
            "no training row has the label %s, so it is not learned; add rows of it, or take it out of the task.",
            one_of(map(shown, missing[:10])),
        )


def prompt_completion(
    rows: Rows, task: Task, tokenizer: PreTrainedTokenizerBase, max_length: int | None, *, describe_labels: bool = False
) -> Dataset:
    """Prompt and answer of each row, as the token ids that inference uses, with the loss on the answer only.

    How many texts had to be cut to fit ``max_length`` is logged.

    Returns:
        Columns ``input_ids`` and ``labels``, the latter -100 everywhere but on the answer.
    """
    said = [answer(task, names) for names in rows.labels]
    unique = sorted(set(said))
    answers = dict(zip(unique, encode_answers(tokenizer, unique), strict=True))
    room = None if max_length is None else max_length - max(map(len, answers.values()))
    examples: dict[str, list[list[int]]] = {"input_ids": [], "labels": []}
    cut = 0
    for text, words in zip(rows.texts, said, strict=True):
        prompt = encode_prompt(tokenizer, render(task, text, describe_labels=describe_labels), room)
        cut += prompt.truncated
        examples["input_ids"].append(prompt.ids + answers[words])
        examples["labels"].append([IGNORED] * len(prompt.ids) + answers[words])
    tell_cut(cut, len(rows), max_length)
    return Dataset.from_dict(examples)


def tell_cut(cut: int, rows: int, max_length: int | None) -> None:
    """Log how many texts lost their end to fit the model; nothing where none did."""
    if cut:
        logger.warning(
            "%s of %s texts are cut to fit %s tokens; --max_length sets another limit, where the model allows it.",
            f"{cut:,}",
            f"{rows:,}",
            f"{max_length:,}",
        )


@dataclass
class TreeCollator:
    """Collates a batch as one tree: the prompts' shared start once, each row a branch, no padding.

    Gradients equal those of a padded batch (a test holds them to it), for fewer tokens: on short texts the
    instruction is half of every prompt. See `classification.models.scoring` for the attention that this needs.

    Attributes:
        model: the model that is trained, which decides how its mask is written.
    """

    model: Any

    def __call__(self, examples: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """One row of T tokens: ``input_ids``, ``position_ids`` and ``labels`` [1, T], mask [1, 1, T, T]."""
        shared = shared_prefix([_prompt(example) for example in examples])
        prefix = examples[0]["input_ids"][:shared]
        root = [(prefix, None)] if shared else []
        parent = 0 if shared else None
        tree = token_tree([*root, *((example["input_ids"][shared:], parent) for example in examples)])
        labels = torch.full_like(tree.ids, IGNORED)
        for example, start in zip(examples, tree.starts[len(root) :], strict=True):
            own = torch.tensor(example["labels"][shared:])
            labels[0, start : start + len(own)] = own
        return {
            "input_ids": tree.ids,
            "position_ids": tree.positions,
            "attention_mask": attention_mask(tree.visible, self.model),
            "labels": labels,
        }


def _prompt(example: dict[str, Any]) -> list[int]:
    """Tokens without a loss, through the first one with: a branch has to begin before its answer does."""
    first = next(place for place, label in enumerate(example["labels"]) if label != IGNORED)
    return list(example["input_ids"][: first + 1])[:-1]
