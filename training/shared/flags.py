"""Refuse flags of TRL and transformers that have no effect here, before anything is loaded or trained.

Both libraries have some two hundred flags. Most work as they do there. Those that a script of ours would not pass on
are refused with their reason, and so are values and pairs that would only fail in the middle of a training.
"""

from __future__ import annotations

import copy
import dataclasses
import math
import re
from collections.abc import Iterable
from typing import Any

import torch
from transformers import Trainer, get_scheduler
from transformers.integrations import get_available_reporting_integrations
from trl import ModelConfig, TrlParser

from classification.errors import InputError, nearest, one_of, shown

from .arguments import TaskArguments, command_words
from .flag_tables import (
    ONE_PROCESS,
    OWN_LOSS,
    RANGES,
    REFUSED,
    REFUSED_CHAT,
    REFUSED_CLOZE,
    REFUSED_DECODER,
    REFUSED_ENCODER,
    REFUSED_SCORED,
)
from .options import ClozeArguments, EncoderArguments, Seq2SeqArguments

#: What validation measures, by the name that ``--metric_for_best_model`` takes, with or without ``eval_``.
MEASURED = ("macro_f1", "accuracy", "loss")
LORA_FLAGS = ("lora_r", "lora_alpha", "lora_dropout", "lora_target_modules", "lora_target_parameters",
              "lora_modules_to_save", "use_rslora", "use_dora")  # fmt: skip


def parse_arguments(parser: TrlParser, argv: list[str] | None) -> tuple[Any, ...]:
    """The arguments of a command line; what their own classes refuse becomes one sentence.

    Raises:
        InputError: values that do not fit each other, a library that is not installed, or an unreadable file.
    """
    try:
        return tuple(parser.parse_args_and_config(command_words(argv)))
    except InputError:
        raise
    except Exception as error:  # the argument classes raise errors of every kind
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise InputError(f"these options cannot be used: {reason[:400]}; change them.") from error


def refuse_validation(options: TaskArguments) -> None:
    """Refuse flags about validation during training, for approaches that are fitted in one step.

    Raises:
        InputError: one was given.
    """
    for name in ("eval_limit", "early_stopping_patience"):
        if getattr(options, name) is not None:
            raise InputError(f"--{name} does nothing here, where nothing is validated on the way; leave it out.")


def check_flags(args: Any, options: TaskArguments, own: Any, model: ModelConfig) -> None:
    """Everything about the flags of a training that can be known before anything is loaded.

    Args:
        args: `SFTConfig` or `TrainingArguments`, as parsed.
        options: what to learn.
        own: `training.sft.ChatArguments` or `training.encoder.EncoderArguments`.
        model: TRL's `ModelConfig`.

    Raises:
        InputError: one cannot be honoured, is out of range, or does not fit another; the sentence says which.
    """
    chat = hasattr(args, "packing")
    _refuse_ignored(args, model, REFUSED | (REFUSED_CHAT if chat else _refused_for(own)))
    check_ranges(args, options, own, model)
    if chat:
        _check_chat(args, own, model)
    elif own.method != "lora":
        _refuse_lora(model, f"--method {own.method}")
    if isinstance(own, Seq2SeqArguments | ClozeArguments):
        _check_validation_batch(args)
    _check_choice_of_best(args, options)
    _check_loading(args)
    _check_machine(args)
    _check_optimizer(args)


def check_ranges(*sources: object) -> None:
    """Refuse numbers that are not finite or out of range."""
    for source in sources:
        for entry in dataclasses.fields(source):  # type: ignore[arg-type]
            value, allowed = getattr(source, entry.name), RANGES.get(entry.name)
            if not isinstance(value, int | float) or isinstance(value, bool):
                continue
            if not math.isfinite(value) or (allowed is not None and not allowed.fits(value)):
                words = allowed.words if allowed else "a number"
                raise InputError(f"--{entry.name} is {shown(value)}, and has to be {words}; change it.")


def check_length(args: Any, rows: int) -> None:
    """Refuse a training that would end before its first validation, or that has no batch.

    Args:
        args: transformers' `TrainingArguments`.
        rows: that are trained on.
    """
    batches = rows // args.train_batch_size if args.dataloader_drop_last else math.ceil(rows / args.train_batch_size)
    if not batches:
        raise InputError(
            f"--dataloader_drop_last leaves no batch of {args.train_batch_size} of the {rows:,} training rows; "
            "leave it out, or make batches smaller."
        )
    steps = (
        args.max_steps
        if args.max_steps > 0
        else math.ceil(args.num_train_epochs * math.ceil(batches / args.gradient_accumulation_steps))
    )
    if str(args.eval_strategy.value) == "steps" and args.eval_steps > steps:
        raise InputError(
            f"--eval_steps is {args.eval_steps:g}, and the training has {steps:,} steps, so it would never be "
            "validated; give a smaller number, or --eval_strategy epoch."
        )


