"""A review as SARIF 2.1.0, the form that code scanning reads.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0, with its errata 01.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tools.review_rows import FindingRow, ReviewResult

if TYPE_CHECKING:
    from topology.review import Check

__all__ = ["as_sarif"]

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_PLACE = re.compile(r"(?P<file>.*?)(?::(?P<line>\d+))?\Z", re.DOTALL)
_STDIN = {"-": "stdin", "": "unknown"}


def as_sarif(result: ReviewResult, checks: "Sequence[Check]") -> dict[str, Any]:
    """Return a review as a SARIF log.

    Args:
        result: The review.
        checks: Those that there are; each becomes a rule.
    """
    places = {one.code: number for number, one in enumerate(checks)}
    driver = {
        "name": "netassist",
        "version": version("netassist"),
        "rules": [_rule(one) for one in checks],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"level": "note", "message": {"text": text}} for text in _notes(result)
                ],
            }
        ],
        "results": [_result(row, places[row.code]) for row in result.findings],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _notes(result: ReviewResult) -> Iterable[str]:
    for row in result.skipped:
        yield f"Not verified, as {row.reason}: {', '.join(row.codes)}."
    yield from result.not_verified


def _rule(check: "Check") -> dict[str, Any]:
    return {
        "id": check.code,
        "shortDescription": {"text": f"{check.title}."},
        "fullDescription": {"text": check.matters},
        "help": {
            "text": f"{check.matters} Source: {check.source}.",
            "markdown": f"{check.matters}\n\nSource: {check.source}.",
        },
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "properties": {"tags": ["network", "security", check.theme]},
    }


def _result(row: FindingRow, number: int) -> dict[str, Any]:
    proof = f"Simulated: {row.effect}" if row.fix_verified else row.not_verified
    found: dict[str, Any] = {
        "ruleId": row.code,
        "ruleIndex": number,
        "level": _LEVELS[row.severity],
        "message": {"text": f"{row.why} Fix: {row.fix} {proof}".strip()},
        "locations": [_location(row)],
        "partialFingerprints": {
            "netassistFinding/v1": hashlib.sha256(row.fingerprint.encode()).hexdigest()
        },
        "properties": {
            "object": row.object,
            "fix": row.fix,
            "fixVerified": row.fix_verified,
            "effect": row.effect,
            "fixDocuments": list(row.fix_documents),
            "fixRemoves": list(row.fix_removes),
        },
    }
    if row.suppressed:
        kind = "inSource" if row.suppressed_in == "policy" else "external"
        found["suppressions"] = [{"kind": kind, "justification": row.suppressed}]
    if row.known:
        found["baselineState"] = "unchanged"
    return found


def _location(row: FindingRow) -> dict[str, Any]:
    name = f"{row.object} {row.path}".strip()
    found: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": name, "kind": "object"}]}
    match = _PLACE.match(row.location)
    if match and match["file"]:
        found["physicalLocation"] = _physical(match)
    return found


def _physical(match: "re.Match[str]") -> Mapping[str, Any]:
    file = _STDIN.get(match["file"], match["file"])
    address = quote(file.replace("\\", "/"))
    place: dict[str, Any] = {
        "artifactLocation": {"uri": f"file://{address}" if address.startswith("/") else address}
    }
    if match["line"]:
        place["region"] = {"startLine": int(match["line"])}
    return place
