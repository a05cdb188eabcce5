"""The electricity that a training takes, measured by codecarbon if that is installed."""

from __future__ import annotations

import logging
import time
from importlib.util import find_spec
from types import TracebackType
from typing import Any

from classification.runs.record import EnergyRecord

logger = logging.getLogger(__name__)

#: Settings of codecarbon, which override its configuration files and environment variables: nothing is sent or written,
#: and no lock is taken, so that several trainings may run at once and Ctrl-C stays with the training.
SETTINGS: dict[str, Any] = {
    "output_methods": [],
    "emissions_endpoint": None,
    "electricitymaps_api_token": "",  # not None, which would let a token under its older name through
    "log_level": "error",
    "tracking_mode": "process",
    "allow_multiple_runs": True,
}
#: How codecarbon's description of a processor ends where its figure is an estimate, not a measurement.
ESTIMATED = ("load)", "constant)")


class EnergyMeter:
    """A context; afterwards ``record`` has what was used inside, or is ``None`` where it was not measured.

    Errors of codecarbon are logged and never end a training.
    """

    record: EnergyRecord | None = None

    def __enter__(self) -> EnergyMeter:
        self._tracker = _start_tracker() if find_spec("codecarbon") else None
        self._began = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._tracker is not None:
            self.record = _stop_tracker(self._tracker, time.monotonic() - self._began)


def _start_tracker() -> Any:
    try:
        from codecarbon import OfflineEmissionsTracker

        logging.getLogger("codecarbon").setLevel(logging.ERROR)  # it logs before it has read its own log_level
        tracker = OfflineEmissionsTracker(**SETTINGS)
        tracker.start()
    except Exception as error:  # codecarbon raises errors of every kind on unknown hardware
        logger.warning("codecarbon cannot be used here (%s), so the electricity is not recorded.", error)
        return None
    return tracker


def _stop_tracker(tracker: Any, seconds: float) -> EnergyRecord | None:
    try:
        tracker.stop()
        found = tracker.final_emissions_data
        hardware = [str(part).lower() for part in getattr(tracker, "_conf", {}).get("hardware", ())]
        processors = [part for part in hardware if "ram(" not in part and "gpu(" not in part]
        return EnergyRecord(
            kwh=round(float(found.energy_consumed), 9),
            seconds=round(seconds, 1),
            metered=bool(processors) and not any(part.endswith(ESTIMATED) for part in processors),
            source=f"codecarbon {found.codecarbon_version}",
        )
    except Exception as error:
        logger.warning("codecarbon gave no figure (%s), so the electricity is not recorded.", error)
        return None
