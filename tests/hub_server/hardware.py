"""The machines on offer for Spaces and jobs, with prices in dollars an hour as the Hub lists them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Machine:
    """A flavour of hardware. `gpu` is model, count and total memory, where it has one."""

    name: str
    title: str
    cpu: str
    ram: str
    dollars: float
    gpu: tuple[str, int, str] | None = None

    def describe(self) -> dict[str, Any]:
        """As the list of hardware for jobs says it."""
        per_minute = self.dollars / 60
        return {
            "name": self.name,
            "prettyName": self.title,
            "cpu": self.cpu,
            "ram": self.ram,
            "ephemeralStorage": "50 GB",
            "accelerator": self._accelerator(),
            "unitCostMicroUSD": round(per_minute * 1e6),
            "unitCostUSD": round(per_minute, 6),
            "unitLabel": "minute",
        }

    def _accelerator(self) -> dict[str, str] | None:
        if self.gpu is None:
            return None
        model, quantity, memory = self.gpu
        return {"type": "gpu", "model": model, "quantity": str(quantity), "vram": memory, "manufacturer": "Nvidia"}


MACHINES = (
    Machine("cpu-basic", "CPU Basic", "2 vCPU", "16 GB", 0.01),
    Machine("cpu-upgrade", "CPU Upgrade", "8 vCPU", "32 GB", 0.03),
    Machine("t4-small", "Nvidia T4 - small", "4 vCPU", "15 GB", 0.40, ("T4", 1, "16 GB")),
    Machine("t4-medium", "Nvidia T4 - medium", "8 vCPU", "30 GB", 0.60, ("T4", 1, "16 GB")),
    Machine("l4x1", "1x Nvidia L4", "8 vCPU", "30 GB", 0.80, ("L4", 1, "24 GB")),
    Machine("l4x4", "4x Nvidia L4", "48 vCPU", "186 GB", 3.80, ("L4", 4, "96 GB")),
    Machine("l40sx1", "1x Nvidia L40S", "8 vCPU", "62 GB", 1.80, ("L40S", 1, "48 GB")),
    Machine("a10g-small", "Nvidia A10G - small", "4 vCPU", "14 GB", 1.00, ("A10G", 1, "24 GB")),
    Machine("a10g-large", "Nvidia A10G - large", "12 vCPU", "46 GB", 1.50, ("A10G", 1, "24 GB")),
    Machine("a10g-largex2", "2x Nvidia A10G - large", "24 vCPU", "92 GB", 3.00, ("A10G", 2, "48 GB")),
    Machine("a10g-largex4", "4x Nvidia A10G - large", "48 vCPU", "184 GB", 5.00, ("A10G", 4, "96 GB")),
    Machine("a100-large", "Nvidia A100 - large", "12 vCPU", "142 GB", 2.50, ("A100", 1, "80 GB")),
    Machine("h200", "Nvidia H200", "23 vCPU", "256 GB", 5.00, ("H200", 1, "141 GB")),
)
JOB_FLAVORS = tuple(machine.name for machine in MACHINES)
SPACE_FLAVORS = (*JOB_FLAVORS, "zero-a10g", "cpu-xl")
