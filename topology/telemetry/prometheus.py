"""Metrics as Prometheus' text format or its query API print them, line by line.

A library that parses the text format stops at the first malformed line; here such lines are counted
and the rest is read.
Source: prometheus.io, "Exposition formats" and "HTTP API" (vector and matrix results).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from topology.load.problems import Report, shorten
from topology.model import Location, Problem

__all__ = ["MetricReading", "Series", "read_metrics"]

_LINE: Final = re.compile(
    r"(?P<name>[a-zA-Z_:][\w:]*)\s*(?:\{(?P<labels>.*)\})?\s+(?P<value>[^\s#{}]+)"
    r"(?:\s+(?P<time>-?\d+(?:\.\d+)?))?(?:\s+#.*)?"
)
_LABEL: Final = re.compile(r'\s*([a-zA-Z_]\w*)\s*=\s*"((?:\\.|[^"\\])*)"\s*(?:,|$)')
_ESCAPES: Final = {"n": "\n", "\\": "\\", '"': '"'}
_PREFIXES: Final = ("hubble_", "cilium_", "networkobservability_")
_LARGEST: Final = 256 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One counter or gauge with what it went up by."""

    name: str
    labels: Mapping[str, str]
    value: float
    """The last value that was read."""
    increase: float
    """From the first value to the last; the value itself where there is one alone."""
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricReading:
    """The series of some files, with what could not be read."""

    series: tuple[Series, ...] = ()
    is_since_start: bool = True
    """Whether each series was read once, so that counters are of the time since their start."""
    malformed: int = 0
    others: int = 0
    """Samples of other metrics than those of Hubble, Cilium and Retina."""
    problems: tuple[Problem, ...] = ()


_Key = tuple[str, tuple[tuple[str, str], ...]]
_Sample = tuple[str, dict[str, str], float, float, Location]


class _Reader:
    """Gathers samples, whatever format they come in."""

    def __init__(self) -> None:
        self.report = Report()
        self.malformed = self.others = 0
        self._seen: dict[_Key, list[tuple[float, float]]] = {}
        self._places: dict[_Key, Location] = {}

    def add(self, sample: _Sample) -> None:
        name, labels, value, time, place = sample
        if not name.startswith(_PREFIXES):
            self.others += 1
            return
        key = (name, tuple(sorted(labels.items())))
        self._seen.setdefault(key, []).append((time, value))
        self._places[key] = place

    def refuse(self, text: str, why: str, place: Location) -> None:
        self.malformed += 1
        message = f"`{shorten(text.strip())}` is no sample of a metric: {why}."
        hint = "The line is left out; the others are read."
        self.report.add("warning", "metric-malformed", message, hint=hint, location=place)

    def finish(self) -> MetricReading:
        several = any(len(found) > 1 for found in self._seen.values())
        last = max((found[-1][0] for found in self._seen.values()), default=0.0)
        series = tuple(
            Series(
                name=key[0],
                labels=dict(key[1]),
                value=found[-1][1],
                increase=_increase(sorted(found), last, several=several),
                location=self._places[key],
            )
            for key, found in self._seen.items()
        )
        return MetricReading(
            series=series,
            is_since_start=not several,
            malformed=self.malformed,
            others=self.others,
            problems=self.report.finish(),
        )


def _increase(found: list[tuple[float, float]], last: float, *, several: bool) -> float:
    """Return what a counter went up by; one that starts anew counts from zero."""
    if len(found) == 1:
        # What is there only at the end came up in between; what is there only before did not.
        return found[0][1] if not several or found[0][0] == last else 0.0
    total, before = 0.0, found[0][1]
    for _, value in found[1:]:
        total += value - before if value >= before else value
        before = value
    return total


def read_metrics(paths: Iterable[str | Path]) -> MetricReading:
    """Return the series of files in either format; files count as scrapes in their order."""
    reader = _Reader()
    for number, path in enumerate(paths):
        try:
            with Path(path).open("rb") as stream:
                data = stream.read(_LARGEST)
        except OSError as error:
            message = f"`{path}` cannot be read: {error.strerror}."
            reader.report.add("error", "unreadable", message, hint="Check its permissions.",
                              location=Location(str(path)))  # fmt: skip
            continue
        if data.lstrip()[:1] in (b"{", b"["):
            _read_api(data, str(path), float(number), reader)
        else:
            _read_text(data.decode("utf-8", "replace"), str(path), float(number), reader)
    return reader.finish()


def _read_text(text: str, file: str, order: float, reader: _Reader) -> None:
    for number, line in enumerate(text.splitlines(), start=1):
        plain = line.strip()
        if not plain or plain.startswith("#"):
            continue
        place = Location(file, number)
        match = _LINE.fullmatch(plain)
        labels = _labels(match["labels"] or "") if match else None
        value = _number(match["value"]) if match else None
        if match is None or labels is None or value is None:
            why = "its labels cannot be told apart" if match and labels is None else "no number"
            reader.refuse(plain, why if match else "it has another form", place)
            continue
        time = float(match["time"]) if match["time"] else order
        reader.add((match["name"], labels, value, time, place))


def _labels(text: str) -> dict[str, str] | None:
    """Return labels; None for text that is none."""
    found: dict[str, str] = {}
    at = 0
    while at < len(text.rstrip().rstrip(",")):
        match = _LABEL.match(text, at)
        if match is None:
            return None
        found[match[1]] = re.sub(r"\\(.)", lambda one: _ESCAPES.get(one[1], one[0]), match[2])
        at = match.end()
    return found


def _number(text: Any) -> float | None:
    try:
        found = float(text)
    except (TypeError, ValueError):
        return None
    return found if found == found and abs(found) != float("inf") else None


def _read_api(data: bytes, file: str, order: float, reader: _Reader) -> None:
    """Read the answer of `/api/v1/query` or `query_range`, or several of them, one a line."""
    documents: list[Any] = []
    try:
        documents = [orjson.loads(data)]
    except orjson.JSONDecodeError:
        for number, line in enumerate(data.splitlines(), start=1):
            if line.strip():
                try:
                    documents.append(orjson.loads(line))
                except orjson.JSONDecodeError as error:
                    text = line[:200].decode("utf-8", "replace")
                    reader.refuse(text, f"not valid JSON, {error.msg}", Location(file, number))
    for document in documents:
        for sample in _results(document, file, order, reader):
            reader.add(sample)


def _results(document: Any, file: str, order: float, reader: _Reader) -> Iterator[_Sample]:
    data = document.get("data") if isinstance(document, dict) else None
    found = data.get("result") if isinstance(data, dict) else None
    place = Location(file)
    for one in found if isinstance(found, list) else ():
        metric = one.get("metric") if isinstance(one, dict) else None
        values = (one.get("values") or [one.get("value")]) if isinstance(one, dict) else None
        if not isinstance(metric, dict) or not isinstance(values, list):
            reader.refuse(str(one), "it has no metric and value", place)
            continue
        name = str(metric.get("__name__") or "")
        labels = {str(key): str(value) for key, value in metric.items() if key != "__name__"}
        for pair in values:
            well = isinstance(pair, list) and len(pair) == 2
            time, value = (_number(pair[0]), _number(pair[1])) if well else (None, None)
            if value is None:
                reader.refuse(str(one), "its value is no number", place)
            else:
                yield name, labels, value, time if time is not None else order, place
