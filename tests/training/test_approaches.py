"""Every way of fine-tuning on tiny models of every architecture: learns 16 rows, and answers the same when loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hub_server import HubServer
from huggingface_hub import HfApi
from support.paths import ROOT
from support.tiny_models import chat_model, encoder_model, make_tokenizer
from support.trainings import COMMON
from transformers import PreTrainedTokenizerFast

from classification import load_classifier
from classification.families import METHODS
from classification.lineup import load_lineup
from classification.runs.record import load_record
from hub.push.runs import PushOptions, plan_run
from hub.shared.publish import publish

WORDS = {"Bearish": "falls", "Bullish": "rises", "Neutral": "meets"}
TEXTS = ["Company 3 falls today", "Company 2 rises today", "Company 1 meets today", "x"]
DECODERS = ("llama", "mistral", "qwen3", "glm", "gemma", "smollm3")
ENCODERS = ("bert", "roberta", "distilbert", "deberta-v2", "modernbert")
#: Weights in 4 bits share a scale in blocks of 64, so a layer has to be as wide as that.
WIDE = {"hidden_size": 64, "intermediate_size": 128, "head_dim": 16}
LORA = ("--lora_r", "8", "--lora_alpha", "32")


@dataclass(frozen=True)
class Case:
    """One training.

    Attributes:
        script: in ``training``.
        kind: architecture of the tiny model.
        flags: of the script.
        several: whether the task allows several labels.
        base_only: whether the model has no chat template.
    """

    script: str
    kind: str
    flags: tuple[str, ...] = ()
    several: bool = False
    base_only: bool = False

    def __str__(self) -> str:
        more = "".join(flag for flag in self.flags if not flag.startswith("--lora_"))
        return f"{self.script}-{self.kind}{more}{'-several' * self.several}{'-base' * self.base_only}"


CASES = (
    *(Case("encoder", kind) for kind in ENCODERS),
    Case("encoder", "bert", ("--method", "lora", *LORA, "--num_train_epochs", "200")),
    Case("encoder", "bert", ("--method", "lora", "--use_dora", *LORA)),
    Case("encoder", "bert", ("--method", "lora", "--use_rslora", *LORA)),
    Case("encoder", "bert", ("--pooling", "mean"), several=True),
    Case("encoder", "modernbert", several=True),
    *(Case("decoder", kind, LORA) for kind in DECODERS),
    Case("decoder", "llama", ("--method", "full"), several=True),
    Case("decoder", "llama", ("--load_in_4bit", *LORA)),
    Case("sft", "llama", ("--use_peft", *LORA)),
    Case("sft", "llama", ("--use_peft", "--use_dora", *LORA)),
    Case("sft", "llama", ("--use_peft", "--use_rslora", *LORA)),
    Case("sft", "llama", ("--use_peft", "--load_in_4bit", *LORA)),
    Case("sft", "llama", base_only=True),
    Case("sft", "llama", ("--use_peft", *LORA), base_only=True),
    Case("sft", "qwen3", several=True),
)


def write_rows(folder: Path, *, several: bool) -> tuple[Path, Path]:
    """Sixteen rows to learn and four to validate on, and their task."""
    pairs = [(a, b) for a in WORDS for b in WORDS if a < b] if several else []
    combinations = [*((label,) for label in WORDS), *pairs]
    rows = []
    for number in range(20):
        labels = combinations[number % len(combinations)]
        rows.append((f"Company {number} {' and '.join(WORDS[one] for one in labels)} today", "|".join(labels)))
    data = folder / f"rows-{several}"
    data.mkdir(exist_ok=True)
    for name, part in (("train", rows[:16]), ("validation", rows[16:])):
        lines = "\n".join(f"{text},{label}" for text, label in part)
        (data / f"{name}.csv").write_text(f"text,label\n{lines}\n", encoding="utf-8")
    task = folder / f"task-{several}.yaml"
    task.write_text(
        f"name: tiny\nlanguage: en\ninstruction: Decide.\nlabels: [{', '.join(WORDS)}]\n"
        f"multi_label: {str(several).lower()}\nexamples: [Company 3 falls today]\n",
        encoding="utf-8",
    )
    return data, task


def save_model(folder: Path, case: Case, tokenizer: PreTrainedTokenizerFast) -> Path:
    """The tiny model of a case, with its tokenizer."""
    wide = WIDE if "--load_in_4bit" in case.flags else {}
    place = folder / f"{case.kind}{'-base' * case.base_only}{'-wide' * bool(wide)}"
    if not place.exists():
        model = encoder_model(case.kind) if case.script == "encoder" else chat_model(case.kind, **wide)
        model.save_pretrained(place)
        tokenizer.save_pretrained(place)
        if case.base_only:
            (place / "chat_template.jinja").unlink()
    return place


@dataclass(frozen=True)
class Trained:
    """A finished training and what it answered in this process."""

    case: Case
    run: Path
    base: Path
    task: Path

    @property
    def entry(self) -> str:
        """Its line of a lineup."""
        needs = METHODS[load_record(self.run).method].needs_base
        model = f", model: {self.base}" if needs else ""
        return f"  - {{name: {self.run.name}, approach: fine-tuned, run: {self.run}{model}}}"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[Case, Trained]:
    folder = tmp_path_factory.mktemp("approaches")
    tokenizer = make_tokenizer()
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_DATASETS_CACHE", str(folder / "datasets"))
        patch.setenv("CUDA_VISIBLE_DEVICES", "")
        for number, case in enumerate(CASES):
            data, task = write_rows(folder, several=case.several)
            base, run = save_model(folder, case, tokenizer), folder / f"run{number}"
            limit = ["--max_length", "160"] if case.script == "sft" else []
            import_module(f"training.{case.script}").main([
                "--task", str(task), "--data", str(data), "--output_dir", str(run), "--model_name_or_path", str(base),
                *COMMON, "--num_train_epochs", "80", "--per_device_train_batch_size", "8", "--learning_rate", "0.003",
                "--lr_scheduler_type", "constant", "--save_strategy", "no", "--load_best_model_at_end", "false",
                "--eval_strategy", "no", "--disable_tqdm", "true", *limit, *case.flags,
            ])  # fmt: skip
            found[case] = Trained(case, run, base, task)
    return found


@pytest.fixture(scope="module")
def answers(trained: dict[Case, Trained], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[float]]]:
    """What each run says about `TEXTS` in another process, loaded through a lineup."""
    folder = tmp_path_factory.mktemp("lineups")
    for several in (False, True):
        runs = [one for one in trained.values() if one.case.several is several]
        lines = "\n".join(one.entry for one in runs)
        (folder / f"{several}.yaml").write_text(f"task: {runs[0].task}\ncontenders:\n{lines}\n", encoding="utf-8")
    program = (
        "import json, sys\n"
        "from classification.lineup import load_lineup\n"
        "found = {}\n"
        "for file in sys.argv[1:3]:\n"
        "    lineup = load_lineup(file)\n"
        "    pool = lineup.pool()\n"
        "    for contender in lineup.contenders:\n"
        "        classifier = contender.load(pool)\n"
        "        found[contender.name] = classifier.predict(json.loads(sys.argv[3])).probabilities.tolist()\n"
        "print(json.dumps(found))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder / "False.yaml"), str(folder / "True.yaml"), json.dumps(TEXTS)],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def loaded(one: Trained):
    file = one.run.parent / f"{one.run.name}.yaml"
    file.write_text(f"task: {one.task}\ncontenders:\n{one.entry}\n", encoding="utf-8")
    lineup = load_lineup(file)
    return lineup.contenders[0].load(lineup.pool())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_learns_its_rows_and_answers_the_same_in_another_process(
    case: Case, trained: dict[Case, Trained], answers: dict[str, list[list[float]]]
) -> None:
    one = trained[case]
    classifier = loaded(one)
    data, _ = write_rows(one.run.parent, several=case.several)
    lines = (data / "train.csv").read_text(encoding="utf-8").splitlines()[1:]
    texts, labels = zip(*(line.rsplit(",", 1) for line in lines), strict=True)
    found = ["|".join(names) for names in classifier.predict(texts).labels(classifier.task)]
    right = sum(a == b for a, b in zip(found, labels, strict=True))
    assert right >= 15, list(zip(found, labels, strict=True))
    here = classifier.predict(TEXTS).probabilities
    np.testing.assert_allclose(here, answers[one.run.name], atol=1e-4)
    alone = np.concatenate([classifier.predict([text]).probabilities for text in TEXTS])
    np.testing.assert_allclose(here, alone, atol=1e-4)


PUBLISHED = (
    Case("decoder", "llama", ("--method", "full"), several=True),
    Case("sft", "llama", base_only=True),
    Case("sft", "qwen3", several=True),
)


@pytest.mark.parametrize("case", PUBLISHED, ids=str)
def test_it_is_pushed_and_pulled_and_its_cards_program_answers(
    case: Case, trained: dict[Case, Trained], online: HubServer, tmp_path: Path
) -> None:
    one = trained[case]
    api = HfApi(token=online.user("olga"))
    name = f"olga/{case.script}-{case.kind}"
    plan = plan_run(one.run, name, PushOptions(private=False), api=api)
    publish(plan, api)
    there, here = load_classifier(f"{name}@v1"), loaded(one)
    np.testing.assert_allclose(there.predict(TEXTS).probabilities, here.predict(TEXTS).probabilities, atol=1e-4)
    expected = here.predict(["Company 3 falls today"]).labels(here.task)[0]
    program = plan.card.split("```python\n", 1)[1].split("```", 1)[0]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path / "home"), "CUDA_VISIBLE_DEVICES": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip().splitlines()[-1] == (str(list(expected)) if case.several else expected[0])
