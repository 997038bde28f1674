"""CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy as rules, with Cilium's own strictness.

What Cilium's parser refuses is not imported at all (pkg/policy/api, Rule.Sanitize); what the API
server would prune is a warning.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from topology.model import Document, Problem
from topology.policy.cilium.peers import PeerReader, Peers
from topology.policy.cilium.schema import policy_schema
from topology.policy.cilium.selectors import read_subject
from topology.policy.cilium.toports import PortItem, read_port_items
from topology.policy.fields import Fault, Faults, Rejected, listing, mapping, rejection
from topology.policy.profile import Profile
from topology.policy.rules import Context, Rule
from topology.policy.schema import Field, fits, is_clean, unknown_fields
from topology.policy.selectors import EVERYTHING, Selector
from topology.policy.verdict import Direction

__all__ = ["parse_cilium_policy", "read_cilium_policy", "schema_for"]

_SECTIONS: tuple[tuple[str, Direction, bool, str], ...] = (
    ("ingress", "ingress", False, "from"),
    ("ingressDeny", "ingress", True, "from"),
    ("egress", "egress", False, "to"),
    ("egressDeny", "egress", True, "to"),
)


def read_cilium_policy(
    document: Document, context: Context
) -> tuple[tuple[Rule, ...], tuple[Problem, ...]]:
    """Read a policy; one that Cilium would refuse gives no rules and a problem."""
    known = schema_for(context.profile)
    clean = is_clean(document.body, known)
    rules, faults = _parse(document, context, None if clean else known)
    warnings: tuple[Problem, ...] = ()
    if not clean:
        warnings = tuple(
            Problem(
                severity="warning",
                code="unknown-field",
                message=f"{document.key}: `{field.path}` is no field of Cilium and has no effect.",
                hint="Check its name and place; the API server drops it.",
                location=document.source.at(field.path),
            )
            for field in unknown_fields(document.body, known)
        )
    if faults:
        return (), (rejection(document, faults), *warnings)
    return rules, warnings


def parse_cilium_policy(
    document: Document, context: Context
) -> tuple[tuple[Rule, ...], tuple[Fault, ...]]:
    """Return the rules of a policy and every reason for which Cilium would refuse it.

    With any such reason there are no rules, as Cilium then imports nothing of the policy.
    """
    return _parse(document, context, schema_for(context.profile))


def _parse(
    document: Document, context: Context, schema: Field | None
) -> tuple[tuple[Rule, ...], tuple[Fault, ...]]:
    faults = Faults()
    rules: list[Rule] = []
    if schema is not None:
        with faults:
            fits(document.body, schema)
    with faults:
        for spec, path in _specs(document):
            with faults:
                rules += _Spec(document, spec, path, context).rules()
    found = tuple(dict.fromkeys(faults.found))
    return () if found else tuple(rules), found


def schema_for(profile: Profile) -> Field:
    """Return the fields that Cilium's policies have in a profile."""
    return policy_schema(latest=profile.name == "1.19")


def _specs(document: Document) -> Iterator[tuple[Mapping[str, Any], str]]:
    single = document.body.get("spec")
    several = listing(document.body.get("specs"), "specs")
    if single is None and several is None:
        message = "The policy has neither `spec` nor `specs`."
        raise Rejected("empty-policy", message, "Add a `spec`.", "")
    if single is not None:
        yield mapping(single, "spec"), "spec"
    for number, spec in enumerate(several or ()):
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
        self.faults = Faults()
        self.sections: dict[str, list[Any]] = {name: [] for name, *_ in _SECTIONS}
        self.on_host = spec.get("nodeSelector") is not None
        self.subject = EVERYTHING

    def rules(self) -> list[Rule]:
        """Return the rules; every item gives one at least, for the sake of default deny.

        Raises:
            Rejected: With every reason for which Cilium refuses the spec.
        """
        for name in self.sections:
            if name in self.spec:
                with self.faults:
                    self.sections[name] = listing(self.spec[name], f"{self.path}.{name}") or []
        with self.faults:
            self._check_selectors()
            self.subject = self._subject()
        with self.faults:
            self._check_sections()
        peers = PeerReader(
            namespace=self.document.namespace, subject=self.subject, context=self.context
        )
        found: list[Rule] = []
        for name, direction, deny, side in _SECTIONS:
            for number, item in enumerate(self.sections[name]):
                path = f"{self.path}.{name}[{number}]"
                with self.faults:
                    found += self._item(mapping(item, path), path, direction, deny, side, peers)
        self.faults.settle()
        return found

    def _check_selectors(self) -> None:
        endpoints = self.spec.get("endpointSelector") is not None
        if endpoints and self.on_host:
            message = "Rule cannot have both EndpointSelector and NodeSelector."
            raise Rejected("selectors", message, "Keep one of them.", f"{self.path}.nodeSelector")
        if self.on_host and self.document.namespace:
            message = "Rule cannot have NodeSelector."
            fix = "Make it a CiliumClusterwideNetworkPolicy."
            raise Rejected("node-selector", message, fix, f"{self.path}.nodeSelector")
        if not (endpoints or self.on_host):
            message = "Rule must have one of EndpointSelector or NodeSelector."
            every = "of the namespace" if self.document.namespace else "of every namespace"
            fix = f"Add `endpointSelector: {{}}` to mean every pod {every}."
            raise Rejected("selectors", message, fix, self.path)

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

    def _default_deny(self, direction: Direction) -> bool:
        chosen = mapping(self.spec.get("enableDefaultDeny"), f"{self.path}.enableDefaultDeny")
        return chosen.get(direction) is not False

    def _item(
        self,
        item: Mapping[str, Any],
        path: str,
        direction: Direction,
        deny: bool,
        side: str,
        reader: PeerReader,
    ) -> Iterator[Rule]:
        faults = Faults()
        peers, ports, mode = Peers(()), list[PortItem](), None
        with faults:
            peers = reader.read(item, path, side=side, deny=deny)
        with faults:
            ports = read_port_items(
                item,
                path,
                ingress=direction == "ingress",
                deny=deny,
                host=self.on_host,
                profile=self.context.profile,
            )
        if "authentication" in item:
            with faults:
                mode = mapping(item["authentication"], f"{path}.authentication").get("mode")
        faults.settle()
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
                auth="" if deny else str(mode or ""),
                undecided=peers.undecided,
                requires=peers.requires,
            )
