"""Every flag of TRL and transformers works here, or one sentence says why not before anything is loaded."""

from __future__ import annotations

import dataclasses
import json
import logging
import typing
from enum import Enum
from pathlib import Path

import pytest
from support.trainings import COMMON, train_chat, train_encoder
from trl import ModelConfig

from classification.errors import InputError
from classification.models.pool import ModelPool
from classification.runs.record import load_record
from training import baseline, encoder, sft
from training.baseline import BaselineArguments
from training.sft import ChatArguments, ChatTrainingArguments
from training.shared.arguments import TaskArguments
from training.shared.flag_tables import RANGES, REFUSED, REFUSED_CHAT, REFUSED_CLOZE, REFUSED_ENCODER
from training.shared.options import EncoderArguments
from training.shared.quick_help import OWN
from training.shared.sequence_classifiers import ClassifierTrainingArguments

CLASSES = {
    "sft": (TaskArguments, ChatArguments, ChatTrainingArguments, ModelConfig),
    "encoder": (TaskArguments, EncoderArguments, ClassifierTrainingArguments, ModelConfig),
    "baseline": (TaskArguments, BaselineArguments),
}
SCRIPTS = {"sft": sft, "encoder": encoder, "baseline": baseline}
#: Numbers for which minus one, or zero, is a value like any other.
MAY_BE_MINUS_ONE, MAY_BE_ZERO = {"max_steps", "local_rank", "ddp_timeout"}, {"local_rank", "ddp_timeout"}