def check_targets(model: torch.nn.Module, asked: ModelConfig) -> None:
    """Refuse LoRA on layers that a model does not have.

    Args:
        model: the base model, without an adapter.
        asked: TRL's `ModelConfig`.
    """
    names = {name for name, _ in model.named_modules() if name}
    last = {name.rpartition(".")[2] for name in names}
    for flag in ("lora_target_modules", "lora_modules_to_save"):
        options = getattr(asked, flag)
        if isinstance(options, str) and options != "all-linear":  # TRL makes text of a single one, PEFT a pattern of it
            options = [] if any(_matches(options, name) for name in names) else [options]
        for target in options if isinstance(options, list) else []:
            if not any(name == target or name.endswith(f".{target}") for name in names):
                some = sorted(name for name in last if not name.isdigit())
                raise InputError(
                    f"--{flag} names {shown(target)}, which the model does not have{nearest(target, some)}; it has "
                    f"{one_of(some[:12])}{' and more' if len(some) > 12 else ''}."
                )


def named_layers(model: torch.nn.Module, asked: list[str] | str | None) -> list[str] | str | None:
    """What ``--lora_target_modules`` names, as PEFT takes it.

    TRL makes plain text of a list with one name. PEFT takes text for a pattern of whole names, which matches none.

    Args:
        model: the base model, without an adapter.
        asked: the flag's value.
    """
    if not isinstance(asked, str) or asked == "all-linear":
        return asked
    ends = any(f".{name}".endswith(f".{asked}") for name, _ in model.named_modules())
    return [asked] if ends else asked


def _refuse_ignored(args: Any, model: ModelConfig, refused: dict[str, str]) -> None:
    plain, plain_model = type(args)(output_dir=args.output_dir or "run"), ModelConfig()
    for name, why in refused.items():
        for given, default in ((args, plain), (model, plain_model)):
            if hasattr(given, name) and getattr(given, name) != getattr(default, name):
                raise InputError(f"--{name} is not supported: {why}; leave it out.")


def _matches(pattern: str, name: str) -> bool:
    """Whether a target is a pattern, as PEFT takes it, for a layer's whole name."""
    try:
        return re.fullmatch(pattern, name) is not None
    except re.error:
        return False


def _refused_for(own: Any) -> dict[str, str]:
    if isinstance(own, ClozeArguments):
        return REFUSED_CLOZE
    if isinstance(own, Seq2SeqArguments):
        return REFUSED_SCORED
    return REFUSED_ENCODER if isinstance(own, EncoderArguments) else REFUSED_DECODER


def _refuse_lora(model: ModelConfig, because: str) -> None:
    plain = ModelConfig()
    given = next((name for name in LORA_FLAGS if getattr(model, name) != getattr(plain, name)), None)
    if given:
        raise InputError(f"--{given} does nothing with {because}, which trains no adapter; leave it out, or add LoRA.")


def _check_chat(args: Any, own: Any, model: ModelConfig) -> None:
    if args.completion_only_loss is False:
        raise InputError(f"--completion_only_loss false is not supported: {OWN_LOSS}; leave it out.")
    if not model.use_peft:
        _refuse_lora(model, "a training without --use_peft")
        if own.lora_layers is not None:
            raise InputError("--lora_layers does nothing without --use_peft, which trains an adapter; add that.")
    _check_validation_batch(args)


def _check_validation_batch(args: Any) -> None:
    """Where labels are scored, batches are chosen by length; only the validation loss has batches of the trainer's."""
    if args.per_device_eval_batch_size != type(args)(output_dir="run").per_device_eval_batch_size and not by_loss(args):
        raise InputError(
            "--per_device_eval_batch_size is not supported: validation chooses its batches by length; leave it out."
        )


def by_loss(args: Any) -> bool:
    """Whether the best checkpoint is the one with the lowest loss on the validation rows."""
    return bool(args.metric_for_best_model.removeprefix("eval_") == "loss")


