from __future__ import annotations

import numpy as np
import pytest
from support.tiny_models import chat_model, make_tokenizer

from classification.models.label_chain import LabelChain, chain_shares, continued
from classification.models.scoring import score_plainly
from classification.prompting.encoding import encode_answers, encode_chain, encode_prompt
from classification.prompting.messages import answer, nothing_word, parse, render
from classification.task import Label, Task

TASK = Task(
    name="moods",
    language="en",
    instruction="Which moods?",
    labels=tuple(Label(name=name) for name in ("positive", "bearish", "positive surprise", "neutral")),
    multi_label=True,
)
TEXTS = ("Shares fall after a profit warning", "the bank raises its forecast", "中文 新闻", "x")


@pytest.fixture(scope="module")
def chain():
    tokenizer = make_tokenizer()
    return tokenizer, encode_chain(tokenizer, TASK.words, nothing_word(TASK))


def test_the_pieces_are_the_tokens_of_whole_answers(chain) -> None:
    tokenizer, tokens = chain
    for names in ([], ["bearish"], ["neutral", "positive"], ["positive", "positive surprise", "neutral"]):
        columns = sorted(map(TASK.index, names))
        pieces = [list((tokens.later if at else tokens.first)[column]) for at, column in enumerate(columns)]
        built = sum(pieces, []) + list(tokens.end) if columns else list(tokens.nothing)
        assert built == encode_answers(tokenizer, [answer(TASK, names)])[0]


def test_an_answer_names_labels_in_the_tasks_order_and_is_read_back() -> None:
    assert answer(TASK, ["neutral", "positive"]) == "positive, neutral"
    assert answer(TASK, []) == "none"
    assert parse(TASK, "positive, neutral") == (0, 3)
    assert parse(TASK, "None.") == ()
    assert parse(TASK, "") is None


def test_a_label_called_none_keeps_its_word() -> None:
    task = Task(**TASK.model_dump() | {"labels": ["None", "b"]})
    assert nothing_word(task) == "no label"
    assert parse(task, "none") == (0,)


def test_probabilities_are_those_of_one_plain_pass_a_word(chain) -> None:
    """Against the definition: each label's likelihood as the next one, over that of all that could still be named."""
    tokenizer, tokens = chain
    model = chat_model()
    prompts = [encode_prompt(tokenizer, render(TASK, text)).ids for text in TEXTS]
    found, mass, scored = LabelChain(tokens).score(model, prompts)
    named = 0
    for row, prompt in enumerate(prompts):
        begin, path, first = 0, list(prompt), True
        while begin < len(TASK.labels):
            words = tokens.first if first else tokens.later
            end = tokens.nothing if first else tokens.end
            q = np.exp(score_plainly(model, path, [*words, end]).astype(np.float64))
            if first:
                assert mass[row] == pytest.approx(q.sum(), rel=1e-4)
            q[0] -= q[2]  # "positive" is also how "positive surprise" begins
            for column in range(begin, len(TASK.labels)):
                share = q[column] / q[column:].sum()
                assert found[row, column] == pytest.approx(share, abs=1e-4)
                begin = column + 1
                if share >= 0.5:
                    path, first, named = path + list(words[column]), False, named + 1
                    break
        assert scored[row] > 0
    assert named, "no label was ever named, so the second pass was never held to anything"


def test_texts_do_not_change_each_others_probabilities(chain) -> None:
    tokenizer, tokens = chain
    model = chat_model()
    prompts = [encode_prompt(tokenizer, render(TASK, text)).ids for text in TEXTS]
    together = LabelChain(tokens).score(model, prompts)[0]
    for row, prompt in enumerate(prompts):
        np.testing.assert_allclose(LabelChain(tokens).score(model, [prompt])[0][0], together[row], atol=1e-4)


def test_the_last_label_is_named_or_the_answer_ends() -> None:
    shares = chain_shares(np.log(np.array([0.2, 0.3, 0.1, 0.4], dtype=np.float32)), [], 0)
    np.testing.assert_allclose(shares, [0.2, 0.3 / 0.8, 0.1 / 0.5], rtol=1e-5)
    shares = chain_shares(np.log(np.array([0.2, 0.3, 0.1, 0.4], dtype=np.float32)), [], 2)
    np.testing.assert_allclose(shares, [0.1 / 0.5], rtol=1e-5)


def test_words_that_go_on_where_another_ends_are_taken_off_once() -> None:
    words = [[1], [1, 2], [1, 2, 3], [1, 4], [5]]
    assert sorted(continued(words)) == [(0, 1), (0, 3), (1, 2)]
    likelihoods = np.log(np.array([0.6, 0.3, 0.1, 0.2, 0.2, 0.2], dtype=np.float32))
    shares = chain_shares(likelihoods, continued(words), 0)
    alone = np.array([0.1, 0.2, 0.1, 0.2, 0.2, 0.2])  # of .6, .3 go on as the second and .2 as the fourth
    np.testing.assert_allclose(shares, alone[:-1] / alone[::-1].cumsum()[::-1][:-1], rtol=1e-4)
