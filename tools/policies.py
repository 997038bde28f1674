"""The tool that lists the policies in force on a workload."""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from tools.selections import (
    Direction,
    SelectionRow,
    describe_direction,
    describe_mesh,
    evidence_of,
    group,
)
from tools.set_aside import set_aside
from tools.spec import ToolResult, tool
from tools.understanding import pods_of, understand, understood
from tools.wording import bullets, count, quote, shorten
from tools.workspace import Workspace
from topology.errors import InvalidQuery
from topology.model import Pod

__all__ = ["PoliciesResult", "list_policies"]

MOST_GROUPS = 25

_WORDS = {
    "both": "",
    "from": "egress",
    "in": "ingress",
    "inbound": "ingress",
    "incoming": "ingress",
    "out": "egress",
    "outbound": "egress",
    "outgoing": "egress",
    "to": "ingress",
}


def _read_direction(given: object) -> object:
    """Accept the words that people use where the schema lists the exact ones."""
    if not isinstance(given, str):
        return given
    word = given.strip().lower()
    return _WORDS.get(word, word)


DirectionChoice = Annotated[Literal["", "ingress", "egress"], BeforeValidator(_read_direction)]


class PoliciesResult(ToolResult):
    """The policies that select a workload, and whether each direction is restricted."""

    subject: str
    ingress_restricted: bool
    egress_restricted: bool
    policies: tuple[SelectionRow, ...] = ()


@tool()
def list_policies(
    workspace: Workspace, workload: str, direction: DirectionChoice = ""
) -> PoliciesResult:
    """List the policies that select a workload, and say which directions they restrict.

    Use it for "which policies apply to X", "is X isolated", "is anything restricting X".

    Args:
        workspace: The network.
        workload: A workload, pod, Service (the pods behind it) or namespace.
        direction: `ingress`, `egress`, or empty for both.

    Returns:
        Each policy with file and line, and in words what is allowed where none selects it.
    """
    network = workspace.network
    match = understand(network, workload)
    pods = pods_of(network, match.target)
    if not pods:
        message = f"`{match.target}` has no pods, so no policy can select it."
        raise InvalidQuery(message, hint="Name a workload, pod, Service or namespace.")
    groups = [
        (tuple(row for row in rows if not direction or row.direction == direction), members)
        for rows, members in group(network, pods)
    ]
    rows = tuple(dict.fromkeys(row for rows, _ in groups for row in rows))
    faults = set_aside(network, (match.target,))
    directions: tuple[Direction, ...] = (direction,) if direction else ("ingress", "egress")
    parts = [
        _headline(rows, str(match.target)),
        _describe(groups, directions),
        bullets(faults),
        understood(workload, match),
    ]
    return PoliciesResult(
        summary="\n\n".join(part for part in parts if part),
        evidence=evidence_of(rows, str(match.target)),
        not_verified=faults,
        subject=str(match.target),
        ingress_restricted=_restricted(rows, "ingress"),
        egress_restricted=_restricted(rows, "egress"),
        policies=rows,
    )


def _headline(rows: tuple[SelectionRow, ...], subject: str) -> str:
    names = sorted({row.policy for row in rows})
    if not names:
        return f"No policy selects {quote(subject)}."
    verb = "selects" if len(names) == 1 else "select"
    return f"{count(len(names), 'policy')} {verb} {quote(subject)}."


def _describe(
    groups: list[tuple[tuple[SelectionRow, ...], tuple[Pod, ...]]],
    directions: tuple[Direction, ...],
) -> str:
    """Return what restricts each group of pods; one list where all pods are alike."""
    texts = []
    for rows, pods in groups[:MOST_GROUPS]:
        places = len(groups) == 1
        lines = [describe_direction(rows, each, places=places) for each in directions]
        lines.append(describe_mesh(rows))
        if any(pod.host_network for pod in pods):
            lines.append("It uses the node's network: network policies for pods do not apply.")
        names = sorted({f"{pod.namespace}/{pod.workload or pod.name}" for pod in pods})
        heading = f"{shorten([quote(name) for name in names])}:\n\n" if len(groups) > 1 else ""
        texts.append(heading + bullets(line for line in lines if line))
    if len(groups) > MOST_GROUPS:
        texts.append(f"{count(len(groups) - MOST_GROUPS, 'further group')} of pods left out.")
    return "\n\n".join(texts)


def _restricted(rows: tuple[SelectionRow, ...], direction: Direction) -> bool:
    return any(row.default_deny for row in rows if row.direction == direction)
