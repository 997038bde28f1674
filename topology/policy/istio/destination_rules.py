"""The TLS that callers' sidecars speak to a Service, where a DestinationRule sets it.

Source: Istio docs, "Understanding TLS configuration": without a rule sidecars choose mutual TLS by
themselves; `DISABLE` makes them send plaintext, `SIMPLE` a TLS of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from topology.memo import per_cluster
from topology.model import Cluster, Document, Location, Service
from topology.policy.istio.bodies import listing, mapping, spec_of

__all__ = ["ClientMode", "client_mode", "is_host"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientMode:
    """What a DestinationRule makes callers speak."""

    mode: str
    """`DISABLE`, `SIMPLE`, `MUTUAL` or `ISTIO_MUTUAL`."""
    policy: str
    """`DestinationRule/namespace/name`."""
    rule: str
    location: Location | None

    @property
    def is_refused_by_strict(self) -> bool:
        """Return whether pods that take the mesh's mutual TLS only refuse it."""
        return self.mode in ("DISABLE", "SIMPLE")


def client_mode(cluster: Cluster, service: Service, port: int | None) -> ClientMode | None:
    """Return what callers of a port of a Service speak; None where no rule says it."""
    for document in _rules(cluster):
        if is_host(document, service):
            for mode, path in _modes(document, port):
                place = document.source.at(path)
                return ClientMode(mode=mode, policy=document.key, rule=path, location=place)
    return None


def is_host(document: Document, service: Service) -> bool:
    """Return whether the host of a DestinationRule is a Service."""
    host = str(spec_of(document.body).get("host") or "")
    full = f"{service.name}.{service.namespace}"
    names = [full, f"{full}.svc", f"{full}.svc.cluster.local"]
    if document.namespace == service.namespace:
        names.append(service.name)
    return host in names


@per_cluster
def _rules(cluster: Cluster) -> tuple[Document, ...]:
    return tuple(one for one in cluster.documents if one.kind == "DestinationRule")


def _modes(document: Document, port: int | None) -> Iterator[tuple[str, str]]:
    """Yield the mode of one port, then that of all, as far as they are set."""
    policy = mapping(spec_of(document.body).get("trafficPolicy"))
    for number, each in enumerate(listing(policy.get("portLevelSettings"))):
        own = mapping(each)
        mode = mapping(own.get("tls")).get("mode")
        if mode and mapping(own.get("port")).get("number") == port:
            yield str(mode), f"spec.trafficPolicy.portLevelSettings[{number}].tls.mode"
    mode = mapping(policy.get("tls")).get("mode")
    if mode:
        yield str(mode), "spec.trafficPolicy.tls.mode"
