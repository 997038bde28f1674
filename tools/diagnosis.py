"""The tools that follow a symptom to its cause, and say what to collect."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

from tools.diagnosis_results import (
    CauseRow,
    CollectResult,
    DiagnosisResult,
    FactRow,
    FixRow,
    MissingRow,
    StepRow,
)
from tools.diagnosis_text import NOT_MEASURED, describe, describe_collect
from tools.errors import ToolError
from tools.mend import MendResult, fix_connection
from tools.set_aside import unread
from tools.spec import Evidence, tool
from tools.understanding import understand
from tools.workspace import Workspace
from topology.diagnosis import Cause, Check, Diagnosis, Fact, Gap, Scene, Symptom, read_symptom
from topology.diagnosis import diagnose as run_plan
from topology.diagnosis.paths import pairs_of
from topology.errors import InvalidQuery, TopologyError
from topology.flows import Query
from topology.flows.ends import Ends
from topology.flows.parsing import parse_flow
from topology.flows.since import since_time
from topology.flows.survey import Survey, survey
from topology.flows.times import time_text
from topology.paths import parse_port
from topology.telemetry import read_hosts
from topology.telemetry.findings import metric_report
from topology.telemetry.prometheus import read_metrics

__all__ = ["collect_commands", "diagnose"]

_FACTS = 6
_OTHERS = 8


@tool()
def diagnose(
    workspace: Workspace,
    symptom: str,
    source: str = "",
    destination: str = "",
    port: str = "",
) -> DiagnosisResult:
    """Follow a symptom to its cause: run the checks that fit, and say what each of them found.

    Use it for trouble as people tell it: "checkout times out calling payments since 10:40", "DNS is
    slow", "one pod gets all the traffic", "pods are stuck", a pasted error, a log line or one
    Hubble flow. Where nothing is wrong in what was given, that is said.

    Args:
        workspace: The network, with flows, events and counters where there are any.
        symptom: In words, or pasted.
        source: Who calls, where that is known better than by the symptom's words.
        destination: Who is called, likewise.
        port: Of the destination, likewise.

    Returns:
        The plan step by step with evidence, the root cause, what was missing, and the proven fix.
    """
    if not symptom.strip():
        raise InvalidQuery("No symptom was given.", hint='Say what is wrong: "web is slow".')
    scene, notes, since = _scene(workspace, symptom, (source, destination, port))
    found = run_plan(scene)
    root = found.causes[0] if found.causes else None
    fix = _fix(workspace, root) if root is not None else None
    result = DiagnosisResult(
        summary="",
        symptom=symptom,
        outcome="cause-found" if root else "not-measured" if found.is_blind else "no-issue",
        declined=NOT_MEASURED if not root and found.is_blind else "",
        aspects=tuple(sorted(scene.symptom.aspects)),
        since=since,
        steps=tuple(map(_step, found.checks)),
        root_cause=_cause(root) if root else None,
        other_causes=tuple(map(_cause, found.causes[1 : _OTHERS + 1])),
        besides=tuple(map(_cause, found.besides[:_OTHERS])),
        missing=tuple(MissingRow(what=one.what, command=one.command) for one in found.gaps),
        fix=fix,
        artifacts=fix.artifacts if fix else (),
        verdict=None if source or destination else _verdict(scene, root),
        evidence=tuple(_evidence(found)),
        not_verified=(*notes, *unread(workspace.network)),
    )
    return result.model_copy(update={"summary": describe(result)})


def collect_commands(workspace: Workspace, symptom: str = "") -> CollectResult:
    """List the read-only commands that would collect what is missing from the workspace.

    No tool of its own: what a diagnosis lacks is part of its result.

    Args:
        workspace: The network as it was given.
        symptom: What it is for; everything where it is empty.

    Returns:
        What is missing, each with a command that only reads.
    """
    scene, _, _ = _scene(workspace, symptom)
    gaps = run_plan(scene).gaps
    rows = tuple(MissingRow(what=one.what, command=one.command) for one in _merged(gaps))
    return CollectResult(summary=describe_collect(rows), missing=rows)


def _verdict(scene: Scene, root: Cause | None) -> Literal["allow", "deny"] | None:
    """Return whether the one connection that a symptom names passes; None where it names none."""
    symptom = scene.symptom
    if not (symptom.sources and symptom.destinations):
        return None
    if len(symptom.targets) == 2 and root is not None and root.wanted is not None:
        return "deny"
    try:
        found = [
            scene.network.reach(one, other, port=port).verdict
            for one, other, port, _ in pairs_of(scene)
        ]
    except TopologyError:
        return None
    verdicts = set(found)
    if verdicts == {"deny"}:
        return "deny"
    return "allow" if verdicts == {"allow"} else None


def _merged(gaps: Iterable[Gap]) -> Iterator[Gap]:
    seen: set[str] = set()
    for gap in gaps:
        if gap.command not in seen:
            seen.add(gap.command)
            yield gap


def _scene(
    workspace: Workspace, text: str, ends: tuple[str, str, str] = ("", "", "")
) -> tuple[Scene, list[str], str]:
    """Return what a diagnosis is made on, what could not be read, and since when it looks."""
    symptom = _given(read_symptom(text, workspace.cluster), workspace, *ends)
    notes = list(symptom.unclear)
    found, since = _survey(workspace, symptom, notes)
    if symptom.flow is not None:
        symptom = _with_ends(symptom, workspace)
    hosts = read_hosts(workspace.host_files)
    metrics, faults = None, hosts.problems
    if workspace.metric_files:
        reading = read_metrics(workspace.metric_files)
        metrics, faults = metric_report(reading, workspace.cluster), faults + reading.problems
    notes += [f"Not read: {one.message} ({one.location})" for one in faults]
    scene = Scene(
        network=workspace.network,
        symptom=symptom,
        survey=found,
        flow_files=workspace.flow_files,
        hosts=hosts.samples,
        metrics=metrics,
    )
    return scene, notes, since


def _given(
    symptom: Symptom, workspace: Workspace, source: str, destination: str, port: str
) -> Symptom:
    """Return a symptom with the ends that were given besides its words."""
    network = workspace.network
    if source and destination:
        ends = (understand(network, source).target, understand(network, destination).target)
        symptom = replace(symptom, sources=ends[:1], destinations=ends[1:], subjects=())
    elif source or destination:
        target = understand(network, source or destination).target
        symptom = (
            replace(symptom, sources=(target,))
            if source
            else replace(symptom, destinations=(target,))
        )
    return replace(symptom, port=parse_port(port)) if port.strip() else symptom


def _with_ends(symptom: Symptom, workspace: Workspace) -> Symptom:
    """Return a symptom with the ends of the flow that was pasted."""
    source, destination = Ends(workspace.cluster).both(parse_flow(symptom.flow or {}))
    return replace(symptom, sources=(source.target,), destinations=(destination.target,))


def _survey(workspace: Workspace, symptom: Symptom, notes: list[str]) -> tuple[Survey | None, str]:
    """Return what flows show, since the time that the symptom names if it names one."""
    if symptom.flow is not None:
        return survey([parse_flow(symptom.flow)], workspace.cluster), ""
    if not workspace.flow_files:
        return None, ""
    reading = workspace.flows.read()
    found = survey(reading, workspace.cluster)
    notes += [f"Not read: {one.message} ({one.location})" for one in reading.tally.problems]
    last = found.observation.last
    if not symptom.since or not last:
        return found, ""
    try:
        since = since_time(symptom.since, last)
    except InvalidQuery as error:
        notes.append(str(error))
        return found, ""
    if since <= found.observation.first:
        span = f"{time_text(found.observation.first)} to {time_text(last)}"
        notes.append(f"The flows are from {span}, which `{symptom.since}` (UTC) does not cut.")
        return found, ""
    if since > last:
        notes.append(f"The flows end at {time_text(last)}, before `{symptom.since}`.")
        return found, ""
    return survey(workspace.flows.read(Query(since=since)), workspace.cluster), time_text(since)


def _fix(workspace: Workspace, cause: Cause) -> FixRow | None:
    """Return the smallest change of policies for a connection that they stop, with its proof."""
    if cause.wanted is None:
        return None
    arguments = {
        "source": cause.wanted.source,
        "destination": cause.wanted.destination,
        "port": cause.wanted.port,
    }
    try:
        found = fix_connection.call(workspace, arguments)
    except ToolError as error:
        return FixRow(outcome="no-fix", text=str(error))
    assert isinstance(found, MendResult)
    return FixRow(
        outcome=found.outcome,
        text=" ".join(f"In `{edit.policy}`: {'; '.join(edit.what)}." for edit in found.edits),
        diff=found.diff,
        verified=found.verified,
        checks=found.checks,
        artifacts=found.artifacts,
    )


def _fact(one: Fact) -> FactRow:
    place = str(one.location) if one.location else ""
    return FactRow(text=one.text, source=one.source, location=place)


def _step(check: Check) -> StepRow:
    facts = tuple(map(_fact, check.facts[:_FACTS]))
    return StepRow(check=check.name, state=check.state, result=check.result, evidence=facts)


def _cause(one: Cause) -> CauseRow:
    return CauseRow(
        code=one.code,
        summary=one.summary,
        about=tuple(sorted(one.about)),
        evidence=tuple(map(_fact, one.facts[:_FACTS])),
        fix=one.fix,
        proof=one.proof,
        commands=one.commands,
        verify=tuple(text for text in one.verify if text),
    )


def _evidence(found: Diagnosis) -> Iterator[Evidence]:
    for cause in found.causes[:3]:
        for fact in cause.facts[:_FACTS]:
            yield Evidence(claim=fact.text, source=fact.source or cause.code,
                           location=str(fact.location) if fact.location else "")  # fmt: skip
