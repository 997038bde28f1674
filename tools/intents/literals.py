"""Labels, addresses and DNS names: what says by its form what it is."""

import re
from ipaddress import ip_network

from tools.intents.shapes import Shape
from topology.authoring import LabelTest
from topology.model import Network

__all__ = ["KEY", "VALUE", "is_api_group", "take_labels", "take_networks"]

KEY = r"!?[A-Za-z][\w.-]*(?::[\w.-]+)?(?:/[\w.-]+)?"
VALUE = r"[\w][\w.-]*[\w]|[\w]"
_LABEL_WORD = (
    r"(?:with|having|has|have|carrying|carries|carry|bearing|bears|wearing|containing|matching"
    r"|match|by)?"
    r"\s*(?:the\s+|a\s+|any\s+)*(?:pod\s+|namespace\s+|node\s+)?labels?|labell?ed|tagged"
)
_EXISTS = re.compile(rf"`(?P<key>{KEY})\s+(?P<no>does\s+not\s+)?exists?`", re.I)
_SET = re.compile(
    rf"`?(?P<key>{KEY})`?\s+(?P<no>is\s+not\s+in|not\s*in|is\s+in|in|is\s+none\s+of"
    rf"|is\s+one\s+of|one\s+of)\s+[(\[{{]"
    r"(?P<values>[^)\]}]*)[)\]}]`?",
    re.I,
)
_EQUAL = re.compile(
    rf"(?P<mark>`?)(?<![\w/.?&-])(?P<key>{KEY})\s*(?P<no>!?)==?\s*"
    rf"(?P<values>(?:{VALUE})?)`?(?![\w=])"
)
_EQUALS = re.compile(r"`(?P<all>[^`]+=[^`]*,[^`]+)`")
_COLON = re.compile(
    rf"`(?P<key>{KEY})\s*:\s*`?(?P<value>{VALUE})`|"
    rf"(?P<word>{_LABEL_WORD})\s+(?P<key2>{KEY}?)\s*:\s+?(?P<value2>{VALUE})",
    re.I,
)
_PRESENT = re.compile(
    rf"(?P<lead>{_LABEL_WORD})\s+`(?P<key>{KEY})`(?:\s+(?:set|present|of\s+any\s+value))?|"
    rf"(?P<lead2>without|lacking|that\s+(?:do|does)\s+not\s+(?:have|carry))\s+"
    rf"(?:the\s+|a\s+|any\s+)?labels?\s+`(?P<key2>{KEY})`",
    re.I,
)
_SPOKEN = re.compile(
    rf"(?P<lead>{_LABEL_WORD})\s+`(?P<key>{KEY})`\s+(?P<no>not\s+)?(?:set\s+to|equal\s+to"
    rf"|of\s+value|=|is|of)\s+`?(?P<value>{VALUE})`?",
    re.I,
)
_NETWORK = re.compile(
    r"(?<![\w.:/])`?((?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?=:\d{1,5}(?!\w))|"
    r"(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?"
    r"|(?=[0-9a-fA-F:]*:[0-9a-fA-F:]*:)[0-9a-fA-F:]+(?:/\d{1,3})?)`?(?![\w/]|\.\d|:\d(?!\d{0,4}"
    r"(?!\w)))"
)


def is_api_group(text: str) -> bool:
    """Say whether a DNS name is one of those that Kubernetes calls its kinds and labels by."""
    return text.lower().endswith((".k8s.io", ".kubernetes.io", "cilium.io/v2", ".istio.io"))


def take_labels(shape: Shape) -> None:
    """Replace conditions on labels, in every way in which people write them."""
    shape.text = _EQUALS.sub(lambda found: _split_equals(found["all"]), shape.text)
    shape.take(_EXISTS, "L", _read_exists)
    shape.take(_SET, "L", _read_set)
    shape.take(_EQUAL, "L", _read_equal)
    _take_spoken(shape)
    _take_colons(shape)
    _take_presence(shape)


def _read_exists(found: re.Match[str]) -> LabelTest:
    return LabelTest(found["key"], "DoesNotExist" if found["no"] else "Exists")


def _split_equals(text: str) -> str:
    """Return `a=b,c=d` in one pair of quotes as quotes of their own."""
    return " and ".join(f"`{part.strip()}`" for part in text.split(","))


def _read_set(found: re.Match[str]) -> LabelTest | None:
    values = tuple(
        one.strip(" `\"'") for one in re.split(r"[,|]|\s+or\s+|\s+and\s+", found["values"])
    )
    values = tuple(one for one in values if one)
    if not values or any(re.search(r"\s", one) for one in values):
        return None
    no = "not" in found["no"].lower() or "none" in found["no"].lower()
    return LabelTest(found["key"], "NotIn" if no else "In", values)


def _read_equal(found: re.Match[str]) -> LabelTest | None:
    if not found["values"] and not found["mark"]:
        return None
    return LabelTest(found["key"], "NotIn" if found["no"] else "In", (found["values"],))


def _take_spoken(shape: Shape) -> None:
    def replace(found: re.Match[str]) -> str:
        test = LabelTest(found["key"], "NotIn" if found["no"] else "In", (found["value"],))
        return f"{found['lead']} {shape.add('L', test, found[0])}"

    shape.text = _SPOKEN.sub(replace, shape.text)


def _take_colons(shape: Shape) -> None:
    def replace(found: re.Match[str]) -> str:
        key, value = found["key"] or found["key2"], found["value"] or found["value2"]
        if not key or key.lower() in ("http", "https", "service", "namespace", "port", "entity"):
            return found[0]
        mark = shape.add("L", LabelTest(key, "In", (value,)), f"{key}: {value}")
        return f"{found['word']} {mark}" if found["word"] else mark

    shape.text = _COLON.sub(replace, shape.text)


def _take_presence(shape: Shape) -> None:
    def replace(found: re.Match[str]) -> str:
        if found["key"]:
            key = found["key"].removeprefix("!")
            absent = LabelTest(key, "DoesNotExist")
            test = absent if found["key"].startswith("!") else LabelTest(key)
            mark = shape.add("L", test, f"`{key}`")
            return f"{found['lead']} {mark}"
        mark = shape.add("L", LabelTest(found["key2"], "DoesNotExist"), f"no `{found['key2']}`")
        return f"with label {mark}"

    shape.text = _PRESENT.sub(replace, shape.text)


def take_networks(shape: Shape) -> None:
    """Replace addresses and ranges."""
    shape.take(_NETWORK, "N", lambda found: _network(found[1]))


def _network(text: str) -> Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None
