"""Every style answers inside the labels, alone as among others, in one label, several labels and Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager

import numpy as np
import pytest
from support.tiny_models import chat_model

from classification.classifiers.chat import ChatClassifier
from classification.errors import InputError
from classification.models.pool import LoadedModel, ModelSource
from classification.models.scoring import score_plainly
from classification.prompting.encoding import encode_answers, encode_lead, render_chat
from classification.prompting.messages import Demonstration, system_sentence
from classification.prompting.reasoning import line_ends
from classification.prompting.settings import REASONED, PromptSettings
from classification.task import Label, Task

TEXTS = ["Shares fall", "Profit doubles and the market rises", "中文新闻"]
ROWS = (Demonstration("Plant burns down", ("Bearish",)), Demonstration("The bank raises its forecast", ("Bullish",)))
ONE = ("direct", "described", "letters", "chain-of-thought", "carp", "self-consistency", "completion")
SEVERAL = ("direct", "described", "chain-of-thought", "carp", "self-consistency", "completion", "yes-no")
CHINESE = Task(
    name="titles", language="zh", instruction="判断这条新闻标题属于哪个栏目。",
    labels=(Label(name="体育", description="比赛"), Label(name="财经", description="经济"), Label(name="娱乐")),
)  # fmt: skip


def several(task: Task) -> Task:
    return task.model_copy(update={"multi_label": True})


def asked(task: Task, chat: LoadedModel, shown: Sequence[Demonstration] = (), **form: object) -> ChatClassifier:
    short = {"reasoning_tokens": 6} if form.get("style") in REASONED else {}
    return ChatClassifier("asked", task, chat, demonstrations=shown, form=PromptSettings(**short | form))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("style", ONE)
def test_with_one_label_every_style_answers_alone_as_among_others(task, chat, style: str, language: str) -> None:
    what = CHINESE if language == "zh" else task
    found = asked(what, chat, style=style, prompt_language=language).predict(TEXTS)
    assert found.valid.all()
    assert np.allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)
    one = asked(what, chat, style=style, prompt_language=language)
    alone = np.concatenate([one.predict([text]).probabilities for text in TEXTS])
    assert np.allclose(alone, found.probabilities, atol=1e-4)
    assert (found.reasoning is not None) == (style in REASONED)


@pytest.mark.parametrize("shown", [(), ROWS], ids=["bare", "shown"])
@pytest.mark.parametrize("style", SEVERAL)
def test_with_several_labels_every_style_answers_alone_as_among_others(task, chat, style: str, shown) -> None:
    found = asked(several(task), chat, shown, style=style).predict(TEXTS)
    assert found.probabilities.shape == (3, 3)
    assert ((found.probabilities >= 0) & (found.probabilities <= 1)).all()
    one = asked(several(task), chat, shown, style=style)
    alone = np.concatenate([one.predict([text]).probabilities for text in TEXTS])
    assert np.allclose(alone, found.probabilities, atol=1e-4)


def test_labels_are_scored_after_the_reasons_as_plain_passes_do(task, chat) -> None:
    classifier = asked(task, chat, ROWS, style="chain-of-thought")
    found = classifier.predict(TEXTS)
    tokenizer = chat.tokenizer
    for text, reasons, shares in zip(TEXTS, found.reasoning, found.probabilities, strict=True):
        assert reasons.startswith("Let's think step by step.")
        ids = [*tokenizer.encode(classifier.prompt(text), add_special_tokens=False),
               *tokenizer.encode(reasons), *tokenizer.encode("\n"), *tokenizer.encode("Label:")]  # fmt: skip
        scores = score_plainly(chat.model, ids, encode_answers(tokenizer, task.words, lead="Label: "))
        expected = np.exp(scores - scores.max())
        assert np.allclose(shares, expected / expected.sum(), atol=1e-4)


def test_reasons_of_demonstrations_are_written_once_with_the_label_given(task, chat) -> None:
    classifier = asked(task, chat, ROWS, style="carp")
    prompt = classifier.prompt("Shares fall")
    assert prompt.count("Clues:") == prompt.count("Reasoning:") == prompt.count("Label: b") == 2
    calls: list[object] = []
    classifier._decoding.reasoner.write = lambda *given, **more: calls.append(given)
    assert classifier.prompt("Shares fall") == prompt
    assert not calls


def test_reasons_are_never_written_while_the_model_is_held(task, chat, monkeypatch) -> None:
    """Adapters that are switched off twice are switched on again by the first that ends."""
    classifier, held, using = asked(task, chat, ROWS, style="carp"), [0], chat.using

    @contextmanager
    def counted(adapter):
        assert held[0] == 0
        held[0] += 1
        with using(adapter) as model:
            yield model
        held[0] -= 1

    monkeypatch.setattr(chat, "using", counted)
    classifier.predict([ROWS[0].text])  # which is not shown with itself, so its reasons were not needed yet


def test_a_vote_is_a_share_and_more_samples_are_more_reasons(task, chat) -> None:
    found = asked(task, chat, style="self-consistency", samples=4, temperature=5.0).predict(TEXTS)
    votes = np.round(found.probabilities * 4)
    assert np.allclose(found.probabilities, votes / 4, atol=0.02)
    assert all(said.startswith("1. ") and "\n4. " in said for said in found.reasoning)
    again = asked(task, chat, style="self-consistency", samples=4, temperature=5.0).predict(TEXTS)
    assert again.reasoning == found.reasoning
    other = asked(task, chat, style="self-consistency", samples=4, temperature=5.0, seed=1).predict(TEXTS)
    assert other.reasoning != found.reasoning


def test_letters_stand_for_the_options(task, chat) -> None:
    classifier = asked(task, chat, ROWS, style="letters")
    prompt = classifier.prompt("Shares fall")
    assert "Options:\nA. bearish\nB. bullish\nC. neutral\nAnswer with the letter of one option." in prompt
    assert "Plant burns down<|end|>\n<|start|>assistant\nA<|end|>" in prompt
    backwards = asked(task, chat, ROWS, style="letters", label_order="reversed")
    assert "A. neutral\nB. bullish\nC. bearish" in backwards.prompt("Shares fall")
    assert "Plant burns down<|end|>\n<|start|>assistant\nC<|end|>" in backwards.prompt("Shares fall")


def test_labels_in_reverse_order_come_back_in_the_tasks_order(task, chat) -> None:
    backwards = asked(task, chat, label_order="reversed")
    turned = Task(**{name: getattr(task, name) for name in Task.model_fields} | {"labels": task.labels[::-1]})
    assert backwards.prompt("x") == asked(turned, chat).prompt("x")
    expected = asked(turned, chat).predict(TEXTS).probabilities[:, ::-1]
    assert np.allclose(backwards.predict(TEXTS).probabilities, expected, atol=1e-6)


def test_a_base_model_is_asked_without_a_chat(task, tokenizer) -> None:
    import copy

    bare = copy.deepcopy(tokenizer)
    bare.chat_template = None
    base = LoadedModel(chat_model(), bare, ModelSource("tests/base", "nowhere", "path"))
    with pytest.raises(InputError, match="has no chat template; write style: completion, or choose an instruction-"):
        asked(task, base).predict(TEXTS)
    completion = asked(task, base, ROWS, style="completion")
    assert completion.prompt("Shares fall").endswith("Answer: bullish<|end|>\n\nText: Shares fall\nAnswer:")
    assert completion.predict(TEXTS).valid.all()
    assert bare.chat_template is None


def test_each_label_is_asked_about_behind_the_whole_text(task, chat) -> None:
    classifier = asked(several(task), chat, ROWS, style="yes-no")
    prompt = classifier.prompt("Shares fall. " * 300)
    assert prompt.endswith("\n\nDoes the label bearish apply?<|end|>\n<|start|>assistant\n")
    assert "Does the label bearish apply?<|end|>\n<|start|>assistant\nyes<|end|>" in prompt
    assert "assistant\nno<|end|>" in prompt
    assert classifier.predict(["Shares fall. " * 300, "x"]).truncated.tolist() == [True, False]


def test_longer_labels_lose_nothing_by_their_length(task, chat) -> None:
    plain, per_token = asked(task, chat), asked(task, chat, length_normalized=True)
    lengths = [len(ids) for ids in encode_answers(chat.tokenizer, task.words)]
    expected = np.log(plain.predict(TEXTS).probabilities)
    found = np.log(per_token.predict(TEXTS).probabilities)
    assert len(set(lengths)) > 1
    assert not np.allclose(found, expected, atol=1e-3)
    assert np.allclose(plain.predict(TEXTS).label_mass, per_token.predict(TEXTS).label_mass)


@pytest.mark.parametrize(
    ("form", "labels", "sentence"),
    [
        ({"style": "yes-no"}, 1, "asked: style yes-no is for tasks with several labels a text; write style: direct."),
        ({"style": "letters"}, 2, "asked: style letters is for tasks with one label a text; write style: direct or"),
        ({"length_normalized": True}, 2, "asked: length_normalized is for tasks with one label a text; leave it out."),
    ],
)
def test_a_style_that_does_not_fit_the_task_is_refused(task, chat, form, labels: int, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        asked(several(task) if labels > 1 else task, chat, **form)


def test_the_instruction_and_its_sentences_can_be_others(task) -> None:
    form = PromptSettings(instruction="新闻是好是坏?", prompt_language="zh")
    assert system_sentence(task, form=form) == "新闻是好是坏? 只回答一个词:bearish、bullish、neutral。"
    described = PromptSettings(style="described", prompt_language="zh")
    assert system_sentence(CHINESE, form=described).endswith("体育:比赛\n财经:经济")


def test_a_lead_and_an_answer_are_the_tokens_of_both(tokenizer, task) -> None:
    before = encode_lead(tokenizer, "Label: ")
    for word, ids in zip(task.words, encode_answers(tokenizer, task.words, lead="Label: "), strict=True):
        assert tokenizer.decode([*before, *ids]) == f"Label: {word}<|end|>"
    assert encode_lead(tokenizer, "") == []


def test_line_breaks_are_found_in_the_vocabulary(tokenizer) -> None:
    assert all("\n" in tokenizer.decode([token]) for token in line_ends(tokenizer))
    assert tokenizer.encode("\n")[0] in line_ends(tokenizer)
    assert render_chat(tokenizer, [{"role": "user", "content": "x"}], add_generation_prompt=True)
