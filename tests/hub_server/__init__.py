"""A Hugging Face Hub on this machine, for tests: it speaks to unmodified clients over HTTP, and breaks on request."""

from __future__ import annotations

from .faults import Fault, Faults
from .hub import Hub
from .server import HubServer, Request, reserve_port, serving

__all__ = ["Fault", "Faults", "Hub", "HubServer", "Request", "reserve_port", "serving"]
