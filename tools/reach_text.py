"""A verdict in words: the answer, what decided it, what came close, what else was looked at."""

from collections.abc import Callable, Sequence

from tools.wording import bullets, join, quote, shorten, with_places
from topology.paths import PortVerdict, Reach
from topology.policy.verdict import HttpRequest, Layer, LayerName

__all__ = ["LABELS", "describe", "request_text"]

LABELS: dict[LayerName, str] = {
    "authorization": "Mesh authorization",
    "azure": "Azure network",
    "egress-policy": "Egress policy",
    "ingress-policy": "Ingress policy",
    "l7": "L7 rules",
    "mtls": "Mutual TLS",
    "service": "Service",
}
Places = Callable[[str], str]
"""Finds the file and line of a rule that a sentence names."""


def describe(
    reach: Reach, guesses: Sequence[str], places: Places, faults: Sequence[str] = ()
) -> str:
    """Return the answer, complete and true on its own."""
    explained = {port: _explain(port, places) for port in reach.ports}
    if len(reach.ports) == 1 or len(set(explained.values())) == 1:
        body = bullets(explained[reach.deciding])
    else:
        body = bullets(_lines(reach.ports, places))
    ports = ", ".join(_asked(port) for port in reach.ports)
    checked = f"Checked: {quote(reach.source)} -> {quote(reach.destination)}, {ports}."
    tail = " ".join([checked, *(guess for guess in guesses if guess)])
    notes = [note for note in reach.notes if not (reach.groups and "do not agree" in note)]
    notes += faults
    parts = [headline(reach), body, bullets(notes), tail]
    return "\n\n".join(part for part in parts if part)


def headline(reach: Reach) -> str:
    """Return the plain answer in a sentence."""
    ends = f"{quote(reach.source)} {{}} {quote(reach.destination)}"
    request = request_text(reach.http)
    if reach.sni:
        request += f" with server name `{reach.sni}`"
    if _depends_on_port(reach.deciding):
        start = f"It depends on the port: {ends.format('can reach')}"
        return f"{start} on {reach.deciding.open_ports}{request}; no other port is sure to be open."
    if reach.partial:
        return _partly(reach, request)
    named: dict[str, list[str]] = {"allow": [], "deny": [], "unknown": []}
    for port in reach.ports:
        named[port.verdict.verdict].append(_named(port))
    allow, deny, unknown = (join(named[each]) for each in ("allow", "deny", "unknown"))
    if not deny and not unknown:
        start = "Yes, for some requests" if _conditional(reach.ports) else "Yes"
        ports = allow.replace(" (some requests)", "") if start != "Yes" else allow
        return f"{start}: {ends.format('can reach')} on {ports}{request}."
    if not allow and not unknown:
        return f"No: {ends.format('cannot reach')} on {join(named['deny'], 'or')}{request}."
    if not allow and not deny:
        return (
            f"Not decided: whether {ends.format('can reach')} on {unknown}{request} cannot be "
            "computed from this input."
        )
    rest = [f"not on {join(named['deny'], 'or')}"] if deny else []
    rest += [f"not decided on {unknown}"] if unknown else []
    if allow:
        start = f"Yes, on some ports: {ends.format('can reach')} on {allow}{request}"
        return f"{start}; {'; '.join(rest)}."
    start = f"Not decided: {ends.format('cannot reach')} on {join(named['deny'], 'or')}{request}"
    return f"{start}; not decided on {unknown}."


def _partly(reach: Reach, request: str) -> str:
    """Return what holds where the pods of the two ends do not agree."""
    named: dict[str, list[str]] = {"some": [], "allow": [], "deny": [], "unknown": []}
    for port in reach.ports:
        named["some" if port.groups else port.verdict.verdict].append(_named(port))
    text = (
        f"It depends on the pods: not every pod of {quote(reach.source)} can reach every pod of "
        f"{quote(reach.destination)} on {join(named['some'], 'or')}{request}"
    )
    rest = [f"all can on {join(named['allow'])}"] if named["allow"] else []
    rest += [f"none can on {join(named['deny'], 'or')}"] if named["deny"] else []
    rest += [f"not decided on {join(named['unknown'], 'or')}"] if named["unknown"] else []
    return "; ".join([text, *rest]) + "."


