"""Comparisons of workloads: "does web or api reach more?", "which is the most exposed?"."""

import re
from collections.abc import Sequence

from assistant.models.rules.frame import Frame
from assistant.models.rules.lexicon import FORWARD
from assistant.models.rules.reading import Reading
from tools.errors import ToolError
from tools.spec import ToolResult
from tools.wording import join

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
    what = "Workloads within reach" if outward else "Workloads that get in"
    ordered = sorted(counted, key=lambda item: (-item[0], item[1]))
    shown = ", ".join(f"{count} for `{name}`" for count, name in ordered)
    most = ordered[0][0]
    first = [name for count, name in ordered if count == most]
    if len(first) == len(counted):
        return f"{what}: {shown}; the same number."
    return f"{what}: {shown}; the most for {join([f'`{name}`' for name in first])}."
