"""The words of `hubble observe`: a command line as the filters that it stands for.

Source: hubble/cmd/observe, flows_filter.go and flows.go of Cilium 1.19. Repeating a flag is OR,
different flags are AND; a flag without `from` or `to` means either end; `--not` turns the next flag
into a denial, and several of them make one filter, which denies only what meets all of its flags.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from topology.errors import InvalidQuery
from topology.flows.filters import compile_filter
from topology.flows.query import Query
from topology.flows.raw_filters import read_filters
from topology.flows.since import is_clock, since_time
from topology.flows.times import time_of
from topology.flows.words import CONFLICTS, EITHER, NAMESPACES, ONE, read_value

__all__ = ["parse_observe"]

_ALONE: Final = {
    "not": "true",
    "ipv4": "IPv4",
    "ipv6": "IPv6",
    "all-namespaces": "",
    "from-all-namespaces": "",
    "to-all-namespaces": "",
    "encrypted": "true",
    "unencrypted": "true",
}
"""Flags that take no value."""
_SHORT: Final = {"4": "ipv4", "6": "ipv6", "A": "all-namespaces", "l": "label", "n": "namespace",
                 "o": "output", "t": "type"}  # fmt: skip
_SELECTORS: Final = ("since", "until", "first", "last", "all")
_IGNORED: Final = ("output", "input-file", "time-format", "color")
"""How and from where Hubble prints: they choose no flows."""
_RAW: Final = ("allowlist", "denylist")


def parse_observe(
    words: Sequence[str],
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    last: Callable[[], int] | None = None,
) -> Query:
    """Return the query that a command line of `hubble observe` stands for.

    Args:
        words: What follows `hubble observe`, such as `["--verdict", "DROPPED"]`.
        now: What `--since 5m` is counted back from.
        last: When the flows end, nanoseconds since 1970: then `--since 10:40`, which Hubble does
            not know, is the last such time of day (UTC) up to it.

    Raises:
        InvalidQuery: A flag or value that Hubble refuses, too.

    >>> parse_observe(["--last", "20"]).last
    20
    """
    allow, deny = _Tracker(), _Tracker()
    chosen: dict[str, str] = {}
    raw: dict[str, list[dict[str, list[Any]]]] = {name: [] for name in _RAW}
    negated = False
    for name, value in _flags_of(words):
        if name == "not":
            if negated:
                message = "`--not` stands twice in a row."
                raise InvalidQuery(message, hint="Write one `--not` before each filter.")
            negated = True
        elif name in _SELECTORS:
            chosen[name] = value
        elif name in _RAW:
            raw[name] += read_filters(value)
        elif name not in _IGNORED:
            (deny if negated else allow).add(name, value)
            negated = False
    if negated:
        message = "`--not` stands at the end, before no filter."
        raise InvalidQuery(message, hint="Write the filter after it.")
    return Query(
        allow=tuple(map(compile_filter, [*allow.filters(), *raw["allowlist"]])),
        deny=tuple(map(compile_filter, [*deny.filters(), *raw["denylist"]])),
        **_span(chosen, now, last),
    )


def _span(
    chosen: dict[str, str], now: Callable[[], datetime], last: Callable[[], int] | None
) -> dict[str, Any]:
    """Return the span of time and the number of flows that were asked for."""
    if len(chosen.keys() & {"first", "last", "all"}) > 1:
        message = "`--first`, `--last` and `--all` cannot be combined."
        raise InvalidQuery(message, hint="Keep one of them.")
    found: dict[str, Any] = {}
    for name in ("since", "until"):
        if name in chosen:
            text = chosen[name]
            clock = last is not None and is_clock(text)
            found[name] = since_time(text, last()) if clock and last else time_of(text, now=now)
    for name in ("first", "last"):
        if name in chosen:
            if not chosen[name].isdecimal():
                message = f"`--{name} {chosen[name]}` is no number."
                raise InvalidQuery(message, hint="Write how many flows, such as 20.")
            found[name] = int(chosen[name])
    return found


def _flags_of(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each flag with its value, in every form that the command line takes."""
    rest = iter(words)
    for word in rest:
        name, given, value = _flag_of(word)
        if name in _ALONE or name == "all":
            yield name, value if given else _ALONE.get(name, "true")
        elif given:
            yield name, value
        else:
            following = next(rest, None)
            if following is None:
                message = f"`{word}` stands at the end, without its value."
                raise InvalidQuery(message, hint="Write the value after it.")
            yield name, following


