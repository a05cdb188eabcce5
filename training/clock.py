"""How long a training took, however often it was stopped and resumed."""

from __future__ import annotations

import time
from typing import Any

from transformers import TrainerCallback

#: Key under which the history keeps the time since the very beginning, in seconds.
SECONDS = "seconds"


class Clock(TrainerCallback):
    """Writes the time that was trained so far into every entry of the history, which checkpoints carry along.

    The trainer's own ``train_runtime`` begins anew at each resumption.
    """

    def __init__(self) -> None:
        self._before = self._started = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Take up the time of an earlier stretch, where there was one."""
        self._before, self._started = trained_seconds(state.log_history), time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Note the time beside what was just logged."""
        if state.log_history:
            state.log_history[-1][SECONDS] = round(self._before + time.monotonic() - self._started, 2)


def trained_seconds(history: list[dict[str, Any]]) -> float:
    """The time of the last entry; 0 where nothing was logged."""
    return max((float(entry.get(SECONDS, 0.0)) for entry in history), default=0.0)
