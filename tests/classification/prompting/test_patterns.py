from __future__ import annotations

import pytest
from support.tiny_models import gap_tokenizer, make_tokenizer, sentencepiece_tokenizer

from classification.errors import InputError
from classification.prompting.patterns import encode_cloze, encode_clozes, filled, patterns_of, words_in
from classification.task import Task

TOKENIZER = gap_tokenizer()
PATTERN = "{text} It was {mask} news."


def with_patterns(task: Task, *patterns: str) -> Task:
    return task.model_copy(update={"patterns": patterns})


def test_a_task_without_patterns_is_told_which_line_to_add(task) -> None:
    with pytest.raises(InputError, match="has no patterns.*add a line such as patterns: .*{text}.*{mask}"):
        patterns_of(task)
    assert patterns_of(with_patterns(task, PATTERN)) == (PATTERN,)


def test_a_text_with_braces_and_special_tokens_stays_a_text() -> None:
    assert filled(PATTERN, "{mask} {text}", "[MASK]") == "{mask} {text} It was [MASK] news."
    ids = encode_cloze(TOKENIZER, PATTERN, "[MASK] [SEP] rises", 2, None).ids
    assert ids.count(TOKENIZER.mask_token_id) == 2
    assert ids.count(TOKENIZER.sep_token_id) == 1


def test_a_long_text_loses_its_end_and_the_pattern_stays() -> None:
    found = encode_cloze(TOKENIZER, PATTERN, "Shares fall " * 50, 1, 24)
    assert found.truncated
    assert len(found.ids) <= 24
    assert TOKENIZER.decode(found.ids).replace(" ", "").endswith("Itwas[MASK]news.[SEP]")
    assert [len(one.ids) for one in encode_clozes(TOKENIZER, [(PATTERN, 1), (PATTERN, 2)], "x", None)] == [8, 9]


def test_words_are_looked_up_where_they_stand() -> None:
    task = Task(name="t", language="en", instruction="Decide.", labels=("rises", "falls"),
                patterns=("{text} It {mask}.", "{mask}: {text}"))  # fmt: skip
    byte_level = make_tokenizer()
    byte_level.add_special_tokens({"mask_token": "<mask>"})
    found = words_in(byte_level, task, "tiny")
    assert byte_level.decode(found[0][0]) == " rises"
    assert byte_level.decode(found[1][0]) == "rises"
    pieces = words_in(TOKENIZER, task, "tiny")
    assert TOKENIZER.decode(pieces[0][1]) == "falls"


def test_a_model_without_a_mask_token_is_refused(task) -> None:
    with pytest.raises(InputError, match="tiny: its tokenizer has no mask token, so it fills no gaps"):
        words_in(sentencepiece_tokenizer(), with_patterns(task, PATTERN), "tiny")


def test_words_that_are_one_to_the_model_are_refused() -> None:
    task = Task(name="t", language="zh", instruction="?", labels=("财经", "体育"), patterns=(PATTERN,))
    with pytest.raises(InputError, match="tiny reads the words '财经' and '体育' as the same tokens"):
        words_in(TOKENIZER, task, "tiny")