def _flag_of(word: str) -> tuple[str, bool, str]:
    """Return a flag's long name, and its value where it is written in the same word."""
    if word.startswith("--") and len(word) > len("--"):
        name, equals, value = word[2:].partition("=")
        known = (*_ALONE, *_SELECTORS, *_IGNORED, *_RAW, *ONE, *EITHER, *NAMESPACES)
        if name in known:
            return name, bool(equals), value
    elif word.startswith("-") and word[1:2] in _SHORT:
        value = word[2:].removeprefix("=")
        return _SHORT[word[1]], len(word) > len("-n"), value
    message = f"`{word}` is no filter of `hubble observe`."
    raise InvalidQuery(message, hint="Write filters such as `--verdict DROPPED` or `--to-port 53`.")


class _Tracker:
    """The filters of one list while flags come in: what applies to either end makes two of them."""

    def __init__(self) -> None:
        self._left: dict[str, list[Any]] = {}
        self._right: dict[str, list[Any]] = {}
        self._namespaces: dict[str, list[str]] = {}
        self._changed: list[str] = []

    def add(self, name: str, text: str) -> None:
        """Add a flag.

        Raises:
            InvalidQuery: The value is not of its form, or it cannot stand beside another flag.
        """
        self._changed.append(name)
        self._check(name)
        if name in NAMESPACES:
            # Of Go's pflag, a flag without value gives `true` where the name says all namespaces.
            self._namespaces.setdefault(NAMESPACES[name], []).append(
                "" if name.endswith("all-namespaces") else text
            )
        elif name in EITHER:
            value = read_value(name, text)
            self._left.setdefault(EITHER[name][0], []).append(value)
            self._right.setdefault(EITHER[name][1], []).append(value)
        else:
            value = read_value(name, text)
            for side in (self._left, self._right):
                side.setdefault(ONE[name], []).append(value)
        self._check_namespaces()

    def filters(self) -> list[dict[str, list[Any]]]:
        """Return the filters, of which one must match."""
        if not self._changed:
            return []
        left = {name: list(values) for name, values in self._left.items()}
        right = {name: list(values) for name, values in self._right.items()}
        for end in ("destination", "source"):
            for side in (left, right):
                _apply(side, end, self._namespaces.get(end, []))
        _apply(left, "source", self._namespaces.get("either", []))
        _apply(right, "destination", self._namespaces.get("either", []))
        return [left] if left == right else [left, right]

    def _check(self, name: str) -> None:
        for group in CONFLICTS:
            other = next((one for one in group if one in self._changed and one != name), None)
            if name in group and other:
                message = f"`--{name}` and `--{other}` cannot be combined."
                raise InvalidQuery(message, hint="Keep one of them.")

    def _check_namespaces(self) -> None:
        """Refuse names whose namespace is not among those asked for."""
        for side in (self._left, self._right):
            for end in ("source", "destination"):
                pods, services = side.get(f"{end}_pod", []), side.get(f"{end}_service", [])
                wanted = [*self._namespaces.get("either", []), *self._namespaces.get(end, [])]
                for text in (*pods, *services):
                    self._check_name(text, wanted)
                _check_services(pods, services)

    @staticmethod
    def _check_name(text: str, wanted: Sequence[str]) -> None:
        namespace = text.partition("/")[0] if "/" in text else ""
        if namespace and any(one != namespace for one in wanted):
            message = f"`{text}` is not in the namespace `{wanted[0]}` that is asked for, too."
            raise InvalidQuery(message, hint="Leave one of the two out.")


def _check_services(pods: Sequence[str], services: Sequence[str]) -> None:
    """Refuse a Service of another namespace than a pod at the same end."""
    for pod in pods:
        namespace = pod.partition("/")[0] if "/" in pod else ""
        for service in services:
            other = service.partition("/")[0] if "/" in service else ""
            if namespace and other != namespace:
                message = f"The Service `{service}` and the pod `{pod}` differ in namespace."
                raise InvalidQuery(message, hint="Leave one of the two out.")


def _apply(side: dict[str, list[Any]], end: str, namespaces: Sequence[str]) -> None:
    """Put namespaces before the names of one end that have none."""
    if not namespaces:
        return
    pods, services = f"{end}_pod", f"{end}_service"
    if not side.get(pods) and not side.get(services):
        side[pods] = [""]
    for field in (pods, services):
        if side.get(field):
            side[field] = [
                full
                for name in side[field]
                for full in ([name] if "/" in name else [f"{one}/{name}" for one in namespaces])
            ]
