"""Numbers of a design question with what they count: nodes, pods, pools, surge, services."""

import re
from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Quantities", "read_quantities", "spell_digits"]

_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "sixteen": 16, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90, "hundred": 100, "dozen": 12, "thousand": 1000,
}  # fmt: skip
_COUNTED = (
    r"(?:nodes?|pools?|pods?|clusters?|vms?|machines?|workers?|regions?|public|private|internal|"
    r"instances?|ilbs?|gateways?|surge|node|worker|percent|%|thousand|hundred|agcs?|app|"
    r"application|load)"
)
_SPELLED = re.compile(
    rf"\b(?:(a|one|two|three|four|five|six|seven|eight|nine)\s+(hundred|thousand|dozen)|"
    rf"({'|'.join(_WORDS)}))\b(?=\s+(?:\w+\s+){{0,2}}?{_COUNTED})",
    re.I,
)
_POWER = re.compile(r"(?<![\w/.:^*-])(\d{1,3})\s*(?:\^|\*\*)\s*(\d{1,2})(?![\w.^*])", re.I)
_SCIENTIFIC = re.compile(r"(?<![\w/.:-])(\d{1,3}(?:\.\d+)?)e\+?(\d{1,2})(?![\w.:-])", re.I)
_SCALED = re.compile(
    r"(?<![\w/.:-])(\d{1,3}(?:\.\d+)?)\s*(k|thousand|m|million|bn|billion)\b"
    r"(?=\s+(?:\w+\s+)?(?:nodes?|pods?|ports?|machines?|vms?|workers?|services?)\b)",
    re.I,
)
_SCALES_OF = {"k": 3, "thousand": 3, "m": 6, "million": 6, "bn": 9, "billion": 9}
_N = r"(?<![\w/.:-])(\d{1,3}(?:,\d{3})+|\d{1,7})(k)?(?![\d./%])"
_LAST = r"(\d{1,3}(?:,\d{3})+|\d{1,7})(k)?(?![\d./%])"
_UNIT = r"(?:nodes?|machines?|vms?|workers?|vm instances|agents?)\b"
_FILL = r"(?:(?!and\b|or\b|to\b|pods?\b|max\b|surge\b|pools?\b|of\b|with\b)[a-z][a-z-]*\s+){0,3}?"
_RANGE = re.compile(
    rf"(?:\bbetween\s+|\bfrom\s+|\bmin(?:imum)?\s+(?:of\s+)?)?{_N}\s*(?:-|to|and|\.\.|up to|,?\s*"
    rf"max(?:imum)?(?: of)?)\s*{_LAST}\s+{_FILL}{_UNIT}",
    re.I,
)
_GROWS = re.compile(
    r"\b(?:between|autoscal\w*|auto-scal\w*|scal\w+|grow\w*|min(?:imum)?|from|burst\w*)\b", re.I
)
_SCALES = re.compile(
    rf"\b(?:autoscal\w*|scal\w+|burst\w*|max(?:imum)?(?:[ -]count)?|up)\s*(?:is|of|at|to|up|max|"
    rf"out|a|with|=|:|until|\s)*\s*{_N}(?!\s*(?:max\b|pods?|ports?|%|instances?|"
    rf"replicas?|circuits?|gateways?|endpoints?|clusters?))(?:\s+{_UNIT})?",
    re.I,
)
_POOLS = re.compile(
    rf"{_N}\s+(?:more\s+|node\s+|user\s+|new\s+|extra\s+|further\s+|additional\s+)*pools?\s+"
    rf"(?:of|with|at|each(?:\s+(?:of|with))?|x|times)\s+{_N}(?!\s*(?:,|and|or|&)\s*\d)"
    rf"(?:\s+{_UNIT})?",
    re.I,
)
_PAIRS = re.compile(
    rf"{_N}\s+{_FILL}{_UNIT}\s+(?:with|at|of|x|having|running|@)\s+(?:max(?:imum)?\s*)?{_N}\s+"
    r"(?:max\s*)?pods?",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantities:
    """What was counted; 0 and empty for what was not."""

    highest_nodes: int = 0
    """The upper end of a range of nodes, such as an autoscaler's maximum."""
    pools: tuple[str, ...] = ()
    """As tools take them, `NODES` or `NODES:MAX_PODS`."""
    pods_total: int = 0
    public_ips: int = 0


def spell_digits(text: str) -> str:
    """Return a text with spelled numbers as digits where they count something.

    >>> spell_digits("fifty nodes in two pools of a hundred nodes")
    '50 nodes in 2 pools of 100 nodes'
    """

    def put(match: re.Match[str]) -> str:
        if match[3]:
            return str(_WORDS[match[3].lower()])
        factor = 1 if match[1].lower() == "a" else _WORDS[match[1].lower()]
        return str(factor * _WORDS[match[2].lower()])

    return _SPELLED.sub(put, _write_out(text))


def _write_out(text: str) -> str:
    """Write powers and multiples as plain digits: `10^9`, `1e6`, `2.5k nodes`, `3 million pods`."""

    def scale(match: re.Match[str], exponent: int) -> str:
        value = Decimal(match[1]).scaleb(exponent)
        return str(int(value)) if value == int(value) else match[0]

    text = _POWER.sub(lambda match: str(int(match[1]) ** int(match[2])), text)
    text = _SCIENTIFIC.sub(lambda match: scale(match, int(match[2])), text)
    return _SCALED.sub(lambda match: scale(match, _SCALES_OF[match[2].lower()]), text)


def read_quantities(text: str) -> Quantities:
    """Return what a question counts beyond plain nodes and max pods.

    Args:
        text: As `spell_digits` gives it.
    """
    return Quantities(
        highest_nodes=_highest(text),
        pools=_pools(text),
        pods_total=_total_pods(text),
    )


def _number(digits: str, thousands: str | None = None) -> int:
    return int(digits.replace(",", "")) * (1000 if thousands else 1)


def _highest(text: str) -> int:
    """Return the upper end of "10 to 50 nodes"; 0 where two separate counts stand side by side."""
    match = _RANGE.search(text)
    if match and (_GROWS.search(text) or re.search(r"\d\s*(?:-|\.\.)\s*\d", match[0])):
        return max(_number(match[1], match[2]), _number(match[3], match[4]))
    scaled = _SCALES.search(text)
    if scaled and re.search(r"autoscal|auto-scal|scal|max", scaled[0], re.I):
        before = text[: scaled.start()]
        if not re.search(r"\b(?:max|maximum)[ -]?pods?\W*$", before + scaled[0][:9], re.I):
            return _number(scaled[1], scaled[2])
    return 0


def _pools(text: str) -> tuple[str, ...]:
    pairs = [
        f"{_number(match[1], match[2])}:{_number(match[3], match[4])}"
        for match in _PAIRS.finditer(text)
    ]
    if len(pairs) > 1:
        return tuple(pairs)
    found: list[str] = []
    for match in _POOLS.finditer(text):
        count, nodes = _number(match[1], match[2]), _number(match[3], match[4])
        if count <= 100:
            found += [str(nodes)] * count
    return tuple(found)


def _total_pods(text: str) -> int:
    """Return a number of pods of the whole cluster: "3,000 pods", not "30 pods per node"."""
    for match in re.finditer(rf"{_N}\s+(?:total\s+|running\s+|application\s+|app\s+)*pods?\b"
                             r"(?!\s*(?:per|each|a\s+node|on each|/|max|at most))",
                             text, re.I):  # fmt: skip
        before = text[max(0, match.start() - 24) : match.start()]
        number = _number(match[1], match[2])
        if number > 250 and not re.search(r"max(?:imum)?[ -]?$", before, re.I):
            return number
    return 0
