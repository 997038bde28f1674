"""Small exports of clusters, made of parts, with one thing wrong or nothing at all.

Every snapshot is what `kubectl get ... -o json` prints, so that it goes through the whole reader.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.bench.flow_objects import envelope, make_end, make_flow

Object = dict[str, Any]
COREFILE = """\
.:53 {
    errors
    ready
    health { lameduck 5s }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
      pods insecure
      fallthrough in-addr.arpa ip6.arpa
    }
    prometheus :9153
    forward . /etc/resolv.conf
    cache 30
    loop
    reload
    import custom/*.override
}
import custom/*.server
"""


@dataclass(frozen=True)
class Cast:
    """Who plays in a snapshot."""

    space: str
    client: str
    server: str
    port: int
    pod_port: int
    node: str = "aks-pool1-vmss000001"

    @property
    def client_name(self) -> str:
        return f"{self.space}/{self.client}"

    @property
    def server_name(self) -> str:
        return f"{self.space}/{self.server}"


@dataclass
class Snapshot:
    """Objects by key, flows, and files of counters."""

    objects: dict[str, Object] = field(default_factory=dict)
    flows: list[Object] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)

    def add(self, *objects: Object) -> "Snapshot":
        for one in objects:
            meta = one["metadata"]
            self.objects[f"{one['kind']}/{meta.get('namespace', '')}/{meta['name']}"] = one
        return self

    def write(self, folder: Path) -> list[str]:
        """Write what `-w` takes, and return the paths."""
        folder.mkdir(parents=True, exist_ok=True)
        content = {"apiVersion": "v1", "kind": "List", "items": list(self.objects.values())}
        (folder / "export.json").write_text(json.dumps(content, indent=1), encoding="utf-8")
        if self.flows:
            text = "\n".join(map(envelope, self.flows))
            (folder / "flows.jsonl").write_text(text + "\n", encoding="utf-8")
        for name, text in self.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        return [str(folder)]


def thing(kind: str, space: str, name: str, api: str = "v1", **fields: Any) -> Object:
    meta: Object = {"name": name, **fields.pop("meta", {})}
    if space:
        meta["namespace"] = space
    return {"apiVersion": api, "kind": kind, "metadata": meta, **fields}


def pod(
    space: str, owner: str, number: int = 0, *, labels: Mapping[str, str], node: str,
    ports: Iterable[Object] = (), ready: bool = True, phase: str = "Running", address: str = "",
    kind: str = "ReplicaSet", status: Object | None = None, container: Object | None = None,
) -> Object:  # fmt: skip
    name = f"{owner}-6c9b8d7f5-x{number}k2m" if kind == "ReplicaSet" else f"{owner}-p{number}q7z"
    owner_name = f"{owner}-6c9b8d7f5" if kind == "ReplicaSet" else owner
    extra = {"pod-template-hash": "6c9b8d7f5"} if kind == "ReplicaSet" else {}
    conditions = [{"type": "Ready", "status": str(ready)}]
    body: Object = {
        "phase": phase,
        "conditions": conditions,
        "containerStatuses": [{"name": "main", "ready": ready, "state": {"running": {}}}],
    }
    if address:
        body |= {"podIP": address, "podIPs": [{"ip": address}]}
    spec: Object = {"containers": [{"name": "main", "ports": list(ports), **(container or {})}]}
    if node:
        spec["nodeName"] = node
    owner_ref = {"kind": kind, "name": owner_name, "apiVersion": "apps/v1", "controller": True}
    meta = {"labels": {**labels, **extra}, "ownerReferences": [owner_ref]}
    return thing("Pod", space, name, meta=meta, spec=spec, status={**body, **(status or {})})


def deployment(
    space: str,
    name: str,
    *,
    labels: Mapping[str, str],
    replicas: int = 2,
    ports: Iterable[Object] = (),
    env: Mapping[str, str] | None = None,
) -> Object:
    variables = [{"name": key, "value": value} for key, value in (env or {}).items()]
    container = {"name": "main", "ports": list(ports), "env": variables}
    template = {"metadata": {"labels": dict(labels)}, "spec": {"containers": [container]}}
    selector = {"matchLabels": dict(labels)}
    spec = {"replicas": replicas, "selector": selector, "template": template}
    return thing("Deployment", space, name, "apps/v1", spec=spec)


def replica_set(space: str, owner: str) -> Object:
    ref = {"kind": "Deployment", "name": owner, "apiVersion": "apps/v1", "controller": True}
    return thing("ReplicaSet", space, f"{owner}-6c9b8d7f5", "apps/v1",
                 meta={"ownerReferences": [ref]}, spec={"replicas": 0})  # fmt: skip


def service(space: str, name: str, *, selector: Mapping[str, str], port: int, target: int | str,
            protocol: str = "TCP", address: str = "10.0.80.10", **more: Any) -> Object:  # fmt: skip
    entry = {"port": port, "targetPort": target, "protocol": protocol, "name": "main"}
    spec = {"selector": dict(selector), "ports": [entry], "clusterIP": address, **more}
    return thing("Service", space, name, spec=spec)


def event(space: str, name: str, reason: str, message: str, kind: str = "Pod") -> Object:
    return thing("Event", space or "default", f"{name}.{reason.lower()}", type="Warning",
                 reason=reason, message=message, count=7,
                 involvedObject={"kind": kind, "namespace": space, "name": name})  # fmt: skip


def cilium_policy(space: str, name: str, labels: Mapping[str, str], **rules: Any) -> Object:
    spec = {"endpointSelector": {"matchLabels": dict(labels)}, **rules}
    return thing("CiliumNetworkPolicy", space, name, "cilium.io/v2", spec=spec)


def dns_rule() -> Object:
    labels = {"k8s:io.kubernetes.pod.namespace": "kube-system", "k8s-app": "kube-dns"}
    ports = [{"port": "53", "protocol": "ANY"}]
    return {"toEndpoints": [{"matchLabels": labels}],
            "toPorts": [{"ports": ports, "rules": {"dns": [{"matchPattern": "*"}]}}]}  # fmt: skip


def server_labels(cast: Cast) -> dict[str, str]:
    return {"app": cast.server, "tier": "backend"}


def system(snapshot: Snapshot, nodes: Iterable[str]) -> None:
    """Add the nodes, CoreDNS and Cilium, all of them well."""
    for number, node in enumerate(nodes):
        status = {
            "conditions": [{"type": "Ready", "status": "True"},
                           {"type": "MemoryPressure", "status": "False"}],
            "addresses": [{"type": "InternalIP", "address": f"10.224.0.{number + 4}"}],
            "allocatable": {"pods": "110"},
        }  # fmt: skip
        spec = {"podCIDR": f"10.244.{number}.0/24", "podCIDRs": [f"10.244.{number}.0/24"]}
        snapshot.add(thing("Node", "", node, spec=spec, status=status))
        agent = {"k8s-app": "cilium", "app.kubernetes.io/name": "cilium-agent"}
        snapshot.add(pod("kube-system", "cilium", number, labels=agent, node=node,
                         kind="DaemonSet"))  # fmt: skip
        dns = {"k8s-app": "kube-dns"}
        ports = [{"containerPort": 53, "protocol": "UDP", "name": "dns"},
                 {"containerPort": 53, "protocol": "TCP", "name": "dns-tcp"}]  # fmt: skip
        snapshot.add(pod("kube-system", "coredns", number, labels=dns, node=node, ports=ports,
                         address=f"10.244.{number}.53"))  # fmt: skip
    agent = {"k8s-app": "cilium"}
    template = {"metadata": {"labels": agent}, "spec": {"containers": [{"name": "main"}]}}
    snapshot.add(
        thing("DaemonSet", "kube-system", "cilium", "apps/v1",
              spec={"selector": {"matchLabels": agent}, "template": template}),
        deployment("kube-system", "coredns", labels={"k8s-app": "kube-dns"}),
        replica_set("kube-system", "coredns"),
        thing("ConfigMap", "kube-system", "coredns", data={"Corefile": COREFILE}),
    )  # fmt: skip
    ports = [{"port": 53, "targetPort": 53, "protocol": "UDP", "name": "dns"},
             {"port": 53, "targetPort": 53, "protocol": "TCP", "name": "dns-tcp"}]  # fmt: skip
    spec = {"selector": {"k8s-app": "kube-dns"}, "ports": ports, "clusterIP": "10.0.0.10"}
    snapshot.add(thing("Service", "kube-system", "kube-dns",
                       meta={"labels": {"k8s-app": "kube-dns"}}, spec=spec))  # fmt: skip


def healthy(cast: Cast) -> Snapshot:
    """Return a cluster in which a client calls a server, and everything is well."""
    snapshot = Snapshot()
    nodes = (cast.node, "aks-pool1-vmss000002")
    system(snapshot, nodes)
    labels = server_labels(cast)
    ports = [{"containerPort": cast.pod_port, "name": "main"}]
    target = f"http://{cast.server}.{cast.space}:{cast.port}/"
    snapshot.add(
        thing("Namespace", "", cast.space),
        deployment(cast.space, cast.client, labels={"app": cast.client},
                   env={"BACKEND_URL": target}),
        replica_set(cast.space, cast.client),
        deployment(cast.space, cast.server, labels=labels, ports=ports),
        replica_set(cast.space, cast.server),
        service(cast.space, cast.server, selector=labels, port=cast.port, target=cast.pod_port),
    )  # fmt: skip
    for number, node in enumerate(nodes):
        snapshot.add(
            pod(cast.space, cast.client, number, labels={"app": cast.client}, node=node,
                address=f"10.244.{number}.20"),
            pod(cast.space, cast.server, number, labels=labels, node=node, ports=ports,
                address=f"10.244.{number}.30"),
        )  # fmt: skip
    snapshot.flows += [exchange for second in range(6) for exchange in _exchange(cast, second)]
    snapshot.flows += lookups(cast, f"{cast.server}.{cast.space}.svc.cluster.local")
    snapshot.files["hosts.txt"] = counters(cast.node)
    return snapshot


def ends(cast: Cast, number: int = 0) -> tuple[str, str]:
    return (f"{cast.client_name}-6c9b8d7f5-x{number}k2m",
            f"{cast.server_name}-6c9b8d7f5-x{number}k2m")  # fmt: skip


def _exchange(cast: Cast, second: int) -> Iterable[Object]:
    source, destination = ends(cast, second % 2)
    addresses = (f"10.244.{second % 2}.20", f"10.244.{second % 2}.30")
    ports = (40000 + second, cast.pod_port)
    yield make_flow(source, destination, ports=ports, addresses=addresses, second=second,
                    flags=["SYN"])  # fmt: skip
    yield make_flow(destination, source, ports=ports[::-1], addresses=addresses[::-1],
                    second=second + 0.1, flags=["SYN", "ACK"], is_reply=True)  # fmt: skip


def lookups(cast: Cast, name: str, *, rcode: int = 0, times: int = 3, start: int = 10,
            ips: Iterable[str] = ("10.0.80.10",), asker: str = "") -> list[Object]:  # fmt: skip
    """Return DNS queries of the client with their answers."""
    source = asker or ends(cast)[0]
    server = "kube-system/coredns-6c9b8d7f5-x0k2m"
    found = []
    for number in range(times):
        ports, second = (52000 + number, 53), start + number
        dns: Object = {"query": f"{name}.", "qtypes": ["A"]}
        answer = dns | ({"rcode": rcode} if rcode else {"ips": list(ips), "ttl": 30})
        common: Object = {"protocol": "UDP", "Type": "L7", "event_type": {"type": 129}}
        found += [
            make_flow(source, server, ports=ports, second=second,
                      l7={"type": "REQUEST", "dns": dns}, **common),
            make_flow(server, source, ports=ports[::-1], second=second + 0.01,
                      addresses=("10.2.0.8", "10.2.0.7"), is_reply=True,
                      l7={"type": "RESPONSE", "dns": answer}, **common),
        ]  # fmt: skip
    return found


def drop(cast: Cast, *, direction: str, times: int = 5, ports: tuple[int, int] | None = None,
         destination: Any = None, protocol: str = "TCP", reason: str = "POLICY_DENIED",
         **fields: Any) -> list[Object]:  # fmt: skip
    source, server = ends(cast)
    return [
        make_flow(source, destination or server, ports=ports or (41000 + number, cast.pod_port),
                  second=20 + number, verdict="DROPPED", drop_reason_desc=reason, is_reply=None,
                  flags=["SYN"], protocol=protocol, traffic_direction=direction,
                  addresses=("10.244.0.20", "10.244.0.30"), **fields)
        for number in range(times)
    ]  # fmt: skip


def outside() -> Object:
    return make_end("", "reserved:world", identity=2)


def counters(node: str, *, steps: Iterable[Mapping[str, Any]] = ({}, {})) -> str:
    """Return what `tail -n +1 /proc/...` prints on a node, once for each step."""
    parts = []
    for number, changed in enumerate(steps):
        value: dict[str, Any] = {"missed": 0, "dropped": [0, 0, 0, 0], "squeezed": [0] * 4,
                                 "rcvbuf": 0, "listen": 0, "softirq": [10, 10, 10, 10]}  # fmt: skip
        value |= changed
        seen = 100_000 * (number + 1)
        lines = "\n".join(
            f"{seen:08x} {value['dropped'][cpu]:08x} {value['squeezed'][cpu]:08x}"
            + " 00000000" * 10 for cpu in range(4)
        )  # fmt: skip
        busy = "\n".join(
            f"cpu{cpu} {500 * (number + 1)} 0 100 {2000 * (number + 1)} 0 0 "
            f"{value['softirq'][cpu] * (number + 1)} 0 0 0" for cpu in range(4)
        )  # fmt: skip
        parts.append(
            f"==> /proc/sys/kernel/hostname <==\n{node}\n\n"
            f"==> /proc/net/softnet_stat <==\n{lines}\n\n"
            "==> /proc/net/snmp <==\n"
            "Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors\n"
            f"Udp: {seen} 0 {value['rcvbuf']} {seen} {value['rcvbuf']} 0\n\n"
            "==> /proc/net/netstat <==\n"
            "TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPBacklogDrop\n"
            f"TcpExt: 0 {value['listen']} {value['listen']} 0\n\n"
            f"==> /proc/stat <==\ncpu  1 2 3 4 5 6 7 8 0 0\n{busy}\nintr 1 2 3\n\n"
            "==> /sys/class/net/eth0/statistics/rx_missed_errors <==\n"
            f"{value['missed']}\n"
        )
    return "\n".join(parts)
