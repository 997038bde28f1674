"""An AuthorizationPolicy as values: rules of elements of tests, each with its path in the file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from topology.model import Document, Location

__all__ = ["Action", "AuthorizationPolicy", "Element", "Rule", "TargetRef", "Test"]

Action = Literal["ALLOW", "DENY", "AUDIT", "CUSTOM"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One field of a source or an operation, or one side of a `when` condition."""

    attribute: str
    """As the keys of `when` name it, such as `source.principal`; fields that have no such key are
    called `request.method`, `request.path` and `request.host`."""
    argument: tuple[str, ...] = ()
    """Name of the header, path of the claim, or filter and key of the metadata."""
    values: tuple[str, ...]
    """Any of them will do."""
    negated: bool = False
    path: str
    """Where it stands, such as `spec.rules[0].from[0].source.principals`."""

    @property
    def http_only(self) -> bool:
        """Return whether only an HTTP request has this attribute."""
        return self.attribute.startswith("request.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One `source` or `operation`; every test must hold, and none means that all requests do."""

    tests: tuple[Test, ...]
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: any source, any operation, and every condition."""

    path: str
    """Such as `spec.rules[0]`."""
    sources: tuple[Element, ...] = ()
    """Empty when the rule names no `from`: every caller."""
    operations: tuple[Element, ...] = ()
    """Empty when the rule names no `to`: every request."""
    conditions: tuple[Test, ...] = ()
    skipped: str = ""
    """Why the proxies do not get this rule at all; one sentence."""

    @property
    def tests(self) -> tuple[Test, ...]:
        """Return every test of the rule."""
        elements = (*self.sources, *self.operations)
        return (*(test for element in elements for test in element.tests), *self.conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRef:
    """What a policy is attached to instead of selecting pods by label."""

    group: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationPolicy:
    """One policy, parsed."""

    document: Document
    action: Action
    rules: tuple[Rule, ...]
    selector: Mapping[str, str]
    """Labels that a pod must carry; empty for every pod in scope."""
    target_refs: tuple[TargetRef, ...] = ()
    provider: str = ""
    """Of a CUSTOM policy."""
    dry_run: bool = False

    @property
    def namespace(self) -> str:
        """Return the namespace that the policy stands in."""
        return self.document.namespace

    @property
    def key(self) -> str:
        """Return `AuthorizationPolicy/namespace/name`."""
        return self.document.key

    @property
    def enforced(self) -> bool:
        """Return whether it can change a verdict: AUDIT and dry-run policies only log."""
        return self.action != "AUDIT" and not self.dry_run

    def locate(self, path: str) -> Location:
        """Return the place of a field."""
        return self.document.source.at(path)
