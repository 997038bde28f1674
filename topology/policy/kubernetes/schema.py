"""The fields of a NetworkPolicy (networking.k8s.io/v1)."""

from topology.policy.schema import Field, each, of, texts

__all__ = ["POLICY"]

_TEXT = Field(kind="string")
_ANY = Field(kind="any")
_SELECTOR = of(
    matchExpressions=each(of((), key=_TEXT, operator=_TEXT, values=texts())),
    matchLabels=Field(kind="map", item=_TEXT),
)
_PEERS = each(
    of(
        ipBlock=Field(kind="object", fields={"cidr": _TEXT, "except": texts()}),
        namespaceSelector=_SELECTOR,
        podSelector=_SELECTOR,
    )
)
_PORTS = each(
    of(
        endPort=Field(kind="integer"),
        port=Field(kind="number-or-text"),
        protocol=_TEXT,
    )
)
POLICY = of(
    apiVersion=_TEXT,
    kind=_TEXT,
    metadata=_ANY,
    spec=of(
        egress=each(of(ports=_PORTS, to=_PEERS)),
        ingress=each(Field(kind="object", fields={"from": _PEERS, "ports": _PORTS})),
        podSelector=_SELECTOR,
        policyTypes=texts(),
    ),
    status=_ANY,
)
