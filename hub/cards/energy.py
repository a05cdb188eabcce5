"""How much electricity a training took, estimated from what its record says, with the estimate's own words.

Nothing measures the energy of a run here, so what a card states is power times time. Cooling and the other
losses of a data centre, memory and idle machines come on top; and without a known grid there is no figure for CO2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from classification.runs.record import RunRecord

#: What Green Algorithms takes for a core of a processor that it does not list.
WATTS_PER_CORE = 12
GREEN_ALGORITHMS = (
    "the figure of [Green Algorithms](https://doi.org/10.1002/advs.202100707), Lannelongue et al. 2021, for a core "
    "that it does not list"
)

DATA_SHEET = "the greatest power of the board, by its data sheet"

#: Boards by the name that torch gives them, the first that fits, and their greatest power in watts by NVIDIA's data
#: sheets (www.nvidia.com/en-us/data-center: t4, v100, l4, l40s, a100, h100, h200).
BOARDS = (
    (r"\bT4\b", 70),
    (r"\bL4\b", 72),
    (r"\bL40S\b", 350),
    (r"\bV100-SXM2", 300),
    (r"\bV100-PCIE", 250),
    (r"\bA100-SXM4|\bA100-SXM", 400),
    (r"\bA100 80GB PCIe", 300),
    (r"\bA100-PCIE-40GB", 250),
    (r"\bH100 PCIe", 350),
    (r"\bH100 80GB HBM3|\bH100 SXM", 700),
    (r"\bH200 NVL", 600),
    (r"\bH200\b", 700),
)


@dataclass(frozen=True)
class Energy:
    """An estimate of the electricity that a training took.

    Attributes:
        kwh: kilowatt-hours.
        formula: how the figure was had, with its numbers.
        source: where the power comes from, as Markdown.
    """

    kwh: float
    formula: str
    source: str

    @property
    def shown(self) -> str:
        """``0.0033`` as ``3.3 Wh``, ``1.25`` as ``1.3 kWh``: two figures, since more would be false."""
        value, unit = (self.kwh, "kWh") if self.kwh >= 0.1 else (1000 * self.kwh, "Wh")
        return f"{float(f'{value:.2g}'):g} {unit}"


def energy_of(record: RunRecord) -> Energy | None:
    """Estimate the electricity of a training; ``None`` where the record does not tell what it ran on."""
    if record.seconds <= 0:
        return None
    board = record.hardware.get("gpu")
    if board is not None:
        return _on_boards(record.seconds, str(board), record.hardware.get("gpus", 1))
    cores = record.hardware.get("cores")
    if not isinstance(cores, int) or cores < 1 or not _on_processor(record):
        return None
    formula = f"{_seconds(record.seconds)} × {cores} {'core' if cores == 1 else 'cores'} × {WATTS_PER_CORE} W a core"
    return Energy(record.seconds * cores * WATTS_PER_CORE / 3.6e6, formula, GREEN_ALGORITHMS)


def _on_boards(seconds: float, name: str, count: str | int) -> Energy | None:
    watts = next((power for pattern, power in BOARDS if re.search(pattern, name)), None)
    if watts is None or not isinstance(count, int) or count < 1:
        return None
    boards = f"{count} × " if count > 1 else ""
    return Energy(
        seconds * count * watts / 3.6e6,
        f"{_seconds(seconds)} × {boards}{watts} W",
        "the greatest power of the board by its data sheet",
    )


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 10 else f"{value:,.0f} s"


def _on_processor(record: RunRecord) -> bool:
    """Whether it ran on the processor: without torch, with a torch that has nothing else, or told to."""
    torch = record.versions.get("torch", "")
    return (
        record.family in ("tfidf", "majority") or torch.endswith("+cpu") or bool(record.hyperparameters.get("use_cpu"))
    )
