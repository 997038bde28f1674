"""Policies of a generated cluster: NetworkPolicy, both kinds of Cilium, AuthorizationPolicy."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from evals.bench.apps import App
from evals.bench.cilium_rules import ALLOWS, DENIES, dns_rule, http_rule
from evals.bench.sizes import Size

__all__ = ["Policies", "make_policies"]

Object = dict[str, Any]

_KINDS = ("NetworkPolicy", "CiliumNetworkPolicy", "CCNP", "AuthorizationPolicy")
_SHARES = (42, 38, 5, 15)
"""Percent of each kind; 15 % AuthorizationPolicy as in the prototype's load."""
_DENIES = 0.2
"""Share of Cilium policies that also deny: 8 % of all."""


def make_policies(
    size: Size, apps: Sequence[App], draw: random.Random, *, kubernetes_only: bool
) -> list[Object]:
    """Return the policies, in turn of all kinds or NetworkPolicies only."""
    policies = Policies(apps, draw)
    makers: dict[str, Callable[[int], Object]] = {
        "NetworkPolicy": policies.kubernetes,
        "CiliumNetworkPolicy": policies.cilium,
        "CCNP": policies.clusterwide,
        "AuthorizationPolicy": policies.authorization,
    }
    return [
        makers["NetworkPolicy" if kubernetes_only else draw.choices(_KINDS, _SHARES)[0]](number)
        for number in range(size.policies)
    ]


