"""What is wrong, or likely not meant, in one policy."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from topology.model import Document, Location

__all__ = ["Finding", "Origin", "Severity", "find", "in_order"]

Origin = Literal["aks", "cilium", "istio", "kubernetes", "review", "schema"]
"""Who says so: Cilium's parser; Istio's webhook; Kubernetes' own rules; `schema` for the OpenAPI
schema of a Cilium kind, which the API server holds a policy against before Cilium sees it; `aks`
for what AKS and ACNS restrict; `review` for what is allowed and yet rarely meant."""
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One statement about one policy; an error means that the policy is refused."""

    code: str
    """Stable and short, such as `cidr` or `unknown-field`."""
    severity: Severity
    origin: Origin
    path: str
    """Field in the document, such as `spec.ingress[0].fromCIDR[1]`; empty for the whole."""
    location: Location
    message: str
    """One sentence of fact; quotes the offending text in backticks."""
    fix: str
    """What to write instead, in one sentence."""

    @property
    def refuses(self) -> bool:
        """Return whether the policy is not taken as it stands."""
        return self.severity == "error"


def find(
    document: Document,
    code: str,
    path: str,
    message: str,
    fix: str,
    *,
    origin: Origin,
    severity: Severity = "warning",
) -> Finding:
    """Return a finding with the place of its field filled in."""
    return Finding(
        code=code,
        severity=severity,
        origin=origin,
        path=path,
        location=document.source.at(path),
        message=message,
        fix=fix,
    )


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings as a person reads the file: by line; at one line errors come first."""
    return tuple(
        sorted(
            set(findings),
            key=lambda one: (one.location, one.severity, one.path, one.code, one.message),
        )
    )
