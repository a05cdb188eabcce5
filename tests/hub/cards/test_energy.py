from __future__ import annotations

from typing import Any

import pytest
from support.cards import card_of, run_record

from hub.cards.energy import energy_of

CUDA = {"torch": "2.13.0+cu130"}


def test_on_a_processor_it_is_seconds_times_cores_times_watts() -> None:
    found = energy_of(run_record(seconds=3600.0, hardware={"processor": "A", "cores": 4}))
    assert found is not None
    assert found.kwh == pytest.approx(0.048)
    assert found.formula == "3,600 s × 4 cores × 12 W a core"
    assert found.shown == "48 Wh"


@pytest.mark.parametrize(
    ("gpu", "watts"),
    [
        ("NVIDIA H100 80GB HBM3", 700),
        ("NVIDIA H100 PCIe", 350),
        ("NVIDIA H200", 700),
        ("NVIDIA A100-SXM4-80GB", 400),
        ("NVIDIA A100 80GB PCIe", 300),
        ("NVIDIA L4", 72),
        ("NVIDIA L40S", 350),
        ("Tesla T4", 70),
        ("Tesla V100-SXM2-16GB", 300),
    ],
)
def test_a_known_board_counts_with_its_greatest_power(gpu: str, watts: int) -> None:
    found = energy_of(run_record(seconds=3600.0, versions=CUDA, hardware={"gpu": gpu, "gpus": 2, "cores": 16}))
    assert found is not None
    assert found.kwh == pytest.approx(2 * watts / 1000)


@pytest.mark.parametrize(
    "changes",
    [
        {"versions": CUDA},  # torch can use a board, and the record does not say which
        {"versions": {}},
        {"hardware": {}},
        {"hardware": {"cores": "many"}},
        {"hardware": {"gpu": "An unknown board", "cores": 4}},
        {"hardware": {"gpu": "NVIDIA L4", "gpus": 0}},
        {"seconds": 0.0},
    ],
)
def test_what_the_record_does_not_tell_is_not_guessed(changes: dict[str, Any]) -> None:
    assert energy_of(run_record(**changes)) is None
    assert "Electricity" not in card_of(run_record(**changes))


def test_told_to_use_the_processor_it_did() -> None:
    assert energy_of(run_record(versions=CUDA, hyperparameters={"use_cpu": True})) is not None
    assert energy_of(run_record(family="tfidf", versions=CUDA)) is not None


@pytest.mark.parametrize(("seconds", "shown"), [(1.06, "0.014 Wh"), (491.2, "6.5 Wh"), (86_400.0, "1.2 kWh")])
def test_two_figures_are_shown(seconds: float, shown: str) -> None:
    found = energy_of(run_record(seconds=seconds))
    assert found is not None
    assert found.shown == shown


def test_the_card_calls_it_an_estimate_and_gives_no_carbon() -> None:
    card = card_of(run_record())
    assert "| Electricity | about 1.3 Wh, estimated |" in card
    assert (
        "100 s × 4 cores × 12 W a core (the figure of [Green Algorithms](https://doi.org/10.1002/advs.202100707)"
        in card
    )
    assert "there is no figure for CO₂" in card
