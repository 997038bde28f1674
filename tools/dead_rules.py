"""The tool that finds policies and rules without effect."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from tools.set_aside import set_aside
from tools.spec import Evidence, ToolResult, tool
from tools.wording import bullets, count, quote
from tools.workspace import Workspace
from topology.policy.coverage import Idle, IdleKind

__all__ = ["DeadRule", "DeadRulesResult", "find_dead_rules"]

_TITLES: dict[IdleKind, str] = {
    "selects-nothing": "select no pod",
    "peer-matches-nothing": "have a peer that matches nothing",
    "never-matches": "can never match",
    "covered": "are covered by another rule",
    "denied": "are denied as a whole by another rule",
    "changes-nothing": "change nothing beside the other rules",
}
_MOST = 25


class DeadRule(BaseModel):
    """A policy, a rule, or one peer of a rule that has no effect."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    kind: Literal[
        "selects-nothing",
        "peer-matches-nothing",
        "never-matches",
        "covered",
        "denied",
        "changes-nothing",
    ]
    policy: str
    rule: str
    """Path in the policy; empty for the policy as a whole."""
    location: str
    reason: str
    by: str = ""
    """The rule that makes it needless, where it is a single one."""
    by_location: str = ""


class DeadRulesResult(ToolResult):
    """The policies and rules without effect."""

    rules: tuple[DeadRule, ...]


@tool()
def find_dead_rules(workspace: Workspace, namespace: str = "") -> DeadRulesResult:
    """Find network policies and rules that have no effect: they match nothing or change nothing.

    Use it for "which policies select nothing", "which rules are redundant, shadowed or dead".

    Args:
        workspace: The network.
        namespace: Only policies of this namespace; empty for all.

    Returns:
        Each with its kind, file and line, the reason, and the rule that makes it needless.
    """
    network = workspace.network
    found = [
        one
        for one in network.policies.idle()
        if not namespace or one.policy.split("/")[1:-1] == [namespace]
    ]
    return DeadRulesResult(
        summary=_describe(found, len(network.policies.documents)),
        evidence=tuple(
            Evidence(
                claim=one.reason,
                source=f"{one.policy} {one.rule}".strip(),
                location=str(one.location),
            )
            for one in found
        ),
        not_verified=set_aside(network, ()),
        rules=tuple(
            DeadRule(
                kind=one.kind,
                policy=one.policy,
                rule=one.rule,
                location=str(one.location),
                reason=one.reason,
                by=one.by,
                by_location=str(one.by_location or ""),
            )
            for one in found
        ),
    )


def _describe(found: list[Idle], total: int) -> str:
    if not found:
        return f"Among {count(total, 'network policy')}, every rule has an effect."
    parts = [
        f"{count(len(found), 'finding')} in {count(total, 'network policy')}, "
        "with the pods and namespaces of this input."
    ]
    for kind, title in _TITLES.items():
        rows = [one for one in found if one.kind == kind]
        lines = [
            f"{quote(one.policy)}{f' {quote(one.rule)}' if one.rule else ''} ({one.location}): "
            f"{one.reason}" + (f" It stands at {one.by_location}." if one.by_location else "")
            for one in rows[:_MOST]
        ]
        if len(rows) > _MOST:
            lines.append(f"... and {len(rows) - _MOST:,} more.")
        if rows:
            parts.append(f"{len(rows):,} that {title}:\n\n{bullets(lines)}")
    return "\n\n".join(parts)
