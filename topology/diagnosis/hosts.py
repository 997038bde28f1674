"""Counters of nodes: packets lost at the card, in the kernel's queues, at sockets, or late.

Two samples of one node show what is lost now; one alone shows what was lost since its start.
Source: Documentation/networking/scaling.rst and sysctl/net.rst of the kernel.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from topology.diagnosis.evidence import Aspect, Cause, Check, Fact, Gap
from topology.diagnosis.scene import Scene
from topology.model import Location
from topology.telemetry import HostSample

__all__ = ["HOST_COMMAND", "check_hosts"]

_EXPLAINS: Final[frozenset[Aspect]] = frozenset({"loss", "connect", "dns", "http"})
HOST_COMMAND: Final = (
    "for pod in $(kubectl -n kube-system get pods -l k8s-app=cilium -o name); do kubectl -n "
    "kube-system exec $pod -c cilium-agent -- sh -c 'for i in 1 2; do tail -n +1 "
    "/proc/sys/kernel/hostname /proc/net/softnet_stat /proc/net/snmp /proc/net/netstat "
    "/proc/stat /proc/softirqs /sys/class/net/eth0/statistics/rx_*; sleep 10; done'; done > "
    "hosts.txt"
)
_MISSING: Final = Gap(what="counters of the nodes' kernels and cards", command=HOST_COMMAND)

_NIC: Final = ("rx_missed_errors", "rx_fifo_errors", "rx_over_errors", "out_of_buffer",
               "no_buffer", "rx_no_dma", "rx_no_memory", "ring_full", "rx_discards")  # fmt: skip
_SOCKETS: Final = (
    "Udp.RcvbufErrors", "Udp.SndbufErrors", "Udp6.RcvbufErrors", "TcpExt.TCPRcvQDrop",
    "TcpExt.PruneCalled", "TcpExt.RcvPruned", "TcpExt.TCPBacklogDrop", "TcpExt.ListenOverflows",
    "TcpExt.ListenDrops", "TcpExt.TCPRcvCollapsed",
)  # fmt: skip
_BUSY: Final = 0.5
"""Share of a CPU's time in soft interrupts above which packets wait for it."""
_SQUEEZED: Final = 0.01
"""Share of polls that ended with packets left, to matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """What a node counted between two samples, or since it started."""

    node: str
    counters: Mapping[str, int]
    places: Mapping[str, Location]
    is_since_boot: bool

    def lost(self, is_meant: Callable[[str], bool]) -> dict[str, int]:
        """Return the counters that are meant and went up."""
        return {name: one for name, one in self.counters.items() if one > 0 and is_meant(name)}

    def facts(self, names: Mapping[str, int]) -> tuple[Fact, ...]:
        """Return counters as facts with their places."""
        return tuple(
            Fact(f"`{name}` {self.said(number)}", f"node {self.node}", self.places.get(name))
            for name, number in sorted(names.items(), key=lambda item: -item[1])[:6]
        )

    def said(self, number: int) -> str:
        """Return a count with the time that it is of."""
        return f"is {number:,} since start" if self.is_since_boot else f"went up by {number:,}"


def check_hosts(scene: Scene) -> Check:
    """Look for packets that nodes lost below Kubernetes."""
    name = "Host counters"
    if not scene.hosts:
        result = "No counters of nodes were given."
        return Check(name=name, state="unknown", result=result, gaps=(_MISSING,))
    nodes = [_between(samples) for samples in _by_node(scene.hosts)]
    causes = tuple(cause for node in nodes for cause in _causes(scene, node))
    if causes:
        return Check(
            name=name, state="fault",
            result=" ".join(cause.summary for cause in causes[:2]),
            facts=tuple(fact for cause in causes for fact in cause.facts[:2]), causes=causes,
        )  # fmt: skip
    shown = ", ".join(f"`{one.node or 'unnamed'}`" for one in nodes[:4])
    result = f"Nothing was lost at the card, in queues or at sockets of {shown}."
    if any(one.is_since_boot for one in nodes):
        result += " There is one sample alone, so nothing is known of rates."
    return Check(name=name, state="ok", result=result)


def _by_node(samples: Sequence[HostSample]) -> list[list[HostSample]]:
    found: dict[str, list[HostSample]] = {}
    for one in samples:
        found.setdefault(one.node, []).append(one)
    return list(found.values())


def _between(samples: Sequence[HostSample]) -> _Counts:
    """Return how far counters went from the first sample to the last."""
    first, last = samples[0], samples[-1]
    alone = len(samples) == 1
    counters = {
        name: number - (0 if alone or name.startswith("ring") else first.counters.get(name, 0))
        for name, number in last.counters.items()
    }
    if any(number < 0 for number in counters.values()):
        # The node started anew in between: what it says now is of the time since.
        counters, alone = dict(last.counters), True
    return _Counts(node=last.node, counters=counters, places=last.places, is_since_boot=alone)


def _causes(scene: Scene, one: _Counts) -> Iterator[Cause]:
    about = frozenset(
        {one.node, *(f"{pod.namespace}/{pod.workload}" for pod in scene.cluster.pods
                     if pod.node == one.node)} - {""}
    )  # fmt: skip
    # A count since the start of the node may be old.
    base = 40 if one.is_since_boot else 80
    where = f"node `{one.node}`" if one.node else "the node"
    for found in (
        _card(one, where),
        _queues(one, where),
        _sockets(one, where),
        _softirqs(one, where),
    ):
        if found is not None:
            code, summary, facts, fix, verify = found
            yield Cause(
                code=code, summary=summary, explains=_EXPLAINS, about=about, weight=base,
                facts=facts, fix=fix, verify=(verify,),
            )  # fmt: skip


_Found = tuple[str, str, tuple[Fact, ...], str, str]


def _card(one: _Counts, where: str) -> _Found | None:
    lost = one.lost(lambda name: name.startswith("nic.") and any(end in name for end in _NIC))
    if not lost:
        return None
    device = next(iter(lost)).split(".")[1]
    now = one.counters.get(f"ring.{device}.RX", 0)
    most = one.counters.get(f"ring-max.{device}.RX", 0)
    size = f" (RX ring {now} of at most {most})" if now and most else ""
    ring = most if most > now else 4096
    return (
        "nic-ring-exhausted",
        f"The receive ring buffer of the network card `{device}` of {where} runs out{size}: "
        f"packets were lost before the kernel saw them (`{max(lost, key=lost.__getitem__)}` "
        f"{one.said(max(lost.values()))}).",
        one.facts(lost),
        f"Make the ring larger on that node: `ethtool -G {device} rx {ring}`; if it stays, spread "
        "the load over more nodes or a larger size.",
        f"ethtool -S {device} | grep -E 'missed|buffer|fifo'",
    )


def _queues(one: _Counts, where: str) -> _Found | None:
    lost = one.lost(lambda name: name.startswith("softnet.") and name.endswith(".dropped"))
    squeezed = one.lost(lambda name: name.startswith("softnet.") and name.endswith(".squeezed"))
    seen = sum(number for name, number in one.counters.items() if name.endswith(".processed"))
    is_squeezed = seen > 0 and sum(squeezed.values()) / seen >= _SQUEEZED
    if not lost and not is_squeezed:
        return None
    if lost:
        what = f"drops packets: its backlog was full on {len(lost)} CPUs (softnet_stat, dropped "
        what += f"{one.said(sum(lost.values()))})"
    else:
        what = "runs out of its packet budget (softnet_stat, time_squeeze "
        what += f"{one.said(sum(squeezed.values()))} of {seen:,} packets)"
    return (
        "kernel-drops",
        f"The kernel of {where} {what}.",
        one.facts(lost or squeezed),
        "Raise `net.core.netdev_max_backlog` and `net.core.netdev_budget` through the node pool's "
        "Linux configuration, or spread receive work over more CPUs (RPS).",
        "cat /proc/net/softnet_stat",
    )


def _sockets(one: _Counts, where: str) -> _Found | None:
    lost = one.lost(lambda name: name in _SOCKETS)
    if not lost:
        return None
    worst = max(lost, key=lost.__getitem__)
    accepts = worst in ("TcpExt.ListenOverflows", "TcpExt.ListenDrops")
    return (
        "socket-buffer-overflow",
        f"Socket buffers overflow on {where}: a program takes its packets too slowly (`{worst}` "
        f"{one.said(lost[worst])}).",
        one.facts(lost),
        "Raise `net.core.somaxconn` and the program's backlog, or give it more CPU."
        if accepts
        else "Raise `net.core.rmem_max` and `net.core.rmem_default`, or give the program more CPU.",
        "nstat -az | grep -E 'RcvbufErrors|ListenOverflows|TCPRcvQDrop'",
    )


def _softirqs(one: _Counts, where: str) -> _Found | None:
    shares: dict[str, float] = {}
    for name, total in one.counters.items():
        _, _, rest = name.partition("cpu.")
        if rest.endswith(".total") and total > 0:
            cpu = rest.removesuffix(".total")
            shares[cpu] = one.counters.get(f"cpu.{cpu}.softirq", 0) / total
    busy = {cpu: share for cpu, share in shares.items() if share >= _BUSY}
    if not busy:
        return None
    cpu, share = max(busy.items(), key=lambda item: item[1])
    name = f"cpu.{cpu}.softirq"
    calls = {key: number for key, number in one.counters.items()
             if key.startswith("softirq.NET_RX.")}  # fmt: skip
    total = sum(calls.values())
    mine = calls.get(f"softirq.NET_RX.{cpu}", 0)
    lopsided = f"; {mine / total:.0%} of NET_RX lands on it" if total and mine / total > 0.5 else ""
    return (
        "softirq-bottleneck",
        f"SoftIRQ work is a CPU bottleneck on {where}: CPU {cpu} spends {share:.0%} of its time in "
        f"soft interrupts, {len(busy)} of {len(shares)} CPUs are that busy{lopsided}.",
        (Fact(f"CPU {cpu}: {share:.0%} in soft interrupts", f"node {one.node}",
              one.places.get(name)),),
        "Spread the receive queues over more CPUs (RSS queues, RPS), or take a larger node size.",
        "mpstat -P ALL 1 3",
    )  # fmt: skip