@dataclass(frozen=True, slots=True)
class Policies:
    """Draws policies about the workloads of a cluster."""

    apps: Sequence[App]
    draw: random.Random

    def kubernetes(self, number: int) -> Object:
        """Return a NetworkPolicy."""
        app = self.draw.choice(self.apps)
        directions = self.draw.choice(
            (("Ingress",), ("Ingress",), ("Egress",), ("Ingress", "Egress"))
        )
        spec: Object = {"podSelector": self._subject(app), "policyTypes": list(directions)}
        for direction in directions:
            side, ports = ("from", self._own_ports(app))
            if direction == "Egress":
                side, ports = ("to", self._ports())
            spec[direction.lower()] = [
                {side: [self._peer(app) for _ in range(self.draw.randint(1, 2))], "ports": ports}
                for _ in range(self.draw.randint(1, 2))
            ]
        return _object("networking.k8s.io/v1", "NetworkPolicy", app.namespace, number, spec)

    def cilium(self, number: int) -> Object:
        """Return a CiliumNetworkPolicy."""
        app = self.draw.choice(self.apps)
        spec = {"endpointSelector": self._subject(app), **self._rules(app)}
        return _object("cilium.io/v2", "CiliumNetworkPolicy", app.namespace, number, spec)

    def clusterwide(self, number: int) -> Object:
        """Return a CiliumClusterwideNetworkPolicy."""
        app = self.draw.choice(self.apps)
        labels = {"tier": app.labels["tier"], "k8s:io.kubernetes.pod.namespace": app.namespace}
        spec = {
            "endpointSelector": {"matchLabels": labels},
            "enableDefaultDeny": {"ingress": False, "egress": False},
            **self._rules(app),
        }
        return _object("cilium.io/v2", "CiliumClusterwideNetworkPolicy", "", number, spec)

    def authorization(self, number: int) -> Object:
        """Return an Istio AuthorizationPolicy of a workload in the mesh."""
        meshed = [app for app in self.apps if app.meshed] or self.apps
        app, friend = self.draw.choice(meshed), self.draw.choice(meshed)
        source = self.draw.choice(
            (
                {"principals": [f"cluster.local/ns/{friend.namespace}/sa/{friend.account}"]},
                {"namespaces": [friend.namespace, app.namespace]},
                {"ipBlocks": ["10.0.0.0/16"]},
            )
        )
        operation = self.draw.choice(
            (
                {"ports": [str(app.ports[0][1])]},
                {"ports": [str(app.ports[0][1])]},
                {"methods": ["GET"], "paths": [f"/v{number % 3}/*"]},
            )
        )
        spec = {
            "selector": {"matchLabels": {"app": app.name}},
            "action": self.draw.choice(("ALLOW", "ALLOW", "ALLOW", "DENY")),
            "rules": [{"from": [{"source": source}], "to": [{"operation": operation}]}],
        }
        kind = "AuthorizationPolicy"
        return _object("security.istio.io/v1", kind, app.namespace, number, spec)

    def _rules(self, app: App) -> Object:
        """Return the ingress and egress sections of a Cilium policy."""
        spec: Object = {"ingress": [self._allow(app, "from")]}
        kind = self.draw.randrange(10)
        if kind < 3:
            spec["egress"] = [self._allow(app, "to")]
        elif kind < 4:
            spec["egress"] = [
                dns_rule(),
                {
                    "toFQDNs": [
                        {"matchPattern": f"*.service{self.draw.randrange(20)}.example.com"},
                        {"matchName": f"api{self.draw.randrange(20)}.example.com"},
                    ],
                    "toPorts": [{"ports": [{"port": "443", "protocol": "TCP"}]}],
                },
            ]
        elif kind < 5 and app.ports[0][0] == "http":
            spec["ingress"] = [http_rule(app, self.draw.choice(self.apps))]
        if self.draw.random() < _DENIES:
            side = self.draw.choice(("from", "to"))
            section = "ingressDeny" if side == "from" else "egressDeny"
            spec[section] = [self.draw.choice(DENIES)(self.draw, side, self._friend(app))]
        return spec

    def _allow(self, app: App, side: str) -> Object:
        rule = self.draw.choice(ALLOWS)(self.draw, side, self._friend(app))
        if self.draw.random() < 0.8:
            ports = self._own_ports(app) if side == "from" else self._ports()
            rule["toPorts"] = [{"ports": [_as_cilium(port) for port in ports]}]
        return rule

    def _friend(self, app: App) -> App:
        """Return another workload, of the same namespace more often than not."""
        near = [one for one in self.apps if one.namespace == app.namespace]
        return self.draw.choice(near if self.draw.random() < 0.6 else self.apps)

    def _subject(self, app: App) -> Object:
        chance = self.draw.random()
        if chance < 0.6:
            return {"matchLabels": {"app": app.name}}
        if chance < 0.85:
            return {"matchLabels": {"tier": app.labels["tier"]}}
        if chance < 0.95:
            names = sorted({app.name, self._friend(app).name})
            return {"matchExpressions": [{"key": "app", "operator": "In", "values": names}]}
        return {}

    def _peer(self, app: App) -> Object:
        friend = self._friend(app)
        chance = self.draw.random()
        if chance < 0.3:
            return {"podSelector": {"matchLabels": {"tier": friend.labels["tier"]}}}
        if chance < 0.65:
            name = {"kubernetes.io/metadata.name": friend.namespace}
            return {
                "namespaceSelector": {"matchLabels": name},
                "podSelector": {"matchLabels": {"app": friend.name}},
            }
        if chance < 0.8:
            other = {"key": "version", "operator": "NotIn", "values": ["v2"]}
            department = {"department": f"d{self.draw.randrange(10)}"}
            return {
                "namespaceSelector": {"matchLabels": department},
                "podSelector": {"matchExpressions": [other]},
            }
        third = self.draw.randrange(60)
        block: Object = {"cidr": f"192.0.{third}.0/24"}
        if third % 3 == 0:
            block["except"] = [f"192.0.{third}.128/25"]
        return {"ipBlock": block}

    def _own_ports(self, app: App) -> list[Object]:
        name, number, protocol = self.draw.choice(app.ports)
        by_name = self.draw.random() < 0.4
        return [{"port": name if by_name else number, "protocol": protocol}]

    def _ports(self) -> list[Object]:
        chance = self.draw.random()
        if chance < 0.15:
            first = self.draw.choice((1024, 8000, 30000))
            return [{"port": first, "endPort": 32767, "protocol": "TCP"}]
        number = self.draw.choice((53, 80, 443, 3306, 5432, 6379, 8000, 8080, 9102))
        ports: list[Object] = [{"port": number, "protocol": "UDP" if number == 53 else "TCP"}]
        if chance < 0.4:
            ports.append({"port": self.draw.choice(("http", "metrics", "sql")), "protocol": "TCP"})
        return ports


def _as_cilium(port: Object) -> Object:
    return {key: str(value) if key == "port" else value for key, value in port.items()}


def _object(api_version: str, kind: str, namespace: str, number: int, spec: Object) -> Object:
    metadata: Object = {"name": f"policy-{number:05}"}
    if namespace:
        metadata["namespace"] = namespace
    metadata |= {"generation": 1, "resourceVersion": f"{number + 1000}"}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}
