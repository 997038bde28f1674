"""The flows of a workspace: filtered, read once, with the window and what could not be read."""

import shlex
from collections.abc import Iterable, Sequence

from tools.flow_results import FlowWindow
from tools.flow_rows import window_of
from tools.wording import quote, shorten
from tools.workspace import Workspace
from topology.errors import InvalidQuery, UnreadableInput
from topology.flows import FlowReading, Query, parse_observe
from topology.flows.connections import observed
from topology.flows.observation import Observation
from topology.flows.survey import Survey, survey

__all__ = ["last_seen", "observe_flows", "open_flows", "read_query", "survey_flows"]


def open_flows(workspace: Workspace, query: Query) -> FlowReading:
    """Return the flows of a workspace that a query asks for.

    Raises:
        InvalidQuery: The workspace holds none.
    """
    if not workspace.flow_files:
        message = "The workspace holds no flows."
        hint = (
            "Flows are read from files, never live: `hubble observe -o jsonpb --last 10000 > "
            "flows.jsonl`, or `netassist collect --context NAME --run`; then name the file."
        )
        raise InvalidQuery(message, hint=hint)
    return workspace.flows.read(query)


def read_query(workspace: Workspace, filters: str) -> Query:
    """Return the query that filters stand for; a time of day is one of the flows' own days.

    Raises:
        InvalidQuery: A quote is not closed, or a filter is none.
    """
    try:
        words = shlex.split(filters)
    except ValueError as error:
        message = f"`{filters}` cannot be split into words: {error}."
        raise InvalidQuery(message, hint="Close every quote.") from None
    return parse_observe(words, last=lambda: last_seen(workspace))


def last_seen(workspace: Workspace) -> int:
    """Return when the flows end, nanoseconds since 1970.

    Raises:
        InvalidQuery: No flow says when it was seen, or there are none.
    """
    found = max((one.time for one in open_flows(workspace, Query())), default=0)
    if not found:
        message = "No flow says when it was seen, so a time of day means nothing here."
        raise InvalidQuery(message, hint="Leave it out, or export with `hubble observe -o jsonpb`.")
    return found


def observe_flows(workspace: Workspace, filters: str) -> tuple[Observation, FlowWindow, list[str]]:
    """Return the connections that filtered flows show, the window, and what could not be read.

    Raises:
        InvalidQuery: A filter is none, or there are no flows.
        UnreadableInput: There are lines, and none of them is a flow.
    """
    reading = open_flows(workspace, read_query(workspace, filters))
    observation = observed(reading, workspace.cluster)
    _require_flows(reading, workspace.flow_files)
    window = window_of(observation, reading, workspace.flow_files)
    return observation, window, list(_notes(reading, observation))


def survey_flows(workspace: Workspace, filters: str) -> tuple[Survey, FlowWindow, list[str]]:
    """Return everything that filtered flows show, the window, and what could not be read.

    Raises:
        InvalidQuery: A filter is none, or there are no flows.
        UnreadableInput: There are lines, and none of them is a flow.
    """
    reading = open_flows(workspace, read_query(workspace, filters))
    found = survey(reading, workspace.cluster)
    _require_flows(reading, workspace.flow_files)
    window = window_of(found.observation, reading, workspace.flow_files)
    return found, window, list(_notes(reading, found.observation))


def _require_flows(reading: FlowReading, files: Sequence[str]) -> None:
    """Refuse to say that nothing was seen where nothing could be read.

    Raises:
        UnreadableInput: Every line is malformed; the message quotes the first.
    """
    tally = reading.tally
    if tally.flows or not tally.malformed:
        return
    first = tally.problems[0]
    names = shorten([quote(one) for one in files])
    message = f"No flow could be read from {names}: {first.message} ({first.location})"
    raise UnreadableInput(message, hint=first.hint)


def _notes(reading: FlowReading, observation: Observation) -> Iterable[str]:
    """Yield what could not be read or told apart."""
    for problem in reading.tally.problems:
        yield f"Not read: {problem.message} ({problem.location})"
    if observation.unknown:
        shown = ", ".join(f"`{name}`" for name in observation.unknown[:8])
        more = f" and {len(observation.unknown) - 8} more" if len(observation.unknown) > 8 else ""
        yield f"Not in the cluster that was read: {shown}{more}."
    if observation.is_capped:
        yield "There are more than 2,000,000 sockets, so numbers of sockets are lower bounds."
