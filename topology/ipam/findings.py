"""What a check of a network finds: each fault with its rule, its source and what to do."""

from dataclasses import dataclass
from typing import Literal

from topology.ipam.references import Reference
from topology.model import Location

__all__ = ["Finding", "Severity"]

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault of a network."""

    code: str
    severity: Severity = "error"
    subject: str
    """What it is about: `subnet hub/AzureBastionSubnet`, `cluster shop`."""
    message: str
    """One sentence of fact."""
    fix: str = ""
    source: Reference | None = None
    location: Location | None = None
