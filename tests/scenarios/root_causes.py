"""One fault after another, put into a cluster that is well otherwise."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from . import exports as e
from .exports import Cast, Snapshot

__all__ = ["CASTS", "FAULTS", "Fault"]

CASTS: Final = (
    Cast("shop", "checkout", "payments", 80, 8080),
    Cast("media-lab", "encoder", "frame-store", 9000, 9090, "aks-gpu-vmss00000a"),
    Cast("ledger", "statement-job", "balances", 443, 8443, "aks-sys-vmss00000z"),
)


@dataclass(frozen=True)
class Fault:
    """A root cause: how it comes about, how it is named, and how people tell of it."""

    cause: str
    """As in the list of Azure's container network agent."""
    make: Callable[[Snapshot, Cast], None]
    says: str
    """What the answer must say of the cause; `{...}` are names of the cast."""
    wordings: tuple[str, ...]
    """Written before the checks ran on them."""
    later: tuple[str, ...] = ()
    """Written after that, by way of trial."""


def dns_down(snapshot: Snapshot, cast: Cast) -> None:
    for number in range(2):
        one = e.pod("kube-system", "coredns", number, labels={"k8s-app": "kube-dns"},
                    node=cast.node, ready=False, address=f"10.244.{number}.53")  # fmt: skip
        one["status"]["containerStatuses"][0]["state"] = {
            "waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting"}
        }
        snapshot.add(one)
    snapshot.flows = snapshot.flows[:12]


def custom_dns(snapshot: Snapshot, cast: Cast) -> None:
    text = "rewrite stop {\n  name regex (.*)\\.svc\\.cluster\\.local {1}.svc.corp.internal\n}\n"
    snapshot.add(e.thing("ConfigMap", "kube-system", "coredns-custom",
                         data={"names.override": text}))  # fmt: skip


def port_53(snapshot: Snapshot, cast: Cast) -> None:
    labels = e.server_labels(cast)
    rule = {"toEndpoints": [{"matchLabels": labels}]}
    snapshot.add(e.cilium_policy(cast.space, f"{cast.client}-egress", {"app": cast.client},
                                 egress=[rule]))  # fmt: skip
    snapshot.flows = snapshot.flows[:12] + e.drop(
        cast, direction="EGRESS", ports=(53000, 53), protocol="UDP",
        destination="kube-system/coredns-6c9b8d7f5-x0k2m",
    )  # fmt: skip


def fqdn(snapshot: Snapshot, cast: Cast) -> None:
    names = [{"matchName": "api.partner.example"}]
    rules = [e.dns_rule(), {"toEndpoints": [{}]}, {"toFQDNs": names}]
    snapshot.add(e.cilium_policy(cast.space, f"{cast.client}-out", {"app": cast.client},
                                 egress=rules))  # fmt: skip
    snapshot.flows += e.lookups(cast, "hooks.partner.example", ips=["198.51.100.7"], start=30)
    snapshot.flows += e.drop(
        cast,
        direction="EGRESS",
        ports=(44000, 443),
        destination=e.outside(),
        destination_names=["hooks.partner.example"],
    )


def node_local(snapshot: Snapshot, cast: Cast) -> None:
    labels = {"k8s-app": "node-local-dns"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "node-cache"}]}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    snapshot.add(e.thing("DaemonSet", "kube-system", "node-local-dns", "apps/v1", spec=spec))


def wrong_name(snapshot: Snapshot, cast: Cast) -> None:
    wrong = f"{cast.server}s-svc" if len(cast.server) < 10 else cast.server.replace("-", "")
    env = {"BACKEND_URL": f"http://{wrong}.{cast.space}.svc.cluster.local:{cast.port}"}
    snapshot.add(e.deployment(cast.space, cast.client, labels={"app": cast.client}, env=env))
    snapshot.flows = snapshot.flows[:12]
    snapshot.flows += e.lookups(cast, f"{wrong}.{cast.space}.svc.cluster.local", rcode=3)


def counted(**changed: Any) -> Callable[[Snapshot, Cast], None]:
    def make(snapshot: Snapshot, cast: Cast) -> None:
        snapshot.files["hosts.txt"] = e.counters(cast.node, steps=({}, changed))

    return make


def nothing(snapshot: Snapshot, cast: Cast) -> None:
    assert snapshot.objects, cast


