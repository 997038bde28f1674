"""What a question asks, by the choice of a small model that cannot say anything else.

The commands that a question comes near to are offered, with the names that it holds; the model
chooses one line of these. Its choice counts only where it is also the nearest command: what the
two do not agree on is asked back. Who of two is the source is never taken from the model, as that
is its known error: unless the rules are sure, both ways are computed, and only an answer that holds
for both is given.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.models.local.grammar import LONGEST_SLOT, build
from assistant.models.local.routes import NONE, ROUTES, Route
from assistant.models.local.routing import Near, mask, nearest_examples, rank
from assistant.models.local.runtime import Generator
from assistant.models.rules.frame import Frame, Ref
from assistant.models.rules.reading import Reading

__all__ = ["Choice", "LocalReading", "choose", "offer", "read_locally"]

_OFFERED = 4
_WORDS = 2
"""Words besides names that say what is asked."""
_FLOOR = 0.42
"""Nearness below which nothing is read into a question."""
_FLOOR_TO_DESCRIBE = 0.6
"""The same for a description, which any question about a thing comes near to."""
_SHOWN = 2
"""Examples of each command in the prompt."""
_STANDINS = {"X": "alpha", "Y": "beta"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A command with the names that fill it."""

    route: Route
    names: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalReading:
    """A question as a model read it."""

    frame: Frame
    said: str
    """The question in plain words, for who asked it to check."""


def read_locally(reading: Reading, generator: Generator, *, has_flows: bool) -> LocalReading | None:
    """Return what a question asks, or asks back; None when it is none of what can be asked.

    Raises:
        LocalFailure: The model failed or took too long.
    """
    if len([word for word in mask(reading).split() if word not in _STANDINS]) < _WORDS:
        # Bare names ask nothing; the rules ask what is meant.
        return None
    near = offer(reading, has_flows=has_flows)
    best = near[0]
    describes = best.route.tool == "inspect_object"
    if best.route is NONE or best.score < (_FLOOR_TO_DESCRIBE if describes else _FLOOR):
        return None
    chosen = choose(reading, near, generator)
    if chosen is None:
        return None
    if chosen.route is not best.route:
        other = Choice(route=best.route, names=_names_of(reading, best.route)[: best.route.names])
        return LocalReading(frame=_ask(chosen, other), said="")
    return LocalReading(frame=_frame(chosen, reading), said=_say(chosen))


def offer(reading: Reading, *, has_flows: bool) -> tuple[Near, ...]:
    """Return the commands that a question can mean, nearest first; `none` may be one."""
    routes = [route for route in ROUTES if _can_be_asked(route, reading, has_flows)]
    return rank(mask(reading), (*routes, NONE))[:_OFFERED]


def _can_be_asked(route: Route, reading: Reading, has_flows: bool) -> bool:
    if route.needs == "flows" and not has_flows:
        return False
    names = [ref for ref in reading.refs if ref.kind != "any"]
    if not route.names:
        # What is said of a workload by name is not about the whole cluster.
        return all(ref.kind == "namespace" for ref in names)
    # A command that would leave one of the names out does not say what is asked.
    return len(_names_of(reading, route)) == route.names == len({ref.text for ref in names})


def _names_of(reading: Reading, route: Route) -> tuple[Ref, ...]:
    found = [ref for ref in reading.refs if ref.kind in route.kinds]
    return tuple({ref.text: ref for ref in found if len(ref.text) <= LONGEST_SLOT}.values())


def choose(reading: Reading, near: Sequence[Near], generator: Generator) -> Choice | None:
    """Let the model choose a command and its names; None for what is no choice.

    Raises:
        LocalFailure: The model failed or took too long.
    """
    # Offered `none`, small models take it for everything; whether nothing fits, nearness decides.
    routes = [route for route in ROUTES if any(one.route is route for one in near)]
    if not routes:
        return None
    grammar = build({route.command: _slots(route, reading) for route in routes})
    said = generator.complete(_prompt(reading, routes), grammar).strip()
    for route in routes:
        for words in _slots(route, reading):
            if said == " ".join([route.command, *words]):
                known = {ref.text: ref for ref in _names_of(reading, route)}
                return Choice(route=route, names=tuple(known[word] for word in words))
    return None


def _slots(route: Route, reading: Reading) -> list[list[str]]:
    """Return the lists of names that a command can have."""
    names = [ref.text for ref in _names_of(reading, route)]
    if route.names == 0:
        return [[]]
    if route.names == 1:
        return [[name] for name in names]
    return [[one, other] for one in names for other in names if one != other]


def _prompt(reading: Reading, routes: Sequence[Route]) -> str:
    question = mask(reading)
    lines = ["Each question about a network is turned into one command.", ""]
    for route in routes:
        for example in nearest_examples(question, route)[:_SHOWN]:
            lines += [f"Question: {_stand_in(example)}?", f"Command: {_answer(route)}", ""]
    lines += [f"Question: {reading.text.strip(' ?')}?", "Command:"]
    return "\n".join(lines)


def _stand_in(example: str) -> str:
    return " ".join(_STANDINS.get(word.strip(",?"), word) for word in example.strip("?.").split())


def _answer(route: Route) -> str:
    return " ".join([route.command, *list(_STANDINS.values())[: route.names]])


def _frame(choice: Choice, reading: Reading) -> Frame:
    """Return the frame of a choice; the rules plan and word it like one of their own."""
    route, slots = choice.route, reading.slots
    common = Frame(intent="check", ports=slots.ports, http=slots.http, host=slots.host)
    if route.tool == "can_reach":
        return _connection(choice, reading, common)
    if route.tool == "who_can_reach":
        return replace(common, intent="who_can", destinations=choice.names)
    if route.tool == "what_can_reach":
        return replace(common, intent="what_can", sources=choice.names)
    if route.tool in ("list_policies", "inspect_object"):
        intent = "policies" if route.tool == "list_policies" else "inspect"
        return Frame(intent=intent, destinations=choice.names)  # type: ignore[arg-type]
    if route.tool == "explain_policy":
        return Frame(intent="inspect", destinations=choice.names, kind="policy")
    spaces = tuple(ref for ref in reading.refs if ref.kind == "namespace")
    if route.tool == "list_objects":
        return Frame(intent="list", sources=spaces, kind=dict(route.arguments)["kind"])
    arguments: dict[str, object] = dict(route.arguments)
    if spaces and route.tool in ("review_policies", "find_dead_rules", "find_gaps", "show_matrix"):
        arguments["namespace"] = spaces[0].name
    return Frame(intent="check", kind=route.tool, arguments=arguments)


def _connection(choice: Choice, reading: Reading, common: Frame) -> Frame:
    source, destination = choice.names
    roles = reading.roles
    frame = replace(common, intent="reach", sources=(source,), destinations=(destination,))
    swapped = replace(frame, sources=(destination,), destinations=(source,))
    ends = (roles.sources, roles.destinations) if roles and roles.sure else ()
    if ends == (frame.sources, frame.destinations):
        return frame
    return replace(frame, alternative=swapped)


def _ask(one: Choice, other: Choice) -> Frame:
    text = f"Which is meant: `{_say(one)}` or `{_say(other)}`?"
    return Frame(intent="ask", kind="reading", text=text)


def _say(choice: Choice) -> str:
    """Return a choice as a question in words that the rules understand."""
    said = choice.route.meaning
    for letter, ref in zip("XY", choice.names, strict=False):
        said = " ".join(
            word.replace(letter, ref.text) if word.strip("?.") == letter else word
            for word in said.split()
        )
    return said
