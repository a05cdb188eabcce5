"""The electricity of a training, as a stand-in for codecarbon tells it: known, estimated, or not known at all."""

from __future__ import annotations

import importlib.machinery
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from training.shared.energy import SETTINGS, EnergyMeter


def installed(monkeypatch: pytest.MonkeyPatch, tracker: type) -> None:
    """A module called codecarbon that has this tracker."""
    module = ModuleType("codecarbon")
    module.__spec__ = importlib.machinery.ModuleSpec("codecarbon", None)
    module.OfflineEmissionsTracker = tracker  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "codecarbon", module)


class Tracker:
    """Uses 0.25 kWh, and reads the meter of its processor."""

    hardware = ["CPU(Some processor > 65W, cpu_load 1)", "RAM(16 GB)"]

    def __init__(self, **settings: Any) -> None:
        assert settings == SETTINGS
        self._conf = {"hardware": self.hardware}

    def start(self) -> None:
        pass

    def stop(self) -> None:
        self.final_emissions_data = SimpleNamespace(energy_consumed=0.25, codecarbon_version="3.0")


class Estimating(Tracker):
    """Has no meter, so it takes a constant."""

    hardware = ["CPU(Some processor > constant)", "RAM(16 GB)"]


class Broken(Tracker):
    """Finds hardware that it does not know."""

    def start(self) -> None:
        raise RuntimeError("no such sensor")


class Silent(Tracker):
    """Stops without a figure."""

    def stop(self) -> None:
        pass


@pytest.mark.parametrize(("tracker", "metered"), [(Tracker, True), (Estimating, False)])
def test_what_was_used_is_recorded(monkeypatch: pytest.MonkeyPatch, tracker: type, metered: bool) -> None:
    installed(monkeypatch, tracker)
    with EnergyMeter() as meter:
        assert meter.record is None
    assert meter.record is not None
    assert (meter.record.kwh, meter.record.metered, meter.record.source) == (0.25, metered, "codecarbon 3.0")


@pytest.mark.parametrize(("tracker", "said"), [(Broken, "no such sensor"), (Silent, "codecarbon gave no figure")])
def test_trouble_with_codecarbon_ends_no_training(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tracker: type, said: str
) -> None:
    installed(monkeypatch, tracker)
    with EnergyMeter() as meter:
        pass
    assert meter.record is None
    assert said in caplog.text
    assert "so the electricity is not recorded" in caplog.text


def test_without_codecarbon_nothing_is_recorded_or_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("training.shared.energy.find_spec", lambda _: None)
    with EnergyMeter() as meter:
        pass
    assert (meter.record, caplog.text) == (None, "")