def policy(snapshot: Snapshot, cast: Cast) -> None:
    stranger = {"fromEndpoints": [{"matchLabels": {"app": "backoffice"}}]}
    snapshot.add(e.cilium_policy(cast.space, f"{cast.server}-guard", e.server_labels(cast),
                                 ingress=[stranger]))  # fmt: skip
    snapshot.flows = e.lookups(cast, f"{cast.server}.{cast.space}.svc.cluster.local")
    snapshot.flows += e.drop(cast, direction="INGRESS")


def target_port(snapshot: Snapshot, cast: Cast) -> None:
    snapshot.add(e.service(cast.space, cast.server, selector=e.server_labels(cast),
                           port=cast.port, target=cast.pod_port + 1))  # fmt: skip
    snapshot.flows = e.lookups(cast, f"{cast.server}.{cast.space}.svc.cluster.local")


def selector(snapshot: Snapshot, cast: Cast) -> None:
    wrong = {**e.server_labels(cast), "tier": "back-end"}
    snapshot.add(e.service(cast.space, cast.server, selector=wrong, port=cast.port,
                           target=cast.pod_port))  # fmt: skip
    snapshot.flows = e.lookups(cast, f"{cast.server}.{cast.space}.svc.cluster.local")


def unschedulable(snapshot: Snapshot, cast: Cast) -> None:
    message = "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available."
    conditions = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                   "message": message}]  # fmt: skip
    for number in range(2):
        one = e.pod(
            cast.space,
            cast.server,
            number,
            labels=e.server_labels(cast),
            node="",
            phase="Pending",
            ready=False,
            ports=[{"containerPort": cast.pod_port}],
        )
        one["status"] = {"phase": "Pending", "conditions": conditions}
        snapshot.add(one, e.event(cast.space, one["metadata"]["name"], "FailedScheduling", message))
    snapshot.flows = snapshot.flows[12:]


def readiness(snapshot: Snapshot, cast: Cast) -> None:
    probe = {"readinessProbe": {"httpGet": {"path": "/ready", "port": cast.pod_port + 7}}}
    for number, node in enumerate((cast.node, "aks-pool1-vmss000002")):
        one = e.pod(cast.space, cast.server, number, labels=e.server_labels(cast), node=node,
                    ready=False, ports=[{"containerPort": cast.pod_port, "name": "main"}],
                    container=probe, address=f"10.244.{number}.30")  # fmt: skip
        said = f"Readiness probe failed: Get http://10.244.{number}.30:{cast.pod_port + 7}/ready: "
        said += "connect: connection refused"
        snapshot.add(one, e.event(cast.space, one["metadata"]["name"], "Unhealthy", said))
    snapshot.flows = snapshot.flows[12:]


