from __future__ import annotations

import pytest
from support.cards import card_of, run_record

from classification.runs.record import EnergyRecord


def recorded(**changes: object) -> str:
    found = EnergyRecord(kwh=0.0033, seconds=491.2, metered=False, source="codecarbon 3.3.2")
    return card_of(run_record(energy=found.model_copy(update=changes)))


def test_an_estimate_is_called_one() -> None:
    assert (
        "- Electricity: 3.3 Wh in 8 min 11 s, told by codecarbon 3.3.2. No meter of the processor could be read, so "
        "its share is an estimate from its rated power and its load; that of memory is always an estimate."
    ) in recorded()


def test_what_was_read_from_a_meter_is_told_apart() -> None:
    card = recorded(metered=True)
    assert "The processor's share was read from its meter; that of memory is always an estimate." in card
    assert "No meter" not in card


def test_without_a_figure_the_card_says_nothing_of_energy() -> None:
    assert "Electricity" not in card_of(run_record())


def test_a_source_from_outside_is_only_shown() -> None:
    assert "told by \\*x\\*." in recorded(source="*x*")


@pytest.mark.parametrize(
    ("kwh", "shown"),
    [(7.1e-6, "0.007 Wh"), (0.00547, "5.47 Wh"), (1.23, "1230 Wh"), (0.0, "0 Wh")],
)
def test_the_figure_is_in_watt_hours(kwh: float, shown: str) -> None:
    assert f"- Electricity: {shown} in" in recorded(kwh=kwh)


def test_of_less_than_a_second_no_figure_is_worth_telling() -> None:
    assert "Electricity" not in recorded(seconds=0.4)
