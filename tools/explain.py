"""The tool that says what policies say, in sentences from which they can be drafted again."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pydantic import BaseModel, ConfigDict

from tools.policy_checks import policies_named
from tools.spec import Evidence, ToolResult, tool
from tools.wording import bullets, count
from tools.workspace import Workspace
from topology.errors import InvalidQuery

if TYPE_CHECKING:
    from topology.model import Document, Problem

__all__ = [
    "ExplainedPolicy",
    "ExplainedRule",
    "ExplanationResult",
    "explain_files",
    "explain_named",
    "explain_policy",
]

_MOST_SHOWN = 40


class ExplainedRule(BaseModel):
    """One sentence of a policy, with the field that says it."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    text: str
    path: str
    location: str


class ExplainedPolicy(BaseModel):
    """One policy in words."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    policy: str
    """`Kind/namespace/name`."""
    sentence: str
    """All that a request can say of it; `netassist policy draft` makes an equal policy of this."""
    beside: tuple[str, ...] = ()
    """What it says besides, which no request can say."""
    rules: tuple[ExplainedRule, ...] = ()
    refused: tuple[str, ...] = ()
    """Why the API server, Cilium or Istio would refuse it; what it says is then not in force."""
    location: str = ""


class ExplanationResult(ToolResult):
    """Policies in words."""

    policies: tuple[ExplainedPolicy, ...]


@tool()
def explain_policy(workspace: Workspace, policy: str = "", text: str = "") -> ExplanationResult:
    """Say in plain sentences what policies do: whom they select and what each rule lets through.

    Use it for "what does this policy do", "explain policy X", "what does this YAML allow".

    Args:
        workspace: The network.
        policy: Name, `namespace/name` or `Kind/namespace/name` of a policy of the workspace.
        text: Policies as YAML or JSON, instead.

    Returns:
        For each policy a sentence that says everything, and each rule with its file and line.
    """
    from topology.load import load_text

    if bool(policy) == bool(text):
        message = "Give either the name of a policy or a text, and not both."
        raise InvalidQuery(message, hint="Name one as `namespace/name`.")
    if policy:
        return explain_named(workspace, policy)
    loaded = load_text(text, name="text")
    return _result(workspace, loaded.policies, loaded.problems)


def explain_named(workspace: Workspace, policy: str) -> ExplanationResult:
    """Explain the policies of a workspace that a name means.

    Raises:
        UnknownName: There is none.
    """
    return _result(workspace, policies_named(workspace, policy), ())


def explain_files(
    workspace: Workspace, paths: Sequence[str | Path], *, stdin: TextIO | None = None
) -> ExplanationResult:
    """Explain every policy in files, folders or stdin.

    Raises:
        UnreadableInput: Nothing at all could be read.
    """
    from topology.load import load

    loaded = load(paths, stdin=stdin)
    return _result(workspace, loaded.policies, loaded.problems)


def _result(
    workspace: Workspace, policies: Iterable["Document"], problems: Iterable["Problem"]
) -> ExplanationResult:
    found = tuple(_explained(workspace, one) for one in policies)
    parts = [_told(one) for one in found[:_MOST_SHOWN]]
    if len(found) > _MOST_SHOWN:
        parts.append(f"{count(len(found) - _MOST_SHOWN, 'further policy')} left out.")
    return ExplanationResult(
        summary="\n\n".join(parts) or "No policy was found.",
        evidence=tuple(
            Evidence(claim=rule.text, source=f"{one.policy} {rule.path}", location=rule.location)
            for one in found
            for rule in one.rules
        ),
        not_verified=tuple(f"{one.message} {one.hint}".strip() for one in problems),
        policies=found,
    )


def _explained(workspace: Workspace, document: "Document") -> ExplainedPolicy:
    from tools.explaining import explain
    from tools.policy_text import describe_policy
    from topology.policy.validation.document import validate

    root = workspace.network.mesh.settings.root_namespace
    found = explain(document, root_namespace=root)
    faults = (one for one in validate(document, workspace.profile) if one.severity == "error")
    rules = (
        ExplainedRule(text=one.text, path=one.path, location=str(one.location))
        for one in describe_policy(document, root_namespace=root)
    )
    return ExplainedPolicy(
        policy=document.key,
        sentence=found.sentence,
        beside=found.beside,
        rules=tuple(rules),
        refused=tuple(f"{one.message} ({one.location})" for one in faults),
        location=str(document.source.at()),
    )


def _told(one: ExplainedPolicy) -> str:
    """Return a policy for people: its rules, or the one sentence that says all of it."""
    lines = [f"Not in force, as it would be refused: {fault}" for fault in one.refused]
    lines += [f"{rule.text} ({rule.location})" for rule in one.rules]
    return f"`{one.policy}`:\n\n{bullets(lines)}"
