"""Cloze questions: a text with a gap, which a masked language model fills with the word of a label.

Pattern and verbalizer as in pattern-exploiting training (Schick and Schuetze 2021,
https://aclanthology.org/2021.eacl-main.20/). Training and inference use the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import InputError, shown
from ..task import MASK_PLACE, TEXT_PLACE, Task
from .encoding import EncodedPrompt, TokenIds, without_special_tokens
from .fitting import fitted

EXAMPLE = f'patterns: ["{TEXT_PLACE} All in all, it was {MASK_PLACE}."]'
#: How the tokenizers of sentencepiece write a space.
SPACE = "▁"


def patterns_of(task: Task) -> tuple[str, ...]:
    """The patterns of a task.

    Raises:
        InputError: it has none.
    """
    if not task.patterns:
        raise InputError(
            f"the task {task.name} has no patterns, which say where a masked language model puts the label's word; "
            f"add a line such as {EXAMPLE} to its file."
        )
    return task.patterns


def words_in(tokenizer: Any, task: Task, model_id: str) -> list[list[TokenIds]]:
    """Token ids of each label's word as it stands in each pattern, [patterns][labels].

    A word has other tokens behind a space than without one, so it is looked up where it stands.

    Raises:
        InputError: the task has no patterns, the model has no token for a gap, or two words have the same tokens.
    """
    patterns = patterns_of(task)
    if tokenizer.mask_token_id is None:
        raise InputError(
            f"{model_id}: its tokenizer has no mask token, so it fills no gaps; name a masked language model, such as "
            "google-bert/bert-base-uncased."
        )
    found = [[_word_in(tokenizer, pattern, word) for word in task.words] for pattern in patterns]
    for words in found:
        known: dict[tuple[int, ...], str] = {}
        for word, ids in zip(task.words, words, strict=True):
            other = known.setdefault(tuple(ids), word)
            if other != word:
                raise InputError(
                    f"{model_id} reads the words {shown(other)} and {shown(word)} as the same tokens, so it cannot "
                    "tell these labels apart; give them other verbalizers, or name another model."
                )
    return found


def _word_in(tokenizer: Any, pattern: str, word: str) -> TokenIds:
    before, _, behind = pattern.replace(TEXT_PLACE, "").partition(MASK_PLACE)
    begin, end = len(before), len(before) + len(word)
    sentence = tokenizer(f"{before}{word}{behind}", add_special_tokens=False, return_offsets_mapping=True)
    places = zip(sentence["input_ids"], sentence["offset_mapping"], strict=True)
    inside = [(token, first, last) for token, (first, last) in places if first < end and last > begin]
    spaces = len(before) - len(before.rstrip())
    if inside and inside[0][1] >= begin - spaces and inside[-1][2] <= end:
        return [token for token, _, _ in inside]
    # A neighbour has become part of a token of the word, as it can where there are no spaces.
    ids = list(tokenizer(word, add_special_tokens=False)["input_ids"])
    alone = len(ids) > 1 and tokenizer.convert_ids_to_tokens(ids[0]) == SPACE
    return ids[1:] if alone else ids


def filled(pattern: str, text: str, gap: str) -> str:
    """A pattern with a text in it, and the gap written as ``gap``."""
    return pattern.replace(MASK_PLACE, gap).replace(TEXT_PLACE, text)


def encode_cloze(tokenizer: Any, pattern: str, text: str, gaps: int, max_length: int | None) -> EncodedPrompt:
    """Token ids of a pattern with a text in it, and ``gaps`` mask tokens where the word belongs.

    With more than ``max_length`` tokens, the text loses its end, and nothing else does.

    Raises:
        InputError: the pattern alone has more tokens.
    """
    gap = tokenizer.mask_token * gaps

    def encode(part: str) -> TokenIds:
        return list(tokenizer(filled(pattern, part, gap))["input_ids"])

    return fitted(tokenizer, without_special_tokens(tokenizer, text), encode, max_length)


def encode_clozes(
    tokenizer: Any, questions: Sequence[tuple[str, int]], text: str, max_length: int | None
) -> list[EncodedPrompt]:
    """One text in several questions, each a pattern and how many mask tokens stand in it."""
    return [encode_cloze(tokenizer, pattern, text, gaps, max_length) for pattern, gaps in questions]
