"""Callbacks whose state survives a resumption: training time, mean loss, and the count of early stopping."""

from __future__ import annotations

import time
from typing import Any

from transformers import EarlyStoppingCallback, TrainerCallback

#: Key under which the history keeps the time since the very beginning, in seconds.
SECONDS = "seconds"
#: Under which transformers keeps how many evaluations in a row were no better.
COUNTER = "early_stopping_patience_counter"


class Clock(TrainerCallback):
    """Writes the time that was trained so far into every entry of the history, which checkpoints carry along.

    The trainer's own ``train_runtime`` begins anew at each resumption. So does its mean loss since the last entry of
    the history, which is why an entry is written at every checkpoint.
    """

    def __init__(self) -> None:
        self._before = self._started = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Restore the time trained before, from the history."""
        self._before, self._started = trained_seconds(state.log_history), time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Log before each checkpoint, so that the losses since the last entry are in its history."""
        control.should_log = control.should_log or control.should_save or control.should_evaluate

    on_epoch_end = on_step_end

    def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Note the time beside what was just logged."""
        if state.log_history:
            state.log_history[-1][SECONDS] = round(self._before + time.monotonic() - self._started, 2)


class Patience(EarlyStoppingCallback):
    """Early stopping whose count of evaluations without improvement continues in a resumed training."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Restore the count, and stop at once where it was exhausted already."""
        super().on_train_begin(args, state, control, **kwargs)
        kept = state.stateful_callbacks.get(type(self).__name__)
        kept = kept[0] if isinstance(kept, list) else kept
        self.early_stopping_patience_counter = int((kept or self.state())["attributes"][COUNTER])
        control.should_training_stop = self.early_stopping_patience_counter >= self.early_stopping_patience


def mean_loss(history: list[dict[str, Any]]) -> float | None:
    """Mean loss over all steps, from a history whose last loss is that of the last step; else ``None``.

    The trainer's own ``train_loss`` leaves out the steps before the last resumption.
    """
    losses = [(int(entry["step"]), float(entry["loss"])) for entry in history if "loss" in entry and "step" in entry]
    last = max((int(entry.get("step", 0)) for entry in history), default=0)
    if not losses or losses[-1][0] != last:
        return None
    starts = [0, *(step for step, _ in losses)]
    return sum(loss * (step - start) for (step, loss), start in zip(losses, starts)) / last


def trained_seconds(history: list[dict[str, Any]]) -> float:
    """The time of the last entry; 0 where nothing was logged."""
    return max((float(entry.get(SECONDS, 0.0)) for entry in history), default=0.0)