def agent(snapshot: Snapshot, cast: Cast) -> None:
    labels = {"k8s-app": "cilium", "app.kubernetes.io/name": "cilium-agent"}
    one = e.pod("kube-system", "cilium", 0, labels=labels, node=cast.node, kind="DaemonSet",
                ready=False)  # fmt: skip
    one["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
    snapshot.add(one)


FAULTS: Final = (
    Fault(
        "CoreDNS pods not running or not ready",
        dns_down,
        r"CoreDNS is not running",
        (
            "nothing in {ns} can resolve any hostname any more",
            "name resolution is dead cluster-wide",
            "{client} logs: dial tcp: lookup {server}.{ns}.svc.cluster.local: i/o timeout",
        ),
        (
            "every app throws UnknownHostException",
            "ping: {server}: Name or service not known",
            "all our services lost DNS at once",
            "Could not resolve host: {server}.{ns}",
            "SERVFAIL everywhere, apps down",
            "nslookup {server}.{ns} returns ;; connection timed out; no servers could be reached",
        ),
    ),
    Fault(
        "Custom CoreDNS ConfigMap with misconfigured rewrite or forward rules",
        custom_dns,
        r"custom CoreDNS configuration breaks",
        (
            "since we rolled out our DNS tweaks, {client} cannot find {server}",
            "internal names stopped resolving yesterday evening, external ones are fine",
            "getaddrinfo ENOTFOUND {server}.{ns}.svc.cluster.local",
        ),
        (
            "names under svc.cluster.local give NXDOMAIN after the configmap change",
            "{client}: Name or service not known when it looks up {server}",
            "cluster DNS answers wrongly for our services",
            "we edited coredns-custom and now {client} gets NXDOMAIN for "
            "{server}.{ns}.svc.cluster.local",
            "service discovery stopped working inside the cluster",
        ),
    ),
    Fault(
        "Network policy blocking UDP/TCP port 53",
        port_53,
        r"network policy (?:blocks|drops) DNS.*port 53",
        (
            "{client} can't resolve {server}",
            "DNS lookups from {client} time out, everybody else is okay",
            "Temporary failure in name resolution in the {client} pods",
        ),
        (
            "queries of {client} to kube-dns are dropped",
            "{client} gets EAI_AGAIN on every call",
            "no DNS answers arrive at {client}",
            "{client} has lost DNS",
            "every lookup by {client} ends in a timeout",
        ),
    ),
    Fault(
        "Cilium toFQDNs policy missing a required domain in its allow list",
        fqdn,
        r"toFQDNs rules of `{client_name}` do not cover `hooks\.partner\.example`",
        (
            "{client} times out talking to hooks.partner.example",
            "webhooks from {client} to hooks.partner.example fail, api.partner.example works",
            "curl: (28) Failed to connect to hooks.partner.example port 443 from {client}",
        ),
        (
            "POST https://hooks.partner.example/v1 from {client} hangs forever",
            "{client} cannot reach hooks.partner.example:443 but other partner hosts are ok",
            "i/o timeout connecting to hooks.partner.example",
            "{client} keeps failing to deliver to hooks.partner.example",
            "TLS handshake timeout from {client} to hooks.partner.example:443",
        ),
    ),
    Fault(
        "NodeLocal DNS DaemonSet deployed without a Cilium LocalRedirectPolicy",
        node_local,
        r"NodeLocal DNSCache .* without a CiliumLocalRedirectPolicy",
        (
            "DNS latency did not improve after installing the node-local cache",
            "dns is slow all over the place",
            "our name lookups still take long",
        ),
        (
            "we installed NodeLocal DNSCache but queries still go to coredns and are slow",
            "DNS resolution has high latency",
            "dns lookups intermittently slow on all nodes",
            "DNS query times went up after the upgrade",
            "coredns gets too many queries and resolution is sluggish",
        ),
    ),
    Fault(
        "Application configured with the wrong service DNS name",
        wrong_name,
        r"wrong Service name",
        (
            "{client} says no such host",
            "{client} fails with NXDOMAIN for its backend",
            "{client} cannot resolve the host of its backend since 10:00",
        ),
        (
            "{client} crashes with a host not found error for its backend",
            "name lookup in {client} returns NXDOMAIN",
            "{client} is unable to resolve its upstream",
            "{client}: java.net.UnknownHostException",
            "{client} can't look up its backend",
        ),
    ),
    Fault(
        "NIC ring buffer exhaustion",
        counted(missed=8400),
        r"ring buffer of the network card `eth0` of node `{node}`",
        (
            "we see packet loss on {node}",
            "{server} is losing packets under load",
            "throughput collapses at peak hours, retransmits go up",
        ),
        (
            "rx errors rise and packets are lost on {node}",
            "we lose packets between {client} and {server} during peaks",
            "network throughput on {node} has degraded",
            "{node} drops incoming packets",
            "bulk transfers via {node} are very slow",
        ),
    ),
    Fault(
        "Kernel packet drops (softnet_stat)",
        counted(dropped=[0, 731, 0, 0]),
        r"kernel of node `{node}` drops packets.*softnet_stat",
        (
            "packets disappear on {node}",
            "intermittent latency spikes for {client}",
            "random packet loss in the cluster",
        ),
        (
            "packet drops on the host {node}, policies look fine",
            "{server} responds slowly from time to time, drops suspected",
            "TCP retransmissions between {client} and {server}",
            "jitter and loss on {node}",
            "requests of {client} stall now and then",
        ),
    ),
    Fault(
        "Socket buffer overflow",
        counted(rcvbuf=912),
        r"Socket buffers overflow on node `{node}`",
        (
            "UDP datagrams get lost between {client} and {server}",
            "sporadic packet loss, mostly with bursts",
            "{server} loses messages when traffic spikes",
        ),
        (
            "datagrams to {server} are dropped",
            "{server} drops UDP packets in bursts",
            "unexplained packet loss to {server}",
            "statsd metrics sent to {server} go missing, packets lost",
            "bursty UDP traffic to {server} is lost",
        ),
    ),
    Fault(
        "SoftIRQ CPU bottleneck",
        counted(softirq=[10, 9000, 10, 10]),
        r"SoftIRQ work is a CPU bottleneck on node `{node}`",
        (
            "network on {node} is sluggish although CPU graphs look half empty",
            "latency of {server} doubles under load",
            "slow network everywhere on that node pool",
        ),
        (
            "p99 latency of {server} is terrible",
            "pods on {node} are slow on the network",
            "high network latency on {node}",
            "tail latency on {node} is awful",
            "{server} lags badly whenever traffic rises",
        ),
    ),
    Fault(
        "No issue detected (healthy)",
        nothing,
        r"No issue found",
        (
            "{client} feels slow calling {server}",
            "is something wrong with DNS? lookups seem to fail",
            "{server} does not answer {client}",
        ),
        (
            "{client} says {server} is flaky",
            "packets seem to be dropped between {client} and {server}",
            "DNS lookups of {client} are slow",
            "{server} returns errors to {client}",
            "{server} seems unreliable, intermittent timeouts",
            "{client} complains about slow responses of {server}",
        ),
    ),
    Fault(
        "Network policy (or CiliumNetworkPolicy) blocking ingress or egress",
        policy,
        r"network policy (?:blocks|drops).*{server_name}`",
        (
            "{client} times out calling {server} since 10:00",
            "connection timed out from {client} to {server}",
            "{server} is unreachable from {client}",
        ),
        (
            "{client} -> {server} times out",
            "{server} stopped answering {client} after the last policy merge",
            "Hubble shows drops from {client} to {server}",
            "dial tcp {server}.{ns}:{port}: i/o timeout in {client}",
            "context deadline exceeded when {client} calls {server}",
            "{client} was cut off from {server}",
        ),
    ),
    Fault(
        "Service targetPort doesn't match containerPort",
        target_port,
        r"targetPort is not a port of its pods.*`{server_name}`",
        (
            "{client} gets connection refused from {server}",
            "ECONNREFUSED when {client} opens a connection to {server}",
            "{server} refuses every connection although its pods are up",
        ),
        (
            "curl http://{server}.{ns}:{port} from {client}: Connection refused",
            "{server} pods are healthy yet its service refuses connections",
            "{client} receives ECONNREFUSED calling {server}",
            "connection refused: {client} => {server}",
            "TCP connect to {server}:{port} fails with refused",
        ),
    ),
    Fault(
        "Service selector labels match no pod",
        selector,
        r"selector matches no pod.*`{server_name}`",
        (
            "{server} has no endpoints",
            "{client} can no longer connect to {server}",
            "calls to {server} hang and never come back",
        ),
        (
            "service {server} has no backends, {client} gets errors",
            "{client} fails to reach {server}: no endpoints available",
            "requests to {server} are never answered",
            "503 no healthy upstream for {server}",
            "{client} hangs forever when contacting {server}",
        ),
    ),
    Fault(
        "Pod Pending: unschedulable",
        unschedulable,
        r"`{server_name}` are Pending.*unschedulable.*Insufficient cpu",
        (
            "{server} pods are stuck in Pending",
            "the new version of {server} never starts",
            "{server} doesn't come up after the deploy",
        ),
        (
            "{server} is Pending since the deploy",
            "pods of {server} do not get scheduled",
            "{server} won't start, it sits in Pending",
            "deploy of {server} is stuck, pods Pending",
            "kubectl shows {server} 0/2 Pending",
        ),
    ),
    Fault(
        "Readiness probe failing",
        readiness,
        r"`{server_name}` run and are not ready.*probe",
        (
            "{server} shows 0/1 READY",
            "no traffic reaches {server} after the rollout",
            "{client} gets 503 from {server}",
        ),
        (
            "{server} is running but never becomes ready",
            "the pods of {server} are NotReady",
            "{server} gets no traffic because its pods are not ready",
            "{server} pods stay unready after rollout",
            "liveness looks ok but {server} is not ready",
        ),
    ),
    Fault(
        "Cilium agent pods not healthy",
        agent,
        r"Cilium agent is unhealthy.*`{node}`",
        (
            "new pods on {node} stay in ContainerCreating",
            "networking on {node} is broken",
            "{server} on {node} can't be reached half of the time",
        ),
        (
            "cilium keeps crashing on {node}",
            "pods on {node} lost connectivity",
            "workloads on {node} do not start and time out",
            "cilium on {node} is in CrashLoopBackOff",
            "traffic of pods on {node} fails",
        ),
    ),
)


def words(text: str, cast: Cast) -> str:
    """Put the names of a cast into a text."""
    return text.format(
        ns=cast.space, client=cast.client, server=cast.server, node=cast.node,
        client_name=cast.client_name, server_name=cast.server_name,
        port=cast.port,
    )  # fmt: skip


def snapshot_of(fault: Fault, cast: Cast, *, faulty: bool) -> Snapshot:
    """Return a snapshot with the fault, or the same without."""
    snapshot = e.healthy(replace(cast))
    if faulty:
        fault.make(snapshot, cast)
    return snapshot
