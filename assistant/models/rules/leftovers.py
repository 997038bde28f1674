"""What a question says that its frame does not use yet: bare ports, and ends left out."""

import re
from collections.abc import Iterable
from dataclasses import replace

from assistant.models.rules.frame import Frame, Ref
from assistant.models.rules.lexicon import COMMON
from assistant.models.rules.reading import Reading
from assistant.models.rules.slots import WELL_KNOWN, PortText

__all__ = ["ask_left_out", "take_bare_ports"]

_UNITS = (
    r"(?!\s*(?:%|x\b|ms\b|s\b|nodes?\b|pods?\b|replicas?\b|times\b|seconds?\b|minutes?\b|hours?\b|"
    r"errors?\b|responses?\b|status\b|bytes\b|ips?\b|addresses\b|[kmg]i?b\b))"
)
_STATUS = frozenset({400, 401, 403, 404, 405, 408, 409, 429, 500, 501, 502, 503, 504})
"""HTTP answers: after a name they are more likely what was seen than a port."""
_NUMBER = re.compile(rf"@\d+@\s*[,:]?\s*(?P<port>\d{{2,5}})(?:/(?P<protocol>tcp|udp))?\b{_UNITS}")
_ENDS = ("workload", "service", "pod", "address", "dns", "entity", "unknown")
_UNCLEAR = frozenset({"dns", "tls", "telnet"})
"""Words that seldom say which port is meant."""


def take_bare_ports(frame: Frame, reading: Reading, port_names: frozenset[str]) -> Frame:
    """Return the frame with a port that stands by itself: "api 8080", "grpc from a to b".

    Args:
        frame: What was understood.
        reading: Of the same question.
        port_names: Lower-case names of ports in the workspace.
    """
    if frame.ports or not frame.destinations or frame.intent not in ("reach", "who_can"):
        return frame
    found = [
        PortText(number=int(match["port"]), protocol=(match["protocol"] or "").upper())
        for match in _NUMBER.finditer(reading.shape)
        if int(match["port"]) not in _STATUS and int(match["port"]) <= 65535
    ]
    if found:
        return replace(frame, ports=tuple(dict.fromkeys(found)))
    names = _bare_names(frame, reading.shape, port_names)
    return replace(frame, ports=tuple(PortText(name=name, explicit=False) for name in names))


def _bare_names(frame: Frame, shape: str, port_names: frozenset[str]) -> tuple[str, ...]:
    """Return the protocols among the words, or the name of a port behind the destination."""
    protocols = {*WELL_KNOWN, "grpc"} - _UNCLEAR
    words = re.findall(r"(?<![\w@./-])[a-z][a-z0-9-]*(?![\w@./-])", shape)
    if said := tuple(dict.fromkeys(word for word in words if word in protocols)):
        return said
    behind = re.search(r"@\d+@\s+(?P<name>[a-z][a-z0-9-]+)\s*(?:\?|$|port\b|[,.;])", shape)
    if behind and behind["name"] in port_names and frame.intent == "reach":
        return (str(behind["name"]),)
    if frame.intent == "reach":
        # A name of a port among the words; where the destination has none of it, it says nothing.
        named = [word for word in words if word in port_names and word not in COMMON]
        return tuple(dict.fromkeys(named)) if len(set(named)) == 1 else ()
    return ()


def ask_left_out(frame: Frame, reading: Reading) -> Frame:
    """Return the question back when an end that was named plays no part in what is computed.

    To answer only a part of a question without a word about the rest misleads.
    """
    if not (frame.is_path or frame.intent == "policies") or not frame.ends:
        return frame
    roles = reading.roles
    ends = (*frame.ends, *roles.sources, *roles.destinations) if roles else frame.ends
    used = {_plain(name) for ref in ends for name in (*ref.names, ref.text)}
    left = [ref for ref in reading.refs if ref.kind in _ENDS and not _covers(used, ref)]
    left += [
        ref
        for ref in reading.named("namespace")
        if not any(name == ref.name or name.startswith(f"{ref.name}/") for name in used)
    ]
    if not left:
        return frame
    names = " and ".join(f"`{ref.name.removeprefix('service:')}`" for ref in left[:3])
    verb = "are" if len(left) > 1 else "is"
    text = (
        f"{names} {verb} named, too, and it is not clear how; ask for one connection at a time, "
        "such as `can A reach B?`."
    )
    return Frame(intent="ask", text=text)


def _covers(used: Iterable[str], ref: Ref) -> bool:
    return bool({_plain(name) for name in (*ref.names, ref.text)} & set(used))


def _plain(name: str) -> str:
    return name.removeprefix("service:")
