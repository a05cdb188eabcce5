"""What a chat model writes before its labels are scored: chain of thought, or clues and reasoning (CARP).

Chain of thought: Wei et al. 2022, https://arxiv.org/abs/2201.11903. CARP: Sun et al. 2023,
https://arxiv.org/abs/2305.08377. For demonstrations, which have a label and no reasons, the model writes reasons with
the label given, as CARP has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..models.generation import TextWriter
from ..models.token_tree import TokenIds
from .settings import PromptSettings
from .wording import WORDINGS

#: A line break, and how byte-level vocabularies write it.
LINE_BREAKS = "\n\u010a"
#: How sentencepiece writes it.
BYTE_OF_LINE_BREAK = "<0x0A>"


class Reasoner:
    """Lets a model reason after prompts, in one line for each step of a style."""

    def __init__(self, tokenizer: Any, form: PromptSettings, ends: Sequence[int]) -> None:
        """Take the tokenizer, the style, and the token ids that end the assistant's turn."""
        wording = WORDINGS[form.prompt_language]
        self.tokenizer, self.form = tokenizer, form
        carp = form.style == "carp"
        self.steps = (wording.clues_begin, wording.reasoning_begin) if carp else (wording.think_begin,)
        pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else ends[0]
        self.ends = sorted({*ends, *line_ends(tokenizer)})
        self.writer = TextWriter(self.ends, int(pad))

    @property
    def room(self) -> int:
        """The most tokens that all steps together take, their beginnings included."""
        return sum(self.form.reasoning_tokens + len(self._begin_ids(at)) for at in range(len(self.steps)))

    def write(
        self, model: Any, prompts: Sequence[TokenIds], *, prefix: TokenIds = (), seeds: Sequence[int] = ()
    ) -> list[str]:
        """Reasons after each prompt, as text.

        Args:
            model: of the tokenizer.
            prompts: token ids that end where the assistant is to speak.
            prefix: token ids that every prompt is known to start with.
            seeds: one for each prompt to sample; none takes the likeliest tokens.
        """
        texts = [""] * len(prompts)
        for at, begin in enumerate(self.steps):
            ids = [[*prompt, *self.ids_of(text), *self._begin_ids(at)] for prompt, text in zip(prompts, texts)]
            temperature = self.form.temperature if seeds else None
            written = self.writer.write(
                model, ids, self.form.reasoning_tokens, prefix=prefix, temperature=temperature, seeds=seeds
            )
            for row, new in enumerate(written):
                said = self.tokenizer.decode(new, skip_special_tokens=True).strip()
                texts[row] += f"{self._separator(at)}{begin} {said}".rstrip()
        return texts

    def ids_of(self, reasons: str) -> list[int]:
        """Token ids of reasons in the assistant's turn."""
        return list(self.tokenizer.encode(reasons, add_special_tokens=False)) if reasons else []

    def _begin_ids(self, step: int) -> list[int]:
        return self.ids_of(self._separator(step) + self.steps[step])

    @staticmethod
    def _separator(step: int) -> str:
        return "\n" if step else ""


def line_ends(tokenizer: Any) -> list[int]:
    """The tokens with a line break in them, as byte-level and sentencepiece vocabularies write them."""
    vocabulary = tokenizer.get_vocab()
    return [number for said, number in vocabulary.items() if set(LINE_BREAKS) & set(said) or said == BYTE_OF_LINE_BREAK]
