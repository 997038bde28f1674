"""Hubble's filters on the ends of a flow: pods, names, addresses, labels, identities, nodes.

Source: pkg/hubble/filters: k8s.go, ip.go, workload.go, identity.go, labels.go, fqdn.go.
"""

from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any, Final

from topology.errors import InvalidQuery
from topology.flows.label_selectors import parse_selector
from topology.flows.patterns import compile_names, compile_nodes
from topology.flows.query import Predicate

__all__ = [
    "addresses",
    "clusters",
    "identities",
    "labels",
    "named",
    "names",
    "nodes",
    "workloads",
]

_NONE: Final[Mapping[str, Any]] = {}


def addresses(field: str) -> Callable[[Sequence[str]], Predicate]:
    """Return what compiles addresses, compared as text as Hubble does, and networks."""

    def build(values: Sequence[str]) -> Predicate:
        exact = {value for value in values if "/" not in value}
        try:
            for value in exact:
                ip_address(value)
            networks = [ip_network(one, strict=False) for one in values if "/" in one]
        except ValueError:
            message = f"`{', '.join(values)}` holds something that is no address or CIDR."
            hint = "Write `10.0.0.4` or `10.0.0.0/16`."
            raise InvalidQuery(message, hint=hint) from None

        def test(flow: Mapping[str, Any]) -> bool:
            text = (flow.get("IP") or _NONE).get(field)
            if not text:
                return False
            if text in exact:
                return True
            if not networks:
                return False
            try:
                address = ip_address(text)
            except ValueError:
                return False
            return any(address in network for network in networks)

        return test

    return build


def named(field: str, name: str) -> Callable[[Sequence[str]], Predicate]:
    """Return what compiles `namespace/prefix`; without a slash the namespace is `default`."""

    def build(values: Sequence[str]) -> Predicate:
        wanted = [_split_name(value) for value in values]

        def test(flow: Mapping[str, Any]) -> bool:
            end = flow.get(field) or _NONE
            namespace, found = end.get("namespace", ""), end.get(name, "")
            if not namespace and not found:
                return False
            return any(
                found.startswith(prefix) and one in (None, namespace) for one, prefix in wanted
            )

        return test

    return build


def _split_name(text: str) -> tuple[str | None, str]:
    """Return namespace and prefix; no namespace for `/`, which is what all namespaces come to."""
    if text == "/":
        return None, ""
    parts = text.split("/")
    if len(parts) > 1 and (parts[0] or parts[1]):
        return parts[0], parts[1]
    if text and len(parts) == 1:
        return "default", text
    message = f"`{text}` is no name to filter by."
    raise InvalidQuery(message, hint="Write `namespace/name`, `namespace/` or a name's beginning.")


def workloads(field: str) -> Callable[[Sequence[Any]], Predicate]:
    """Return what compiles workloads by kind and name; an empty one matches any."""

    def build(values: Sequence[Any]) -> Predicate:
        def test(flow: Mapping[str, Any]) -> bool:
            return any(
                kind in ("", one.get("kind", "")) and name in ("", one.get("name", ""))
                for one in (flow.get(field) or _NONE).get("workloads") or ()
                for kind, name in values
            )

        return test

    return build


def identities(field: str) -> Callable[[Sequence[int]], Predicate]:
    """Return what compiles security identities."""

    def build(values: Sequence[int]) -> Predicate:
        wanted = frozenset(values)

        def test(flow: Mapping[str, Any]) -> bool:
            end = flow.get(field)
            return end is not None and end.get("identity", 0) in wanted

        return test

    return build


def clusters(field: str) -> Callable[[Sequence[str]], Predicate]:
    """Return what compiles names of clusters in a mesh."""

    def build(values: Sequence[str]) -> Predicate:
        if "" in values:
            message = "The name of a cluster must not be empty."
            raise InvalidQuery(message, hint="Name the cluster, or leave the filter out.")
        wanted = frozenset(values)
        return lambda flow: (flow.get(field) or _NONE).get("cluster_name", "") in wanted

    return build


def labels(read: Callable[[Mapping[str, Any]], Sequence[str]]) -> Callable[..., Predicate]:
    """Return what compiles label selectors, of which one must select."""

    def build(values: Sequence[str]) -> Predicate:
        selectors = [parse_selector(value) for value in values]

        def test(flow: Mapping[str, Any]) -> bool:
            labels = read(flow)
            return any(selects(labels) for selects in selectors)

        return test

    return build


def names(field: str) -> Callable[[Sequence[str]], Predicate]:
    """Return what compiles patterns of DNS names."""

    def build(values: Sequence[str]) -> Predicate:
        pattern = compile_names(values)
        return lambda flow: any(pattern.fullmatch(name) for name in flow.get(field) or ())

    return build


def nodes(values: Sequence[str]) -> Predicate:
    """Compile patterns of node names."""
    pattern = compile_nodes(values)

    def test(flow: Mapping[str, Any]) -> bool:
        name = flow.get("node_name") or ""
        # Source: pkg/defaults, ClusterName: a node's name without cluster is of `default`.
        return bool(name and pattern.fullmatch(name if "/" in name else f"default/{name}"))

    return test
