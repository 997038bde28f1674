"""Comparisons of workloads: "does web or api reach more?", "which is the most exposed?"."""

import re
from collections.abc import Sequence

from assistant.models.rules.frame import Frame
from assistant.models.rules.lexicon import FORWARD
from assistant.models.rules.reading import Reading
from tools.errors import ToolError
from tools.spec import ToolResult

__all__ = ["COMPARED", "describe_comparison", "read_comparison"]

COMPARED = "compare"
"""Kind of a frame whose lists are counted against each other."""
_ENDS = ("workload", "service", "pod", "namespace")
_DEGREE = re.compile(
    r"\b(?:more|most|fewer|fewest|less|least|further|furthest|farther|farthest|wider|widest|larger|"
    r"largest|bigger|biggest|broader|broadest|better|compar\w+|versus|vs|"
    r"(?<!other )(?<!rather )(?<!else )than)\b"
)
_OUTWARD = re.compile(
    rf"\b(?:blast radius|egress|outbound|destinations?|targets?|far|further|furthest)\b|{FORWARD}"
)
_INWARD = re.compile(
    r"\b(?:expos\w+|open|clients?|callers?|ingress|inbound|reachable|accessible|attack surface|"
    r"guarded|protected|shielded|locked)\b|"
    r"\b(?:reached|accessed|contacted|called)\s+(?:by|from)\b"
)
_SMALL = 2


def read_comparison(reading: Reading) -> Frame | None:
    """Return the lists of all workloads that are held against each other, or None."""
    ends = tuple(dict.fromkeys(reading.named(*_ENDS)))
    shape = reading.shape
    if len(ends) < _SMALL or not _DEGREE.search(shape):
        return None
    if reading.named("address", "dns", "entity", "unknown", "policy"):
        return None
    if _INWARD.search(shape):
        return Frame(intent="who_can", destinations=ends, kind=COMPARED)
    if _OUTWARD.search(shape):
        return Frame(intent="what_can", sources=ends, kind=COMPARED)
    return None


def describe_comparison(frame: Frame, results: Sequence[ToolResult | ToolError]) -> str:
    """Return one sentence that orders lists of peers by length; empty where none is asked for."""
    if frame.kind != COMPARED:
        return ""
    counted = [
        (int(getattr(result, "allowed", -1)), str(getattr(result, "of", ""))) for result in results
    ]
    if len(counted) < _SMALL or any(count < 0 or not name for count, name in counted):
        return ""
    outward = getattr(results[0], "direction", "") == "what-can"
    shown = ", ".join(
        f"`{name}` {'reaches' if outward else 'is reached by'} {count}"
        for count, name in sorted(counted, key=lambda item: (-item[0], item[1]))
    )
    most = max(counted)[0]
    first = [name for count, name in counted if count == most]
    if len(first) == len(counted):
        return f"The same number of workloads: {shown}."
    verb = "reaches the most" if outward else "can be reached by the most"
    names = " and ".join(f"`{name}`" for name in first)
    return f"{names} {verb} workloads: {shown}."
