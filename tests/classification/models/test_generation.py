"""Writing in batches behind a shared start equals writing one by one."""

from __future__ import annotations

import pytest
import torch
from support.tiny_models import chat_model

from classification.models.generation import TextWriter

PROMPTS = [[5, 6, 7, 8, 20], [5, 6, 7, 9, 21, 22, 23], [5, 6, 7, 30, 31, 32, 33, 34, 35], [5, 6, 7, 8, 20]]


def one_by_one(model: torch.nn.Module, most: int) -> list[list[int]]:
    found = []
    for prompt in PROMPTS:
        ids = torch.tensor([prompt])
        out = model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=most, do_sample=False, eos_token_id=2,
            pad_token_id=0,
        )  # fmt: skip
        new = out[0, len(prompt) :].tolist()
        found.append(new[: new.index(2)] if 2 in new else new)
    return found


@pytest.mark.parametrize("rows", [1, 2, 16])
@pytest.mark.parametrize("kind", ["llama", "mistral", "qwen2", "qwen3", "gemma2", "glm", "gpt_neox", "phi3"])
def test_a_batch_writes_what_each_prompt_alone_does(kind: str, rows: int) -> None:
    model = chat_model(kind)
    assert TextWriter([2], 0, batch_rows=rows).write(model, PROMPTS, 12, prefix=[5, 6, 7]) == one_by_one(model, 12)


def test_a_window_shorter_than_the_prompt_keeps_no_start() -> None:
    model = chat_model("mistral", sliding_window=6)
    assert TextWriter([2], 0).write(model, PROMPTS, 12) == one_by_one(model, 12)


def test_a_sample_depends_on_its_prompt_and_seed_alone() -> None:
    model, writer = chat_model(), TextWriter([2], 0)
    sampled = writer.write(model, PROMPTS, 8, prefix=[5, 6], temperature=1.0, seeds=[0, 0, 0, 1])
    alone = [writer.write(model, [p], 8, prefix=[5, 6], temperature=1.0, seeds=[0])[0] for p in PROMPTS[:3]]
    assert sampled[:3] == alone
    assert sampled[3] != sampled[0]


def test_a_low_temperature_writes_the_likeliest() -> None:
    model, writer = chat_model(), TextWriter([2], 0)
    cold = writer.write(model, PROMPTS, 8, temperature=1e-4, seeds=[0] * 4)
    assert cold == writer.write(model, PROMPTS, 8)


def test_what_ends_an_answer_is_not_part_of_it() -> None:
    model = chat_model()
    whole = one_by_one(model, 12)[0]
    cut = TextWriter([2, whole[3]], 0).write(model, PROMPTS[:1], 12)[0]
    assert cut == whole[: whole.index(whole[3])]


def test_no_prompts_write_nothing() -> None:
    assert TextWriter([2], 0).write(chat_model(), [], 5) == []
