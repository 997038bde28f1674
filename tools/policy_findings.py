"""What the validation of policies finds, as data."""

from pydantic import BaseModel, ConfigDict

from tools.spec import ToolResult

__all__ = ["FileCheck", "PolicyCheck", "PolicyFinding", "ValidationResult"]


class PolicyFinding(BaseModel):
    """One thing that is wrong or doubtful in a policy."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    code: str
    path: str
    """Field in the document."""
    line: int
    """Of the file, counted from 1; 0 where it is not known."""
    message: str
    fix: str
    """What to write instead."""
    origin: str
    """Who says so: `cilium`, `kubernetes`, `istio`, `schema` (the API server), `aks`, `review`."""


class PolicyCheck(BaseModel):
    """What was found about one policy."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    kind: str
    namespace: str = ""
    name: str
    line: int = 0
    valid: bool
    """Whether it is taken as it stands; warnings do not count."""
    errors: tuple[PolicyFinding, ...] = ()
    warnings: tuple[PolicyFinding, ...] = ()

    @property
    def key(self) -> str:
        """Return `Kind/namespace/name`, or `Kind/name` for cluster-wide kinds."""
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)


class FileCheck(BaseModel):
    """What was found in one file."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    path: str
    documents: tuple[PolicyCheck, ...] = ()
    problems: tuple[PolicyFinding, ...] = ()
    """What could not be read at all."""
    others: int = 0
    """Objects that are no policies."""


class ValidationResult(ToolResult):
    """Whether policies are taken as they stand, and everything wrong or doubtful in them."""

    profile: str
    valid: bool
    files: tuple[FileCheck, ...] = ()
