from __future__ import annotations

import numpy as np
import pytest
import torch
from support.paths import DATA, ROOT, needs_packages
from support.tiny_models import chat_model

from classification.data.dataset import load_rows
from classification.models.pool import ModelPool
from classification.models.scoring import LabelScorer, can_branch, score_plainly
from classification.predictions import normalised
from classification.prompting.demonstrations import fixed
from classification.prompting.encoding import encode_answers, encode_prompt
from classification.prompting.messages import Demonstration, render
from classification.prompting.settings import PromptSettings
from classification.task import load_task

ARCHITECTURES = ["llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "glm", "gpt_neox", "phi3", "smollm3", "olmo2"]
PROMPTS = [[5, 6, 7, 8, 20], [5, 6, 7, 9, 21, 22, 23], [5, 6, 7, 8], [5, 6, 7, 30, 31, 32, 33, 34, 35]]
ANSWERS = [[40, 41, 2], [42, 2], [40, 41, 43, 44, 2]]


def plainly(model: torch.nn.Module, prompts: list[list[int]], answers: list[list[int]]) -> np.ndarray:
    return np.stack([score_plainly(model, prompt, answers) for prompt in prompts])


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_the_tree_equals_one_plain_forward_per_label(kind: str) -> None:
    model = chat_model(kind)
    assert np.allclose(LabelScorer(ANSWERS).score(model, PROMPTS), plainly(model, PROMPTS, ANSWERS), atol=1e-4)


@pytest.mark.parametrize("budget", [1, 20, 10_000])
def test_batches_of_any_size_give_the_same_scores_in_the_callers_order(budget: int) -> None:
    model = chat_model()
    scores = LabelScorer(ANSWERS, batch_tokens=budget).score(model, PROMPTS)
    assert np.allclose(scores, plainly(model, PROMPTS, ANSWERS), atol=1e-4)
    backwards = LabelScorer(ANSWERS, batch_tokens=budget).score(model, PROMPTS[::-1])
    assert np.allclose(backwards[::-1], scores, atol=1e-4)


def test_one_prompt_alone_scores_as_among_others() -> None:
    model = chat_model()
    scorer = LabelScorer(ANSWERS)
    alone = np.concatenate([scorer.score(model, [prompt], prefix=[5, 6, 7]) for prompt in PROMPTS])
    assert np.allclose(alone, plainly(model, PROMPTS, ANSWERS), atol=1e-4)


def test_the_trunk_goes_through_the_model_once() -> None:
    model = chat_model()
    widths: list[int] = []
    model.register_forward_pre_hook(
        lambda _, args, kwargs: widths.append(kwargs["input_ids"].shape[1]), with_kwargs=True
    )
    scorer = LabelScorer(ANSWERS)
    for prompt in PROMPTS:
        scorer.score(model, [prompt], prefix=[5, 6, 7])
    assert widths.count(3) == 1
    assert len(widths) == 1 + len(PROMPTS)


def test_a_label_that_begins_another_is_not_favoured() -> None:
    """Without the end of the turn, `40 41` could never score below `40 41 43 44`."""
    model = chat_model()
    model.lm_head.register_forward_hook(lambda module, inputs, logits: logits + 20 * (torch.arange(400) == 43))
    short, long = [40, 41, 2], [40, 41, 43]
    scores = LabelScorer([short, long]).score(model, PROMPTS)
    assert np.allclose(scores, plainly(model, PROMPTS, [short, long]), atol=1e-4)
    assert (scores[:, 1] > scores[:, 0]).all()


def test_a_window_shorter_than_the_prompt_falls_back_to_plain_passes() -> None:
    model = chat_model("mistral", sliding_window=6)
    assert not can_branch(model, 12)
    assert can_branch(model, 6)
    assert np.allclose(LabelScorer(ANSWERS).score(model, PROMPTS), plainly(model, PROMPTS, ANSWERS), atol=1e-5)


def test_no_prompts_give_no_scores() -> None:
    assert LabelScorer(ANSWERS).score(chat_model(), []).shape == (0, 3)


def test_prompts_without_a_shared_start_are_scored_without_a_trunk() -> None:
    model = chat_model()
    prompts = [[5, 6], [7, 8, 9], [10]]
    assert np.allclose(LabelScorer(ANSWERS).score(model, prompts), plainly(model, prompts, ANSWERS), atol=1e-4)


LIMBS = [[1, 2, 3, *range(50, 50 + limb), *range(9, 9 + own)] for limb in (0, 35, 40, 90) for own in (1, 2, 7, 7)]


@pytest.mark.parametrize("budget", [1, 30, 100, 10_000])
def test_beginnings_that_some_prompts_share_are_computed_once_and_change_nothing(budget: int) -> None:
    model = chat_model()
    prompts = [LIMBS[row] for row in np.random.default_rng(0).permutation(len(LIMBS))]
    scores = LabelScorer(ANSWERS, batch_tokens=budget).score(model, prompts)
    assert np.allclose(scores, plainly(model, prompts, ANSWERS), atol=1e-4)


def test_fewer_tokens_go_through_the_model_where_prompts_share_limbs() -> None:
    model = chat_model()
    counted: list[int] = []
    model.register_forward_pre_hook(
        lambda _, args, kwargs: counted.append(kwargs["input_ids"].shape[1]), with_kwargs=True
    )
    prompts = [[1, 2, limb, *range(50, 90), own, 7] for limb in (5, 6, 8) for own in range(100, 120)]
    LabelScorer(ANSWERS, batch_tokens=64).score(model, prompts)
    limbs, own, answers = 3 * 41, 60 * 2, 60 * 7
    assert sum(counted) == 2 + limbs + own + answers


@needs_packages
@pytest.mark.packaged
@pytest.mark.parametrize(("shots", "count"), [(0, 40), (5, 4)])
def test_real_rows_on_the_real_model_equal_the_plain_computation(shots: int, count: int) -> None:
    task = load_task(ROOT / "tasks" / "financial-sentiment.yaml")
    base = ModelPool().chat("HuggingFaceTB/SmolLM2-135M-Instruct")
    pool = load_rows(ROOT / "demo" / "headlines.csv", task)
    rows = [Demonstration(text, tuple(names)) for text, names in zip(pool.texts, pool.labels, strict=True)]
    shown = fixed(rows, task, PromptSettings(shots=shots)) if shots else []
    real = DATA / "tfns" / "test.csv"
    texts = load_rows(real if real.is_file() else ROOT / "demo" / "headlines.csv", task).texts[:count]
    answers = encode_answers(base.tokenizer, task.words)
    prompts = [encode_prompt(base.tokenizer, render(task, text, shown)).ids for text in texts]
    fast = LabelScorer(answers).score(base.model, prompts)
    plain = plainly(base.model, prompts, answers)
    assert np.abs(fast - plain).max() < 1e-3
    assert (fast.argmax(axis=1) == plain.argmax(axis=1)).all()
    assert np.allclose(normalised(fast).sum(axis=1), 1, atol=1e-6)
