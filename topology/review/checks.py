"""The list of checks: each with a stable code, and one function that finds what it is about."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from topology.review.finding import Found, ReviewSeverity

if TYPE_CHECKING:
    from topology.review.context import ReviewContext

__all__ = ["THEMES", "Check", "Need", "Run", "all_checks", "check"]

Need = Literal["aks", "namespaces", "pods", "services", "sidecars"]
"""What must be in the input for a check to say anything."""
Run = Callable[["ReviewContext"], Iterable[Found]]

THEMES = {
    "refusals": "Policies that are not in force as they are written",
    "scope": "Whom a policy and its peers mean",
    "labels": "Labels in selectors",
    "idle": "Rules without effect",
    "ports": "Ports",
    "names": "DNS and names",
    "cidrs": "Addresses",
    "requests": "HTTP and other L7 rules",
    "exposure": "What is left open",
    "posture": "Defaults of policies",
    "interplay": "Policies together, and with the calls that workloads announce",
    "mesh_scope": "Where Istio's policies apply",
    "mesh_identity": "Identities and mutual TLS",
    "mesh_requests": "Requests and tokens in Istio's policies",
    "mesh_layers": "Network policies and the mesh together",
    "platform": "What AKS offers",
    "suppressed": "Findings that were set aside",
}
"""Modules of this package that hold checks, each with its heading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that a review looks for."""

    code: str
    """Stable: it stands in suppressions, baselines and the results of code scanning."""
    severity: ReviewSeverity
    title: str
    matters: str
    """Why it matters, in one or two sentences."""
    source: str
    """Where the rule behind it is written down."""
    needs: tuple[Need, ...]
    yields_to: tuple[str, ...]
    """Checks that say the same of the same rule, only better."""
    theme: str
    run: Run


_CHECKS: dict[str, Check] = {}


def check(
    code: str,
    severity: ReviewSeverity,
    title: str,
    *,
    matters: str,
    source: str,
    needs: tuple[Need, ...] = (),
    yields_to: tuple[str, ...] = (),
    theme: str = "",
) -> Callable[[Run], Run]:
    """Make a check of a function that yields what it finds.

    Args:
        code: Stable; no two checks have the same.
        severity: Unless a finding says otherwise.
        title: What is found, as a heading.
        matters: Why it matters.
        source: Where the rule behind it is written down.
        needs: What must be in the input.
        yields_to: Checks that say the same of the same rule, only better.
        theme: The module that it belongs to, where the function stands in another.

    Raises:
        ValueError: At import time, when two checks have one code.
    """

    def register(run: Run) -> Run:
        if code in _CHECKS:
            message = f"two checks have the code `{code}`"
            raise ValueError(message)
        _CHECKS[code] = Check(
            code=code,
            severity=severity,
            title=title,
            matters=matters,
            source=source,
            needs=needs,
            yields_to=yields_to,
            theme=theme or run.__module__.rpartition(".")[2],
            run=run,
        )
        return run

    return register


def all_checks() -> tuple[Check, ...]:
    """Return every check, in the order of its theme and code."""
    for theme in THEMES:
        import_module(f"topology.review.{theme}")
    return tuple(_in_order(_CHECKS.values()))


def _in_order(checks: Iterable[Check]) -> Iterator[Check]:
    places = list(THEMES)
    yield from sorted(checks, key=lambda one: (places.index(one.theme), one.code))
