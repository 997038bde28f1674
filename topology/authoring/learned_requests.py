"""HTTP requests that were seen, as the requests that a policy lets through.

How they are generalised, and how they are not:

* A method is let through on the paths on which it was seen, and on no other.
* A path is written as it was seen. Only where it is asked for (`ids`), a segment that is an
  identifier by its form becomes `{*}`, one segment of any value: a number, a UUID, a ULID, or at
  least eight hexadecimal digits of which one is a digit. Each path that is generalised is told.
* A query string may follow a path where one was seen; what it holds is not limited.
* Hosts and headers are not limited: what one client sends says nothing of the next.
* Of more than `MOST_PATHS` paths, or where not all were kept, or one holds a character that means
  something to policies (`*`, `{`, `}`), the paths are left open and only the methods are limited,
  which is told.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from topology.authoring.intent import RequestTest
from topology.flows.observation import HttpSeen
from topology.policy.istio.admission_values import describe_fault

__all__ = ["MOST_PATHS", "Learned", "RequestsSeen", "is_listable", "learn"]

MOST_PATHS: Final = 30
_SEGMENT: Final = "{*}"
_SPECIAL: Final = frozenset("*{}")
_IDENTIFIER: Final = re.compile(
    r"\d+"
    r"|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|(?=[a-fA-F]*\d)[0-9a-fA-F]{8,}"
    r"|[0-7][0-9A-HJKMNP-TV-Z]{25}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsSeen:
    """What one workload asked of another on one port."""

    source: str
    """`namespace/workload`."""
    destination: str
    port: int
    """Of the destination's pods."""
    requests: tuple[HttpSeen, ...]
    is_complete: bool = True
    """False where there were more than are kept."""

    @property
    def edge(self) -> tuple[str, str, int]:
        """Return source, destination and port."""
        return self.source, self.destination, self.port


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """The requests that are let through by edge, and how they were generalised."""

    tests: Mapping[tuple[str, str, int], tuple[RequestTest, ...]]
    notes: tuple[str, ...] = ()


def learn(seen: Sequence[RequestsSeen], *, ids: bool = False) -> Learned:
    """Return the requests that policies should let through for what was seen.

    Args:
        seen: By source, destination and port.
        ids: Whether identifiers in paths are generalised to segments of any value.
    """
    tests: dict[tuple[str, str, int], tuple[RequestTest, ...]] = {}
    notes: dict[str, None] = {}
    doubtful: list[str] = []
    for one in seen:
        paths = _by_path(one.requests, ids=ids)
        edge = f"`{one.source}` to `{one.destination}` on {one.port}"
        why = _why_open(paths, one)
        if why:
            listed = tuple(sorted({each.method or "GET" for each in one.requests}))
            tests[one.edge] = (RequestTest(methods=listed),)
            shown = ", ".join(listed)
            notes[f"{edge}: {why}, so that only the methods are limited ({shown})."] = None
            continue
        tests[one.edge] = tuple(_tests(paths))
        notes.update(dict.fromkeys(_generalised(edge, one.requests)) if ids else {})
        if not ids:
            doubtful += [path for path in paths if _template(path) != path]
    if doubtful:
        shown = ", ".join(f"`{path}`" for path in list(dict.fromkeys(doubtful))[:3])
        notes[
            f"{len(set(doubtful))} of the paths seen hold what looks like an identifier ({shown}), "
            "and only those very paths are let through; where others of the kind are meant, give "
            "`ids` for `requests`."
        ] = None
    return Learned(tests=tests, notes=tuple(notes))


def is_listable(paths: Collection[str]) -> bool:
    """Return whether paths are few enough, and plain enough, to be listed one by one."""
    return len(paths) <= MOST_PATHS and not any(map(_SPECIAL.intersection, paths))


def _why_open(paths: Mapping[str, object], seen: RequestsSeen) -> str:
    """Return why paths cannot be listed; empty if they can."""
    if len(paths) > MOST_PATHS or not seen.is_complete:
        number = f"{len(paths)}{'' if seen.is_complete else ' or more'}"
        return f"{number} paths were seen, more than are listed"
    odd = next((one.path for one in seen.requests if _SPECIAL.intersection(one.path)), "")
    return f"`{odd}` has a character that means something else in policies" if odd else ""


def _by_path(requests: Iterable[HttpSeen], *, ids: bool) -> dict[str, tuple[set[str], bool]]:
    """Return the methods seen on each path, and whether a query followed it."""
    found: dict[str, tuple[set[str], bool]] = {}
    for one in requests:
        path = _template(one.path) if ids else one.path
        methods, queries = found.get(path, (set(), False))
        found[path] = (methods | {one.method or "GET"}, queries or one.has_query)
    return found


def _tests(paths: Mapping[str, tuple[set[str], bool]]) -> Iterator[RequestTest]:
    """Yield a test for each set of methods, with the paths that share it."""
    grouped: dict[tuple[tuple[str, ...], bool], list[str]] = {}
    for path, (methods, queries) in sorted(paths.items()):
        grouped.setdefault((tuple(sorted(methods)), queries), []).append(path)
    for (shared, queries), listed in sorted(grouped.items()):
        yield RequestTest(methods=shared, paths=tuple(listed), queries=queries)


def _template(path: str) -> str:
    """Return a path with its identifiers as segments of any value.

    >>> _template("/orders/17/items"), _template("/v1/orders")
    ('/orders/{*}/items', '/v1/orders')
    """
    found = "/".join(
        _SEGMENT if _IDENTIFIER.fullmatch(segment) else segment for segment in path.split("/")
    )
    return path if describe_fault("paths", found) else found


def _generalised(edge: str, requests: Iterable[HttpSeen]) -> Iterator[str]:
    found: dict[str, set[str]] = {}
    for one in requests:
        template = _template(one.path)
        if template != one.path:
            found.setdefault(template, set()).add(one.path)
    for template, paths in sorted(found.items()):
        number = f"{len(paths)} path{'' if len(paths) == 1 else 's'}"
        example = min(paths)
        yield f"{edge}: `{template}` stands for {number} seen, such as `{example}`."