class Reached(BaseException):
    """A model was about to be loaded."""


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is about to load a model, or to fit one, raises `Reached`."""

    def reached(*_: object, **__: object) -> None:
        raise Reached

    for name in ("chat", "sequence_classifier", "bare_encoder"):
        monkeypatch.setattr(ModelPool, name, reached)
    monkeypatch.setattr("classification.classifiers.baseline.TfidfClassifier.fit", reached)


def result(script: str, task_file: Path, rows: Path, out: Path, *flags: str) -> str:
    """What a command line comes to: refused, reached (a model is loaded next), or the name of another exception."""
    words = ["--task", str(task_file), "--data", str(rows), "--output_dir", str(out)]
    words += [] if script == "baseline" else ["--model_name_or_path", "a/b", *COMMON]
    level = logging.root.level
    try:
        SCRIPTS[script].main([*words, *flags])
    except InputError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 600
        return "refused"
    except SystemExit as stopped:
        return "refused" if stopped.code == 2 else f"status {stopped.code}"
    except Reached:
        return "reached"
    except Exception as error:  # noqa: BLE001 - which one it is, is what the test asks
        return f"{flags}: {type(error).__name__}: {error}"
    finally:
        logging.root.setLevel(level)
    return "ended"


def fields_of(script: str) -> dict[str, object]:
    hints: dict[str, object] = {}
    for one in CLASSES[script]:
        found = typing.get_type_hints(one)
        hints |= {entry.name: found[entry.name] for entry in dataclasses.fields(one) if entry.init}
    return hints


def members(hint: object) -> set[object]:
    return set(typing.get_args(hint)) or {hint}


def mistakes(script: str) -> list[tuple[str, str, bool]]:
    """Flag, value, and whether it is a mistake for certain: by the types of the argument classes, not by our tables."""
    made = []
    for name, hint in fields_of(script).items():
        kinds = members(hint)
        numeric, choices = (
            kinds & {int, float},
            [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum)],
        )
        if numeric and str not in kinds:
            made += [(name, "many", True), (name, "", True), (name, "-1", name not in MAY_BE_MINUS_ONE)]
            made += [(name, "-7", name not in MAY_BE_ZERO), (name, "0", False)]
            if float in kinds:
                made += [(name, "nan", True), (name, "inf", True)]
        elif choices:
            made.append((name, "no-such-choice", True))
        elif bool in kinds and str not in kinds:
            made.append((name, "perhaps", True))
        else:
            made.append((name, "no-such-thing", False))
            made.append((name, "{", False))
        if any(typing.get_origin(kind) is dict or kind is dict for kind in kinds):
            made += [(name, '{"no_such_key": 1}', False), (name, "[1]", False)]
    return made


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize("script", SCRIPTS)
def test_no_mistaken_flag_ends_in_a_traceback(
    script: str, task_file: Path, rows_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    made = mistakes(script)
    assert len(made) > (20 if script == "baseline" else 200)
    wrong = []
    for name, value, certain in made:
        found = result(script, task_file, rows_csv, tmp_path / "run", f"--{name}", value)
        if found not in ("refused", "reached") or (certain and found != "refused"):
            wrong.append((name, value, found))
    assert not wrong
    assert not (tmp_path / "run").exists()
    capsys.readouterr()


ZEROS = ["per_device_train_batch_size", "gradient_accumulation_steps", "num_train_epochs", "max_steps", "learning_rate",
         "save_total_limit", "train_limit", "eval_limit", "early_stopping_patience", "max_length",
         "lora_r", "lora_alpha"]  # fmt: skip


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize("script", ["sft", "encoder"])
def test_zero_is_no_number_of_things(script: str, task_file: Path, rows_csv: Path, tmp_path: Path) -> None:
    lora = ["--use_peft"] if script == "sft" else ["--method", "lora"]
    for name in ZEROS:
        with pytest.raises(InputError, match=f"--{name} is 0(.0)?, and has to be .*; change it[.]"):
            SCRIPTS[script].main(
                ["--task", str(task_file), "--data", str(rows_csv), "--output_dir", str(tmp_path / "x"),
                 "--model_name_or_path", "a/b", *lora, *COMMON, f"--{name}", "0"]
            )  # fmt: skip


PAIRS = [
    ("--metric_for_best_model macrof1", "did you mean 'macro_f1'[?].; name one of these"),
    ("--metric_for_best_model eval_mcc", "validation measures macro_f1, accuracy or loss; name one"),
    ("--metric_for_best_model loss --greater_is_better true", "less loss is better; leave it out"),
    ("--greater_is_better false", "more macro_f1 is better; leave it out"),
    ("--eval_strategy no", "requires the save and eval strategy to match"),
    ("--eval_strategy no --save_strategy no", "--load_best_model_at_end needs validation during the training"),
    ("--eval_strategy no --load_best_model_at_end false --early_stopping_patience 2",
     "--early_stopping_patience needs validation during the training, and --eval_strategy is no; make it"),
    ("--eval_strategy no --load_best_model_at_end false --save_strategy best", "--save_strategy best needs validation"),
    ("--eval_strategy steps", "requires the save and eval strategy to match"),
    ("--eval_strategy steps --eval_steps 2 --save_strategy steps --save_steps 3", "round multiple"),
    ("--eval_strategy steps --eval_steps 500 --save_strategy steps --save_steps 500",
     "--eval_steps is 500, and the training has [0-9]+ steps, so it would never be validated"),
    ("--dataloader_drop_last true --per_device_train_batch_size 64", "--dataloader_drop_last leaves no batch of 64 of"),
    ("--fp16 true", "--fp16 needs a GPU"),
    ("--report_to nowhere", "--report_to names 'nowhere', which is not installed or not known"),
    ("--optim grokadamw", "--optim, --lr_scheduler_type or their arguments cannot be used: .*grokadamw"),
    ("--optim galore_adamw", "--optim galore_adamw is put on chosen layers, which is not supported"),
    ("--optim_args no_such=1", "--optim_args does nothing with --optim adamw_torch"),
    ("--dataloader_persistent_workers true", "is for worker processes, and there are none; add"),
    ("--config nowhere.yaml", "these options cannot be used: .*nowhere.yaml"),
    ("--gradient_checkpointing_kwargs {\"x\":1}", "--gradient_checkpointing_kwargs has 'x', and takes use_reentrant"),
    ("--deepspeed nowhere.json", "deepspeed|these options cannot be used"),
    ("--use_liger_kernel true", "--use_liger_kernel is not supported: models are loaded by|cannot be used"),
    ("--prediction_loss_only true", "--prediction_loss_only is not supported: validation measures macro-F1"),
    ("--do_predict true", "--do_predict is not supported: the test rows are for python -m comparison run"),
    ("--hub_strategy end", "--hub_strategy is not supported: a run is published once"),
]  # fmt: skip
CHAT_PAIRS = [
    ("--packing true", "--packing is not supported: a batch is laid out as one tree"),
    ("--padding_free true", "--padding_free is not supported|cannot be used"),
    ("--assistant_only_loss true", "--assistant_only_loss is not supported: the loss is that of the answer"),
    ("--completion_only_loss false", "--completion_only_loss false is not supported: the loss is that of the answer"),
    ("--dataset_text_field body", "--dataset_text_field is not supported: prompts are rendered from the task"),
    ("--chat_template_path x", "--chat_template_path is not supported"),
    ("--eos_token x", "--eos_token is not supported"),
    ("--lora_r 4", "--lora_r does nothing with a training without --use_peft, which trains no adapter"),
    ("--lora_layers 2", "--lora_layers does nothing without --use_peft"),
    ("--per_device_eval_batch_size 4", "--per_device_eval_batch_size is not supported: validation chooses its batches"),
]
ENCODER_PAIRS = [
    ("--use_peft", "--use_peft is not supported: --method lora says it"),
    ("--method head --lora_r 4", "--lora_r does nothing with --method head, which trains no adapter"),
    ("--lora_target_parameters x", "--lora_target_parameters is not supported"),
    ("--predict_with_generate true", ""),
]


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize(
    ("script", "flags", "sentence"),
    [(script, *pair) for script in ("sft", "encoder") for pair in PAIRS]
    + [("sft", *pair) for pair in CHAT_PAIRS]
    + [("encoder", *pair) for pair in ENCODER_PAIRS]
    + [("baseline", "--early_stopping_patience 2", "--early_stopping_patience does nothing here"),
       ("baseline", "--eval_limit 2", "--eval_limit does nothing here"),
       ("baseline", "--seed -1", "--seed is -1, and has to be between 0 and 4294967295")],
)  # fmt: skip
def test_what_does_not_fit_is_one_sentence_before_anything_is_loaded(
    script: str, flags: str, sentence: str, task_file: Path, rows_csv: Path, tmp_path: Path
) -> None:
    words = ["--task", str(task_file), "--data", str(rows_csv), "--output_dir", str(tmp_path / "x")]
    words += [] if script == "baseline" else ["--model_name_or_path", "a/b", *COMMON]
    if not sentence:
        assert result(script, task_file, rows_csv, tmp_path / "x", *flags.split(" ")) == "refused"
        return
    with pytest.raises(InputError, match=sentence):
        SCRIPTS[script].main([*words, *flags.split(" ")])


def test_the_tables_name_flags_that_there_are() -> None:
    every = set(fields_of("sft")) | set(fields_of("encoder"))
    ours = {entry.name for own in OWN.values() for arguments in own for entry in dataclasses.fields(arguments)}
    assert set(REFUSED) | set(REFUSED_ENCODER) | set(REFUSED_CLOZE) <= every
    assert set(RANGES) <= every | ours
    assert set(REFUSED_CHAT) <= set(fields_of("sft"))


# --- what is honoured


@pytest.mark.parametrize("kind", ["chat", "padded chat", "encoder"])
def test_the_lowest_loss_makes_the_best_checkpoint(
    kind: str, tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path, encoder_folder: Path
) -> None:
    train = train_encoder if kind == "encoder" else train_chat
    more = ["--share_prefix", "false", "--per_device_eval_batch_size", "4"] if kind == "padded chat" else []
    run = train(
        tmp_path, task_file, rows_csv, encoder_folder if kind == "encoder" else chat_folder, *more,
        "--metric_for_best_model", "loss", "--eval_strategy", "steps", "--eval_steps", "1", "--save_strategy", "steps",
        "--save_steps", "1", "--max_steps", "6", "--learning_rate", "0.3", "--warmup_steps", "0",
        "--save_total_limit", "9",
    )  # fmt: skip
    record = load_record(run)
    losses = {entry["step"]: entry["eval_loss"] for entry in record.history if "eval_loss" in entry}
    assert len(losses) == 6
    assert record.hyperparameters["greater_is_better"] is False
    state = json.loads((run / "checkpoint-6" / "trainer_state.json").read_text())
    assert state["best_global_step"] == min(losses, key=losses.__getitem__)
    assert state["best_metric"] == pytest.approx(min(losses.values()), abs=1e-5)


@pytest.mark.parametrize("kind", ["chat", "encoder"])
def test_layers_that_a_model_does_not_have_get_no_adapter(
    kind: str, tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path, encoder_folder: Path
) -> None:
    train, model = (train_chat, chat_folder) if kind == "chat" else (train_encoder, encoder_folder)
    more = ["--lora_target_modules", "q_porj", "v_proj"] + (["--method", "lora"] if kind == "encoder" else [])
    with pytest.raises(InputError, match="--lora_target_modules names 'q_porj', which the model does not have"):
        train(tmp_path, task_file, rows_csv, model, *more)
    assert not (tmp_path / "runs").exists()
