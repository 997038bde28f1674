"""A cluster of any size as Kubernetes objects, the same for the same seed."""

import random
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address
from typing import Literal

from evals.bench.apps import CREATED, App, backends, is_meshed, make_apps, node_name
from evals.bench.pods import Object, make_pods, make_spec
from evals.bench.policies import make_policies
from evals.bench.sizes import Size

__all__ = ["Flavor", "make_objects"]

Flavor = Literal["cilium", "kubernetes"]
"""`kubernetes`: NetworkPolicies only, for programs that read nothing else."""

_SLICE = 100
"""Source: endpointslice controller, --max-endpoints-per-slice."""
_NODES = int(IPv4Address("10.0.0.0"))
_SERVICES = int(IPv4Address("172.16.0.0"))


def make_objects(
    size: Size, *, seed: int = 7, flavor: Flavor = "cilium", full: bool = True
) -> dict[str, list[Object]]:
    """Return the objects of a cluster by the name of the file that `kubectl get` would fill.

    Args:
        size: How many of each.
        seed: Equal seeds give equal objects.
        flavor: Which kinds of policy.
        full: Whether pods hold all that the API server prints, or only what a person would write
            and the addresses.
    """
    draw = random.Random(seed)
    spaces = _namespaces(size, draw)
    apps = make_apps(size, [space["metadata"]["name"] for space in spaces], draw)
    policies = make_policies(size, apps, draw, kubernetes_only=flavor == "kubernetes")
    return {
        "namespaces": spaces,
        "nodes": [_node(number) for number in range(size.nodes)],
        "deployments": [_deployment(app) for app in apps],
        "pods": list(make_pods(apps, size.nodes, full=full)),
        "services": [_service(app) for app in apps],
        "endpointslices": list(_slices(apps, size.nodes)),
        "policies": policies,
    }


def _namespaces(size: Size, draw: random.Random) -> list[Object]:
    names = ["kube-system", *(f"team-{number:03}" for number in range(1, size.namespaces))]
    return [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": name,
                "creationTimestamp": CREATED,
                "labels": {
                    "kubernetes.io/metadata.name": name,
                    "environment": draw.choice(("production", "staging", "test")),
                    "department": f"d{number % 10}",
                }
                | ({"istio-injection": "enabled"} if is_meshed(number) else {}),
            },
            "status": {"phase": "Active"},
        }
        for number, name in enumerate(names)
    ]


def _node(number: int) -> Object:
    name = node_name(number)
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "creationTimestamp": CREATED,
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "agentpool": f"pool{number % 4}",
                "topology.kubernetes.io/zone": f"westeurope-{number % 3 + 1}",
            },
        },
        "spec": {"providerID": f"azure:///virtualMachines/{number}"},
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": str(IPv4Address(_NODES + 4 + number))},
                {"type": "Hostname", "address": name},
            ]
        },
    }


def _deployment(app: App) -> Object:
    labels = dict(app.labels)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": app.name,
            "namespace": app.namespace,
            "creationTimestamp": CREATED,
            "labels": labels,
        },
        "spec": {
            "replicas": app.replicas,
            "selector": {"matchLabels": {"app": app.name}},
            "template": {"metadata": {"labels": labels}, "spec": make_spec(app)},
        },
    }


def _service(app: App) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": app.name,
            "namespace": app.namespace,
            "creationTimestamp": CREATED,
            "labels": {"app": app.name},
        },
        "spec": {
            "type": "ClusterIP",
            "clusterIP": str(IPv4Address(_SERVICES + 10 + app.number)),
            "clusterIPs": [str(IPv4Address(_SERVICES + 10 + app.number))],
            "selector": {"app": app.name},
            "ports": [
                {
                    "name": name,
                    "port": 80 if name == "http" else number,
                    "targetPort": name,
                    "protocol": protocol,
                }
                for name, number, protocol in app.ports
            ],
        },
        "status": {"loadBalancer": {}},
    }


def _slices(apps: Iterable[App], nodes: int) -> Iterator[Object]:
    for backend in backends(apps, nodes):
        app, replica = backend.app, backend.replica
        if replica % _SLICE == 0:
            endpoints: list[Object] = []
            yield {
                "addressType": "IPv4",
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {
                    "name": f"{app.name}-{replica // _SLICE:05}",
                    "namespace": app.namespace,
                    "creationTimestamp": CREATED,
                    "labels": {"app": app.name, "kubernetes.io/service-name": app.name},
                },
                "ports": [
                    {"name": port, "port": number, "protocol": protocol}
                    for port, number, protocol in app.ports
                ],
                "endpoints": endpoints,
            }
        endpoints.append(
            {
                "addresses": [backend.address],
                "conditions": {"ready": True, "serving": True, "terminating": False},
                "nodeName": backend.node,
                "targetRef": {"kind": "Pod", "name": backend.name, "namespace": app.namespace},
            }
        )