def _check_choice_of_best(args: Any, options: TaskArguments) -> None:
    metric = str(args.metric_for_best_model or "").removeprefix("eval_")
    if metric not in MEASURED:
        raise InputError(
            f"--metric_for_best_model is {shown(args.metric_for_best_model)}, and validation measures "
            f"{one_of(MEASURED)}{nearest(metric, MEASURED)}; name one of these."
        )
    if bool(args.greater_is_better) != (metric != "loss"):
        more = "less" if metric == "loss" else "more"
        raise InputError(
            f"--greater_is_better contradicts --metric_for_best_model: {more} {metric} is better; leave it out."
        )
    strategy, saved = str(args.eval_strategy.value), str(args.save_strategy.value)
    if strategy != "no":
        return
    asked = {
        "--early_stopping_patience": options.early_stopping_patience is not None,
        "--load_best_model_at_end": bool(args.load_best_model_at_end),
        "--save_strategy best": saved == "best",
        "--eval_on_start": bool(args.eval_on_start),
        "--lr_scheduler_type reduce_lr_on_plateau": str(args.lr_scheduler_type.value) == "reduce_lr_on_plateau",
    }
    needs = next((flag for flag, given in asked.items() if given), None)
    if needs:
        raise InputError(
            f"{needs} needs validation during the training, and --eval_strategy is no; make it epoch or steps."
        )


def _check_loading(args: Any) -> None:
    """Options of torch's `DataLoader` that only worker processes have."""
    workers = ("dataloader_persistent_workers", "dataloader_prefetch_factor", "dataloader_multiprocessing_context")
    given = [name for name in workers if getattr(args, name)]
    if given and not args.dataloader_num_workers:
        raise InputError(f"--{given[0]} is for worker processes, and there are none; add --dataloader_num_workers.")
    if args.dataloader_multiprocessing_context not in (None, "fork", "spawn", "forkserver"):
        raise InputError("--dataloader_multiprocessing_context has to be fork, spawn or forkserver; change it.")
    if str(args.include_num_input_tokens_seen).lower() not in ("no", "all", "non_padding", "true", "false"):
        raise InputError("--include_num_input_tokens_seen has to be no, all or non_padding; change it.")
    for name in ("gradient_checkpointing_kwargs", "activation_checkpointing_kwargs"):
        unknown = sorted(set(getattr(args, name) or ()) - {"use_reentrant", "preserve_rng_state", "determinism_check"})
        if unknown:
            raise InputError(
                f"--{name} has {shown(unknown[0])}, and takes use_reentrant, preserve_rng_state or "
                "determinism_check; change it."
            )


def _check_machine(args: Any) -> None:
    if args.world_size > 1:
        raise InputError(f"{args.world_size} processes were started, and {ONE_PROCESS}; start one.")
    if args.fp16 and args.device.type == "cpu":
        raise InputError("--fp16 needs a GPU, and the training runs on the CPU; leave it out.")
    known = get_available_reporting_integrations()
    unknown = [name for name in _as_list(args.report_to) if name not in known and name not in ("none", "all")]
    if unknown:
        raise InputError(
            f"--report_to names {shown(unknown[0])}, which is not installed or not known; "
            f"{'installed are ' + one_of(known) if known else 'none is installed'}, so name one or leave it out."
        )


def _as_list(value: object) -> Iterable[str]:
    return map(str, value) if isinstance(value, list | tuple) else [str(value)] if value else []


def _check_optimizer(args: Any) -> None:
    """Build the optimizer and the schedule for a single parameter, to find arguments that they do not take."""
    name = str(getattr(args.optim, "value", args.optim))
    if args.optim_target_modules or name.startswith(("galore", "lomo", "adalomo", "apollo")):
        raise InputError(
            f"--optim {name} is put on chosen layers, which is not supported; use one such as adamw_torch."
        )
    try:
        make, settings = Trainer.get_optimizer_cls_and_kwargs(args)
        bare = Trainer.get_optimizer_cls_and_kwargs(_without(args, "optim_args"))[1] if args.optim_args else None
        optimizer = make([torch.nn.Parameter(torch.zeros(1))], **settings)
        get_scheduler(
            args.lr_scheduler_type,
            optimizer,
            num_warmup_steps=1,
            num_training_steps=10,
            scheduler_specific_kwargs=dict(args.lr_scheduler_kwargs or {}),
        )
    except Exception as error:  # libraries that are missing, and arguments that optimizers do not take
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise InputError(
            f"--optim, --lr_scheduler_type or their arguments cannot be used: {reason[:300]}; change them."
        ) from error
    if bare == settings:
        raise InputError(f"--optim_args does nothing with --optim {name}, which takes none; leave it out.")


def _without(args: Any, name: str) -> Any:
    bare = copy.copy(args)
    setattr(bare, name, None)
    return bare
