"""Messages about the address book: who has which range, what is free, give me one, take it back."""

import re

from assistant.models.rules.frame import Frame

__all__ = ["name_range", "read_book"]

_NAME = r"[a-z0-9][\w.-]*[a-z0-9]"
_CIDR = r"\d{1,3}(?:\.\d{1,3}){3}/\d{1,2}|[0-9a-f:]*::[0-9a-f:]*/\d{1,3}"
_SIZE = re.compile(
    rf"(?P<cidr>{_CIDR})|(?<![\w.:])(?P<prefix>/\d{{1,3}})\b|"
    r"\b(?P<hosts>\d[\d,]*)\s+(?:hosts?|addresses|ips?)\b",
    re.I,
)
_BOOK = re.compile(r"\baddress book\b|\bipam\b|\baddress spaces?\b|\bour (?:ranges|space)\b", re.I)
_TAKE = re.compile(
    r"^(?:(?:please|pls|kindly|now|then|and|ok|okay|also|just)[\s,]+|(?:can|could|would) you\s+|"
    r"(?:i|we) (?:need|want|would like)(?: you)? to\s+)*(?:allocate|reserve|assign|book|claim|"
    r"give me|hand out|set aside)\b",
    re.I,
)
_RELEASE = re.compile(
    rf"\b(?:release|deallocate|free up|give back|hand back|return)\s+(?:the\s+)?"
    rf"(?:range|subnet|prefix|block|allocation)?\s*(?:of\s+|called\s+|named\s+)?"
    rf"(?P<entry>{_CIDR}|{_NAME})",
    re.I,
)
_UNDO = re.compile(
    r"\b(?:undo|take back|revert|roll ?back)\b.{0,30}\b(?:last\s+)?(?:change|allocation|release|"
    r"import|reservation)(?:\s+(?:number\s+|#)?(?P<number>\d+))?|^undo(?: (?:it|that|this))?[.!]*$",
    re.I,
)
_FREE = re.compile(
    r"\b(?:do we have|is there|are there|any|find|where (?:is|could|can)|what is|which)\b.{0,40}"
    r"\b(?:left|free|available|fit|unused|go)\b|\b(?:free|available|unused)\s+(?:ranges?|space|"
    r"subnets?|prefix(?:es)?|addresses)\b",
    re.I,
)
_FORECAST = re.compile(
    r"\bwhen\b.{0,30}\b(?:full|run(?:s|ning)? out|exhaust\w*)\b|\bexhaustion\b|"
    r"\bhow long\b.{0,40}\b(?:last|space|addresses)\b|\bforecast\b.{0,30}\b(?:address|space|ip)\w*",
    re.I,
)
_HISTORY = re.compile(
    r"\b(?:history|who (?:allocated|took|reserved|released|changed)|recent (?:changes|"
    r"allocations))\b",
    re.I,
)
_USE = re.compile(
    r"\b(?:how full|utili[sz]ation|fragment\w*|what (?:do|did) we use|what is in|show|list|who has|"
    r"who holds|which ranges)\b",
    re.I,
)
_FOR = re.compile(
    rf"\b(?:for|named|called|as)\s+(?:the\s+|our\s+|a\s+|an\s+)?(?P<name>(?!\d+\b){_NAME})", re.I
)
_BLOCK = re.compile(
    rf"\b(?:in|from|out of|within|of|into|will|is|are|does|do)\s+(?:the\s+|our\s+)?"
    r"(?:block\s+|vnet\s+|range\s+)?"
    rf"(?P<block>{_CIDR}|(?:vnet|vpc|hub|corp|block|pool)[\w.-]*|{_NAME}-vnet)",
    re.I,
)
_DAYS = re.compile(r"\bfor\s+(?P<number>\d+)\s+(?P<unit>days?|weeks?|months?)\b", re.I)
_UNITS = {"day": 1, "week": 7, "month": 30}


def read_book(text: str) -> Frame | None:
    """Return the use of the address book that a message asks for, or None."""
    size = _SIZE.search(text)
    block = _BLOCK.search(text)
    place = {"block": block["block"]} if block else {}
    if _TAKE.search(text) and size:
        return _take(text, size, place)
    if released := _RELEASE.search(text):
        named = "-" in released["entry"] or "/" in released["entry"]
        return _call("release_range", entry=released["entry"]) if named else None
    if undone := _UNDO.search(text):
        return _call("undo_address_change", change=int(undone["number"] or 0))
    about = _BOOK.search(text) or block or (size and size["cidr"])
    if size and not size["cidr"] and _FREE.search(text) and about:
        return _call("find_free_range", size=_written(size), **place)
    if not about:
        return None
    if _FORECAST.search(text):
        return _call("forecast_addresses", **place)
    if _HISTORY.search(text):
        return _call("show_address_history", **({"entry": block["block"]} if block else {}))
    if _BOOK.search(text) and (_USE.search(text) or _FREE.search(text)):
        return _call("show_address_book", **place)
    if block and re.search(r"\bhow full|utili[sz]ation|fragment\w*|what (?:do|did) we use", text):
        return _call("show_address_book", **place)
    return None


def _take(text: str, size: re.Match[str], place: dict[str, str]) -> Frame | None:
    """Return the allocation, or the question for what it is for."""
    named = [one["name"] for one in _FOR.finditer(text) if not _DAYS.match(one.group())]
    names = [name for name in named if name.lower() not in ("me", "us", "now", "it")]
    arguments: dict[str, object] = {"size": _written(size), **place}
    if lasting := _DAYS.search(text):
        unit = lasting["unit"].lower().rstrip("s")
        arguments["days"] = int(lasting["number"]) * _UNITS[unit]
    if not names:
        text = "What is the range for? Give it a name, such as `aks-prod-nodes`."
        return Frame(intent="ask", kind="book", text=text, arguments=arguments)
    return _call("allocate_range", name=names[0], **arguments)


def name_range(answer: str, state: Frame) -> Frame | None:
    """Return the allocation with the name that an answer gives it."""
    match = re.search(rf"(?P<name>{_NAME})[\s.!]*$", answer, re.I)
    if match is None or len(answer.split()) > 6:
        return None
    return _call("allocate_range", name=match["name"], **state.arguments)


def _written(size: re.Match[str]) -> str:
    return size["cidr"] or size["prefix"] or size["hosts"].replace(",", "")


def _call(tool: str, **arguments: object) -> Frame:
    return Frame(intent="check", kind=tool, arguments=arguments)
