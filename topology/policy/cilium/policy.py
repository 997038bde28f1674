"""CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy as rules, with Cilium's own strictness.

What Cilium's parser refuses is not imported at all (pkg/policy/api, Rule.Sanitize); what the API
server would prune is a warning.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from topology.model import Document, Problem
from topology.policy.cilium.known import unknown_fields
from topology.policy.cilium.peers import PeerReader
from topology.policy.cilium.selectors import read_subject
from topology.policy.cilium.toports import PortItem, read_port_items
from topology.policy.fields import Rejected, listing, mapping, rejection, text
from topology.policy.rules import Context, Rule
from topology.policy.selectors import Selector
from topology.policy.verdict import Direction

__all__ = ["read_cilium_policy"]

_SECTIONS: tuple[tuple[str, Direction, bool, str], ...] = (
    ("ingress", "ingress", False, "from"),
    ("ingressDeny", "ingress", True, "from"),
    ("egress", "egress", False, "to"),
    ("egressDeny", "egress", True, "to"),
)
_LONGEST_LOG = 32


def read_cilium_policy(
    document: Document, context: Context
) -> tuple[tuple[Rule, ...], tuple[Problem, ...]]:
    """Read a policy; one that Cilium would refuse gives no rules and a problem."""
    warnings = tuple(
        Problem(
            severity="warning",
            code="unknown-field",
            message=f"{document.key}: `{path}` is no field of Cilium and has no effect.",
            hint="Check its name and place; the API server drops it.",
            location=document.source.at(path),
        )
        for path in unknown_fields(document.body)
    )
    try:
        rules = [
            rule
            for spec, path in _specs(document)
            for rule in _Spec(document, spec, path, context).rules()
        ]
    except Rejected as fault:
        return (), (rejection(document, fault), *warnings)
    return tuple(rules), warnings


def _specs(document: Document) -> Iterator[tuple[Mapping[str, Any], str]]:
    single = document.body.get("spec")
    several = listing(document.body.get("specs"), "specs") or []
    if single is None and not several:
        message = "The policy has neither `spec` nor `specs`."
        raise Rejected("empty-policy", message, "Add a `spec`.", "")
    if single is not None:
        yield mapping(single, "spec"), "spec"
    for number, spec in enumerate(several):
        yield mapping(spec, f"specs[{number}]"), f"specs[{number}]"


class _Spec:
    """One spec of a policy."""

    def __init__(
        self, document: Document, spec: Mapping[str, Any], path: str, context: Context
    ) -> None:
        self.document = document
        self.spec = spec
        self.path = path
        self.context = context
        self.sections = {
            name: listing(spec.get(name), f"{path}.{name}") or [] for name, *_ in _SECTIONS
        }
        self.on_host = self._check_selectors()
        self.subject = self._subject()
        self._check_sections()
        self.peers = PeerReader(namespace=document.namespace, subject=self.subject, context=context)

    def rules(self) -> Iterator[Rule]:
        """Yield the rules; every item gives one at least, for the sake of default deny."""
        for name, direction, deny, side in _SECTIONS:
            for number, item in enumerate(self.sections[name]):
                path = f"{self.path}.{name}[{number}]"
                yield from self._item(mapping(item, path), path, direction, deny, side)

    def _check_selectors(self) -> bool:
        endpoints = self.spec.get("endpointSelector") is not None
        nodes = self.spec.get("nodeSelector") is not None
        if endpoints and nodes:
            message = "Rule cannot have both EndpointSelector and NodeSelector."
            raise Rejected("selectors", message, "Keep one of them.", f"{self.path}.nodeSelector")
        if nodes and self.document.namespace:
            message = "Rule cannot have NodeSelector."
            fix = "Make it a CiliumClusterwideNetworkPolicy."
            raise Rejected("node-selector", message, fix, f"{self.path}.nodeSelector")
        if not (endpoints or nodes):
            message = "Rule must have one of EndpointSelector or NodeSelector."
            fix = "Add `endpointSelector: {}` to mean every pod of the namespace."
            raise Rejected("selectors", message, fix, self.path)
        return nodes

    def _subject(self) -> Selector:
        field = "nodeSelector" if self.on_host else "endpointSelector"
        return read_subject(
            self.spec[field],
            f"{self.path}.{field}",
            namespace=self.document.namespace,
        )

    def _check_sections(self) -> None:
        if not any(self.sections.values()):
            raise Rejected(
                "no-section",
                "Rule must have at least one of Ingress, IngressDeny, Egress, EgressDeny.",
                "Add a section with an item; `ingress: [{}]` denies all ingress.",
                self.path,
            )
        log = mapping(self.spec.get("log"), f"{self.path}.log")
        if len(text(log.get("value"), f"{self.path}.log.value") or "") > _LONGEST_LOG:
            message = f"The log value is longer than {_LONGEST_LOG} characters."
            raise Rejected("log", message, "Shorten it.", f"{self.path}.log.value")

    def _default_deny(self, direction: Direction) -> bool:
        chosen = mapping(self.spec.get("enableDefaultDeny"), f"{self.path}.enableDefaultDeny")
        value = chosen.get(direction)
        if not isinstance(value, bool | None):
            path = f"{self.path}.enableDefaultDeny.{direction}"
            raise Rejected("wrong-type", f"`{value}` is no boolean.", "Write true or false.", path)
        return value is not False

    def _item(
        self, item: Mapping[str, Any], path: str, direction: Direction, deny: bool, side: str
    ) -> Iterator[Rule]:
        peers = self.peers.read(item, path, side=side, deny=deny)
        ports = read_port_items(
            item,
            path,
            ingress=direction == "ingress",
            deny=deny,
            profile=self.context.profile,
        )
        self._check_host_l7(ports, direction)
        auth = mapping(item.get("authentication"), f"{path}.authentication").get("mode")
        anyone = not peers.peers and not peers.nothing and bool(ports)
        for part in ports or [PortItem(path, ())]:
            yield Rule(
                policy=self.document.key,
                path=part.path,
                source=self.document.source,
                direction=direction,
                subject=self.subject,
                deny=deny,
                on_host=self.on_host,
                peers=None if anyone or peers.undecided else peers.peers,
                ports=part.ports if ports else None,
                l7=part.l7,
                default_deny=self._default_deny(direction),
                auth="" if deny else str(auth or ""),
                undecided=peers.undecided,
                requires=peers.requires,
            )

    def _check_host_l7(self, ports: list[PortItem], direction: Direction) -> None:
        for part in ports:
            if not (self.on_host and part.l7):
                continue
            if direction == "ingress":
                message = "L7 policy is not supported on host ingress yet."
                raise Rejected("host-l7", message, "Take `rules` out.", f"{part.path}.rules")
            if part.l7.parser != "dns":
                message = (
                    f"L7 protocol {part.l7.parser.upper()} is not supported on host egress yet."
                )
                raise Rejected("host-l7", message, "Take `rules` out.", f"{part.path}.rules")