def _every(port: PortVerdict) -> bool:
    """Return whether the question is about every port, because none was named or offered."""
    return port.port is None and port.service_port is None


def _depends_on_port(port: PortVerdict) -> bool:
    return _every(port) and port.verdict.verdict == "unknown" and "/" in port.open_ports


def _named(port: PortVerdict) -> str:
    """Return a port as the headline names it."""
    if _every(port) and port.verdict.verdict != "allow":
        return "any port"
    return f"{port} (some requests)" if port.verdict.l7 == "conditional" else str(port)


def _asked(port: PortVerdict) -> str:
    return "every port" if _every(port) else str(port)


def request_text(http: HttpRequest | None) -> str:
    """Return the request that was asked about, as the end of a sentence."""
    if http is None:
        return ""
    host = f" of host `{http.host}`" if http.host else ""
    return f" with `{http.method} {http.path}`{host}"


def _conditional(ports: Sequence[PortVerdict]) -> bool:
    return all(port.verdict.l7 == "conditional" for port in ports)


def _explain(port: PortVerdict, places: Places) -> tuple[str, ...]:
    """Return a line for each layer: what decided first, then the others in order."""
    deciding = port.verdict.deciding
    layers = [layer for layer in port.verdict.layers if layer.verdict != "none"]
    if port.verdict.verdict != "allow" and deciding:
        layers = [deciding, *(layer for layer in layers if layer is not deciding)]
    lines: list[str] = []
    for layer in layers:
        lines.append(_layer(layer))
        if layer.nearest and layer is deciding:
            lines.append(_nearest(layer, places))
    if passing := _passing(port):
        lines.append(f"Only this passes: {passing}.")
    lines += _groups(port)
    return tuple(lines) or ("Nothing restricts it: no policy applies at either end.",)


def _layer(layer: Layer) -> str:
    text = f"{LABELS[layer.layer]}: {with_places(layer.reason, layer.causes)}"
    if layer.location and not layer.causes:
        return f"{text} ({layer.location})"
    return text


def _nearest(layer: Layer, places: Places) -> str:
    place = places(layer.nearest)
    return f"Nearest: {layer.nearest}" + (f" ({place})" if place else "")


def _groups(port: PortVerdict) -> list[str]:
    """Return a line for each group of pods that gets another answer."""
    words = {"allow": "allowed", "deny": "denied", "unknown": "not decided"}
    return [
        f"{shorten([quote(name) for name in group.sources], 3)} -> "
        f"{shorten([quote(name) for name in group.destinations], 3)}: "
        f"{words[group.verdict.verdict]}"
        + (f", {group.verdict.deciding.reason}" if group.verdict.deciding else ".")
        for group in port.groups
    ]


def _lines(ports: Sequence[PortVerdict], places: Places) -> list[str]:
    """Return a line for the ports that share a verdict and what decided it."""
    groups: dict[str, list[str]] = {}
    for port in ports:
        for outcome in _groups(port) or [_outcome(port, places)]:
            groups.setdefault(outcome, []).append(str(port))
    return [f"{', '.join(names)}: {outcome}" for outcome, names in groups.items()]


def _outcome(port: PortVerdict, places: Places) -> str:
    """Return one port's verdict and the layer that decided."""
    word = {"allow": "allowed", "deny": "denied", "unknown": "not decided"}[port.verdict.verdict]
    deciding = port.verdict.deciding
    if deciding is None:
        return f"{word}, nothing restricts it."
    if port.verdict.l7 == "conditional":
        word = "allowed for some requests"
    text = f"{word}. {_layer(deciding)}"
    if deciding.nearest and port.verdict.verdict == "deny":
        text += f" {_nearest(deciding, places)}"
    if passing := _passing(port):
        text += f" Only this passes: {passing}."
    return text


def _passing(port: PortVerdict) -> str:
    """Return what alone passes; networks that fare otherwise stand in a layer's reason already."""
    if port.verdict.verdict == "deny":
        return ""
    reasons = [layer.reason for layer in port.verdict.layers]
    return "; ".join(
        one for one in port.verdict.conditions if not any(one in reason for reason in reasons)
    )
