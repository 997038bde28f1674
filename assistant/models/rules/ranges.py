"""Ranges and addresses of a design question, each with the part that it plays."""

import re
from dataclasses import dataclass

__all__ = ["DEFAULT_POD_CIDR", "RangeText", "Ranges", "read_ranges"]

DEFAULT_POD_CIDR = "10.244.0.0/16"
"""What AKS takes for the pods of an overlay cluster when nothing is said."""
_OCTETS = r"\d{1,3}(?:\.\d{1,3}){3}"
_V6 = r"[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7}"
_TOKEN = re.compile(rf"(?<![\w./:])(?:(?:{_OCTETS}|{_V6})(?:/\d{{1,3}})?|/\d{{1,2}})(?![\w/]|\.\d)",
                    re.I)  # fmt: skip
_CUES = (
    ("dns", r"dns(?: service)?[ -]?(?:ip|address)|dns service"),
    ("service", r"service[ -]?(?:cidr|range|network|ips?|address(?:es)?)|--service-cidr|"
                r"cluster[ -]?ips?|services"),
    ("pod", r"pod[ -]?(?:cidr|range|network|ips?|address(?:es)?|space)|podcidr|--pod-cidr|"
            r"overlay range|pods(?=:? \d)|pods? in(?= \d)|(?:for|as) (?:the |our |an? )?pods?"),
    ("pod-subnet", r"pod[ -]subnets?"),
    ("onprem", r"on[- ]?prem\w*|data ?cent(?:er|re)s?|corporate|corp\b|office|expressroute|vpn|"
               r"headquarters|hq\b|branch|campus|legacy network|home network"),
    ("peer", r"peer(?:ed|ing|s)?\b|hub vnet|other vnet|another vnet|neighbou?r\w* vnet"),
    ("used", r"(?:already )?(?:taken|used|occupied|in use|assigned)|reserved for|except"),
    ("node-subnet", r"node[ -]subnets?|cluster subnet|aks subnet"),
    ("subnet", r"subnets?"),
    ("vnet", r"vnets?|virtual networks?"),
    ("space", r"\bown\b|space|\bgot\b|\bgiven\b|within|inside|\binto\b|carve|block|"
              r"\brange\b|allotted|assigned us|available|\bfree\b|\bhave\b|out of"),
)  # fmt: skip
_CUE = re.compile("|".join(f"(?P<c{n}>\\b(?:{pattern}))" for n, (_, pattern) in enumerate(_CUES)),
                  re.I)  # fmt: skip
_FARTHEST = 60
_BREAK = re.compile(r"[.;?!](?:\s|$)")
_ASKS = re.compile(
    r"\b(?:which|what|how|needs?|with|lay|plan|give|talk\w*|reach\w*|connect\w*|access\w*|call\w*)\b",
    re.I,
)
_GOAL = re.compile(r"\b(?:grow|expand|extend|enlarge|widen|increase|resize|bigger|larger|change)\w*"
                   r"\b", re.I)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RangeText:
    """A range or address as written, and what it is used as."""

    text: str
    role: str
    """A cue such as `pod`, `service`, `onprem`, `space`; empty where nothing says it."""
    start: int

    @property
    def whole(self) -> bool:
        """Return whether it is a range with its address, rather than `/24` alone."""
        return "/" in self.text and not self.text.startswith("/")

    @property
    def bare(self) -> bool:
        """Return whether it is a prefix length alone."""
        return self.text.startswith("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """Every range of a question."""

    found: tuple[RangeText, ...] = ()
    grows: bool = False
    """Whether the last pod range is what an earlier one is to grow to."""

    def of(self, *roles: str) -> list[str]:
        """Return the texts with one of some roles, each once."""
        return list(dict.fromkeys(one.text for one in self.found if one.role in roles))

    @property
    def texts(self) -> list[str]:
        """Return every text once."""
        return list(dict.fromkeys(one.text for one in self.found))


def read_ranges(text: str) -> Ranges:
    """Return the ranges and addresses of a text with their roles."""
    cues = [
        (match.start(), match.end(), _CUES[int((match.lastgroup or "c0")[1:])][0])
        for match in _CUE.finditer(text)
    ]
    found: list[RangeText] = []
    for match in _TOKEN.finditer(text):
        role = _role(text, match.start(), match.end(), cues)
        listed = found and re.fullmatch(
            r"\s*(?:,|and|or|&|\+|to|->|into|vs\.?|with|,\s*and)\s*",
            text[found[-1].start + len(found[-1].text) : match.start()],
        )
        if listed and (not role or role == "space"):
            role = found[-1].role
        found.append(RangeText(match[0], role, match.start()))
    return Ranges(found=tuple(found), grows=bool(_GOAL.search(text)))


def _role(text: str, start: int, end: int, cues: list[tuple[int, int, str]]) -> str:
    """Return the role that the nearest cue gives; one before counts more than one behind."""
    best: tuple[float, str] = (_FARTHEST, "")
    for left, right, role in cues:
        if right <= start:
            between, cost = text[right:start], float(start - right)
        elif left >= end:
            between, cost = text[end:left], (left - end) * 1.5 + 4
        else:
            continue
        # "10.1.0.0/22, which subnets?" asks for subnets and does not call the range one.
        asks = left >= end and _ASKS.search(between)
        if _BREAK.search(between) or _TOKEN.search(between) or asks:
            continue
        cost += 12 * between.count(",") + 8 * len(re.findall(r"\b(?:and|with|but)\b", between))
        # Words of possession say less than a word that names the thing itself.
        cost += 6 if role == "space" else 0
        if cost < best[0]:
            best = (cost, role)
    return best[1]
