"""A layer that stops a connection, as the cause of trouble."""

from collections.abc import Iterator

from topology.diagnosis.evidence import Aspect, Cause, Fact, Wanted
from topology.paths import Reach, blamed
from topology.policy.verdict import Layer

__all__ = ["causes_of", "layer_code", "stopped", "unsure"]

_CODES = {
    "egress-policy": "policy-blocks-egress",
    "ingress-policy": "policy-blocks-ingress",
    "l7": "l7-rule-refuses",
    "mtls": "mtls-refuses",
    "authorization": "authorization-denies",
    "service": "service-leads-nowhere",
    "azure": "azure-blocks",
}


def layer_code(layer: Layer) -> str:
    """Return the code of a cause by the layer that stops."""
    return _CODES[layer.layer]


def stopped(found: Reach) -> Layer | None:
    """Return the layer that stops a connection; None where none surely does."""
    if found.verdict != "deny":
        return None
    return next((layer for layer in found.layers if layer.verdict == "deny"), None)


def unsure(found: Reach) -> Layer | None:
    """Return the layer that leaves a connection open to doubt."""
    if found.verdict != "unknown":
        return None
    return next((layer for layer in found.layers if layer.verdict == "unknown"), None)


def causes_of(
    found: Reach,
    layer: Layer,
    *,
    code: str,
    what: str,
    explains: frozenset[Aspect],
    about: frozenset[str],
    weight: int,
    wanted: Wanted | None = None,
    is_path: bool = True,
) -> Iterator[Cause]:
    """Yield the cause that a layer is, with every policy that has a part in it.

    Args:
        found: The answer about the connection.
        layer: Of that answer: the one that stops it.
        code: Of the cause.
        what: How the sentence begins that tells it.
        explains: Which kinds of trouble it makes.
        about: Whom it concerns.
        weight: As `Cause` has it.
        wanted: The connection, for whoever mends policies.
        is_path: Whether only this connection suffers; not so where it is the way to DNS.
    """
    policy, location = blamed(layer)
    source = " ".join(part for part in (policy, layer.rule) if part) or layer.layer
    facts = [Fact(layer.reason, source, location or layer.location)]
    facts += [
        Fact(f"`{name}` has a part in the default deny", name, place)
        for name, place in layer.causes
    ]
    if layer.nearest:
        facts.append(Fact(layer.nearest))
    flags = f" --port {wanted.port}" if wanted and wanted.port else ""
    yield Cause(
        code=code,
        summary=f"{what}: {layer.reason}".rstrip(".") + ".",
        explains=explains,
        about=about,
        weight=weight,
        facts=tuple(facts),
        fix=_fix(layer),
        verify=(
            f"netassist reach {wanted.source} {wanted.destination}{flags}" if wanted else "",
            *(
                (f"hubble observe --from-pod {wanted.source} --verdict DROPPED --last 20",)
                if wanted and "/" in wanted.source
                else ()
            ),
        ),
        wanted=wanted,
        callers=frozenset({_plain(wanted.source)} if wanted and is_path else ()),
        callees=frozenset({_plain(wanted.destination)} if wanted and is_path else ()),
    )


def _fix(layer: Layer) -> str:
    if (layer.policy or "").startswith("DestinationRule/"):
        return "Set its TLS mode to `ISTIO_MUTUAL`, or leave `tls` out: Istio then chooses."
    return _FIXES.get(layer.layer, "Allow it in the policy that is named.")


def _plain(name: str) -> str:
    return name.removeprefix("service:")


_FIXES = {
    "mtls": "Give the caller a sidecar or let it speak mutual TLS; accepting plaintext is the "
    "last resort.",
    "authorization": "Allow the caller's identity in an AuthorizationPolicy of the destination.",
    "l7": "Add the request to the rule, if it is wanted.",
}
