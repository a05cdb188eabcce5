"""The sentences that stand around a task's instruction, in each language that prompts are written in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from ..errors import one_of


@dataclass(frozen=True)
class Wording:
    """Sentences of one language; ``{words}`` and ``{nothing}`` are filled in.

    Attributes:
        one_word: asks for one of the labels, where each is a word.
        one_label: the same where a label has several words.
        several: asks for all labels that apply.
        letter: asks for the letter of an option.
        options: stands above the options.
        think: asks for reasons before the label, as chain of thought does (Wei et al. 2022).
        think_begin: how the reasons begin (Kojima et al. 2022).
        clues: asks for clues and reasoning before the label, as CARP does (Sun et al. 2023).
        clues_begin, reasoning_begin: how each of both begins.
        close: stands between the reasons and the label.
        explain: asks for the reasons where the label is given.
        yes_no: says that one label at a time is asked about.
        question: asks about one label.
        yes, no: the answers.
        nothing: the answer where no label of several applies.
        comma, colon: how a list and a line of it are written.
    """

    one_word: str
    one_label: str
    several: str
    letter: str
    options: str
    think: str
    think_begin: str
    clues: str
    clues_begin: str
    reasoning_begin: str
    close: str
    explain: str
    yes_no: str
    question: str
    yes: str
    no: str
    nothing: tuple[str, ...]
    comma: str
    colon: str

    def choice(self, words: Sequence[str]) -> str:
        """Words as a choice: ``a, b or c``."""
        return one_of(words) if self is WORDINGS["en"] else self.comma.join(words)

    def rule(self, words: Sequence[str], *, several: bool, nothing: str = "") -> str:
        """The sentence that says what may be answered."""
        if several:
            return self.several.format(words=self.comma.join(words), nothing=nothing)
        single = all(" " not in word.strip() for word in words)
        return (self.one_word if single else self.one_label).format(words=self.choice(words))

    def lettered(self, words: Sequence[str]) -> str:
        """The options with a letter before each, and what to answer."""
        lines = [f"{letter}. {word}" for letter, word in zip(ascii_uppercase, words, strict=False)]
        return "\n".join([self.options, *lines, self.letter])


WORDINGS = {
    "en": Wording(
        one_word="Answer with one word: {words}.",
        one_label="Answer with exactly one of these labels: {words}.",
        several=(
            "Answer with every label that applies, in this order and separated by commas: {words}. "
            "If none applies, answer {nothing}."
        ),
        letter="Answer with the letter of one option.",
        options="Options:",
        think="First give your reasons in one or two sentences, then the label.",
        think_begin="Let's think step by step.",
        clues=(
            "First list clues: keywords, phrases, tone, references. Then reason from the clues to the label. Then give "
            "the label."
        ),
        clues_begin="Clues:",
        reasoning_begin="Reasoning:",
        close="Label: ",
        explain="The label of this text is {words}. Say in one or two sentences why.",
        yes_no="You are asked about one label at a time. Answer yes or no.",
        question="Does the label {words} apply?",
        yes="yes",
        no="no",
        nothing=("none", "no label", "none of the labels", "-"),
        comma=", ",
        colon=": ",
    ),
    "zh": Wording(
        one_word="只回答一个词:{words}。",
        one_label="只回答下列标签之一:{words}。",
        several="按下列顺序回答所有适用的标签,用逗号分隔:{words}。如果都不适用,回答{nothing}。",
        letter="只回答一个选项的字母。",
        options="选项:",
        think="先用一两句话说明理由,再给出标签。",
        think_begin="让我们一步一步地想。",
        clues="先列出线索:关键词、短语、语气、指代。然后根据线索推理。最后给出标签。",
        clues_begin="线索:",
        reasoning_begin="推理:",
        close="标签:",
        explain="这段文字的标签是{words}。用一两句话说明为什么。",
        yes_no="每次只问一个标签。回答是或否。",
        question="标签{words}适用吗?",
        yes="是",
        no="否",
        nothing=("无", "没有", "没有标签", "-"),
        comma="、",
        colon=":",
    ),
}
