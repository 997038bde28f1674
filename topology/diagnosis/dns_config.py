"""CoreDNS' ConfigMaps held against the Services that there are and the names that are asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from topology.diagnosis.corefile import Block, Plugin, ask, block_for, parse_corefile, upstreams
from topology.diagnosis.evidence import Aspect, Cause, Check, Fact, Gap, fact_of
from topology.diagnosis.infrastructure import dns_services, dns_workloads
from topology.diagnosis.scene import Scene
from topology.diagnosis.states import mapping
from topology.model import Cluster, Document
from topology.services import service_backends

__all__ = ["check_dns_config"]

_EXPLAINS: Final[frozenset[Aspect]] = frozenset({"dns", "connect", "http", "loss"})
_ZONE: Final = "cluster.local"
_MISSING: Final = Gap(
    what="CoreDNS' configuration",
    command="kubectl -n kube-system get configmaps coredns coredns-custom -o yaml > coredns.yaml",
)
_MOST_NAMES: Final = 300
_FAILED: Final = ("SERVFAIL", "TIMEOUT", "REFUSED")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Config:
    blocks: Sequence[Block]
    documents: dict[str, Document]
    """By key of their data."""
    wrong: Sequence[Cause]


def check_dns_config(scene: Scene) -> Check:
    """Ask the configuration of CoreDNS what becomes of the names of Services and of the outside."""
    name = "CoreDNS configuration"
    maps = [one for one in scene.reports("ConfigMap") if one.name.startswith("coredns")]
    if not maps:
        result = "CoreDNS' configuration was not given."
        return Check(name=name, state="unknown", result=result, gaps=(_MISSING,))
    config = _read(maps)
    causes = (*config.wrong, *_rewrites(scene, config), *_forwards(scene, config))
    facts = tuple(fact_of(one, f"ConfigMap `{one.name}`", "data") for one in maps)
    if not causes:
        result = "Rewrites and forwards leave the names of Services alone, and lead to addresses."
        return Check(name=name, state="ok", result=result, facts=facts)
    return Check(
        name=name,
        state="fault",
        result=" ".join(cause.summary for cause in causes[:2]),
        facts=tuple(fact for cause in causes for fact in cause.facts[:1]),
        causes=causes,
    )


def _read(maps: Sequence[Document]) -> _Config:
    """Return the blocks that CoreDNS would load, in the way AKS puts its ConfigMaps together."""
    blocks: list[Block] = []
    overrides: list[Plugin] = []
    documents: dict[str, Document] = {}
    wrong: list[Cause] = []
    for one in maps:
        for key, text in mapping(one.body.get("data")).items():
            documents[key] = one
            found, loose, fault = parse_corefile(str(text), key)
            if fault:
                wrong.append(_refused(one, key, fault))
            elif key == "Corefile" or key.endswith(".server"):
                blocks += found
            elif key.endswith(".override"):
                overrides += loose
            else:
                wrong.append(_ignored(one, key))
    default = next((block for block in blocks if "." in block.zones), None)
    if default is not None:
        # The import stands at the end of the default block, but plugins have an order of their own.
        default.plugins += overrides
    elif overrides:
        blocks.append(Block((".",), overrides))
    return _Config(blocks=blocks, documents=documents, wrong=wrong)


def _rewrites(scene: Scene, config: _Config) -> Iterator[Cause]:
    """Yield what takes the name of a Service somewhere else."""
    # Without the main Corefile nothing says who answers for the cluster's zone.
    whole = any(one.name == "kubernetes" for block in config.blocks for one in block.plugins)
    services = {f"{one.name}.{one.namespace}.svc.{_ZONE}": one for one in scene.cluster.services}
    blamed: dict[Plugin | str, list[tuple[str, str]]] = {}
    for name in list(services)[:_MOST_NAMES]:
        outcome = ask(config.blocks, name)
        block = block_for(config.blocks, name)
        if outcome.name in services and (outcome.kind == "cluster" or not whole):
            is_taken = outcome.kind != "cluster" and block is not None and "." not in block.zones
            if not is_taken:
                continue
        key: Plugin | str = outcome.rewrites[-1] if outcome.rewrites else (
            outcome.plugin or (block.key if block else ""))  # fmt: skip
        blamed.setdefault(key, []).append((name, outcome.name))
    for key, names in blamed.items():
        about = {one: services[one].full_name for one, _ in names}
        yield _misled(config, key, names, services=about, of=len(services))
    for block in config.blocks:
        for plugin in block.plugins:
            target = _exact_target(plugin)
            inside = target.endswith(f".svc.{_ZONE}") and bool(services)
            if inside and target not in services:
                yield _to_nowhere(config, plugin, target)


def _exact_target(plugin: Plugin) -> str:
    """Return the name that a rule of exact names leads to."""
    args = [one for one in plugin.args if one not in ("stop", "continue")]
    if plugin.name != "rewrite" or args[:1] != ["name"]:
        return ""
    args = args[2:] if args[1:2] == ["exact"] else args[1:]
    return args[1].rstrip(".") if len(args) == 2 else ""


def _misled(
    config: _Config, key: Plugin | str, names: Sequence[tuple[str, str]],
    services: dict[str, str], of: int,
) -> Cause:  # fmt: skip
    first, became = names[0]
    where = key.key if isinstance(key, Plugin) else key
    document = config.documents.get(where)
    if isinstance(key, Plugin):
        what = f"`{_written(key)}`"
        does = f"turns `{first}` into `{became}`" if became != first else (
            f"takes `{first}` out of the cluster")  # fmt: skip
    else:
        what, does = f"the block in `{where}`", f"answers for `{first}` without asking the cluster"
    is_wide = len(names) == of
    return Cause(
        code="dns-config-misleads",
        summary=(
            f"The custom CoreDNS configuration breaks names of the cluster: {what} {does} "
            f"({len(names)} of {of} Services)."
        ),
        explains=_EXPLAINS,
        about=frozenset() if is_wide else frozenset(services.values()),
        weight=92 if is_wide else 86,
        facts=(_fact(document, where, f"{what} {does}"),),
        fix=f"Remove {what} from the ConfigMap, or narrow it so that it leaves `{_ZONE}` alone.",
        commands=("kubectl -n kube-system edit configmap coredns-custom",
                  "kubectl -n kube-system rollout restart deployment coredns"),
        verify=(f"kubectl run -it --rm dns --image=busybox --restart=Never -- nslookup {first}",),
    )  # fmt: skip


def _to_nowhere(config: _Config, plugin: Plugin, target: str) -> Cause:
    document = config.documents.get(plugin.key)
    return Cause(
        code="dns-rewrite-to-nowhere",
        summary=(
            f"The custom CoreDNS configuration has a wrong rewrite: `{_written(plugin)}` leads to "
            f"`{target}`, and there is no such Service."
        ),
        explains=_EXPLAINS,
        weight=84,
        facts=(_fact(document, plugin.key, f"`{_written(plugin)}`"),),
        fix="Name a Service that exists, or remove the rule.",
        commands=("kubectl -n kube-system edit configmap coredns-custom",),
        verify=(f"kubectl run -it --rm dns --image=busybox --restart=Never -- nslookup {target}",),
    )


def _forwards(scene: Scene, config: _Config) -> Iterator[Cause]:
    own = {str(ip) for one in dns_services(scene.cluster) for ip in one.cluster_ips}
    own |= {str(ip) for one in dns_workloads(scene.cluster) for pod in one.pods
            for ip in pod.addresses}  # fmt: skip
    for block in config.blocks:
        for plugin in block.plugins:
            if plugin.name != "forward":
                continue
            if not plugin.args[1:]:
                yield _bad_forward(config, block, plugin, "names no upstream")
            for text, address in upstreams(plugin):
                why = _wrong_upstream(scene.cluster, text, address, own)
                if why:
                    yield _bad_forward(config, block, plugin, why)
    yield from _failing(scene, config)


def _wrong_upstream(cluster: Cluster, text: str, address: str, own: set[str]) -> str:
    """Return why an upstream cannot answer; empty where nothing speaks against it."""
    if not address:
        return ""
    if address == "?":
        return f"names `{text}`, which is no address: CoreDNS does not start with it"
    if address in own or ip_address(address).is_loopback:
        return f"sends to `{text}`, which is CoreDNS itself: a loop"
    for service in cluster.services:
        if address in map(str, service.cluster_ips):
            ready = any(one.ready for route in service_backends(cluster, service)
                        for one in route.backends)  # fmt: skip
            return (
                ""
                if ready
                else (
                    f"sends to `{text}`, the Service `{service.full_name}`, which has no ready pod"
                )
            )
    found = ip_address(address)
    inside = any(found in net for node in cluster.nodes for net in node.pod_cidrs)
    if inside and not any(found in pod.addresses for pod in cluster.pods):
        return f"sends to `{text}`, an address of the pod range that no pod has"
    return ""


def _bad_forward(config: _Config, block: Block, plugin: Plugin, why: str) -> Cause:
    zone = plugin.args[0] if plugin.args else "."
    zone = zone if zone != "." or block.zones == (".",) else block.zones[0]
    document = config.documents.get(plugin.key)
    return Cause(
        code="dns-forward-wrong",
        summary=f"The CoreDNS configuration has a wrong forward: `{_written(plugin)}` "
        f"(for `{zone}`) {why}.",
        explains=_EXPLAINS,
        weight=90 if zone == "." or "no address" in why else 84,
        facts=(_fact(document, plugin.key, f"`{_written(plugin)}`"),),
        fix="Forward to an address that answers DNS: the VNet's `168.63.129.16`, or your own "
        "server's; or back to `/etc/resolv.conf`.",
        commands=("kubectl -n kube-system edit configmap coredns-custom",
                  "kubectl -n kube-system rollout restart deployment coredns"),
        verify=("kubectl -n kube-system logs -l k8s-app=kube-dns --tail=50",),
    )  # fmt: skip


def _failing(scene: Scene, config: _Config) -> Iterator[Cause]:
    """Yield the forwards under whose zone every name fails, as flows show."""
    if scene.survey is None:
        return
    failed: dict[Plugin, dict[str, int]] = {}
    fine: set[Plugin] = set()
    for client in scene.survey.dns.clients:
        lost = {one.name: one for one in client.failures if one.outcome in _FAILED}
        for name, number in client.names:
            outcome = ask(config.blocks, name)
            if outcome.kind != "forward" or outcome.plugin is None:
                continue
            if name in lost:
                failed.setdefault(outcome.plugin, {})[name] = lost[name].count
            elif number and not any(one.name == name for one in client.failures):
                fine.add(outcome.plugin)
    for plugin, names in failed.items():
        if plugin in fine:
            continue
        shown = ", ".join(f"`{name}`" for name in list(names)[:3])
        document = config.documents.get(plugin.key)
        yield Cause(
            code="dns-forward-fails",
            summary=(
                f"Names that CoreDNS forwards by `{_written(plugin)}` all fail: {shown} "
                f"({sum(names.values())} lookups): the upstream does not answer."
            ),
            explains=_EXPLAINS,
            weight=87,
            facts=(
                _fact(document, plugin.key, f"`{_written(plugin)}`"),
                Fact(f"{shown} failed", scene.flow_files[0] if scene.flow_files else "flows"),
            ),
            fix="Correct the upstream's address, or open the way to it on port 53.",
            commands=("kubectl -n kube-system edit configmap coredns-custom",),
            verify=("kubectl -n kube-system logs -l k8s-app=kube-dns --tail=50",),
        )


def _refused(document: Document, key: str, fault: str) -> Cause:
    return Cause(
        code="dns-config-broken",
        summary=f"CoreDNS cannot load `{key}` of ConfigMap `{document.name}`: {fault}.",
        explains=_EXPLAINS,
        weight=91,
        facts=(fact_of(document, f"`{key}`: {fault}", f"data.{key}"),),
        fix="Balance the braces.",
        commands=(f"kubectl -n {document.namespace} edit configmap {document.name}",),
        verify=("kubectl -n kube-system logs -l k8s-app=kube-dns --tail=50",),
    )


def _ignored(document: Document, key: str) -> Cause:
    return Cause(
        code="dns-config-ignored",
        summary=(
            f"`{key}` of ConfigMap `{document.name}` is never loaded: AKS imports only keys that "
            "end in `.override` or `.server`."
        ),
        explains=frozenset({"dns"}),
        weight=58,
        facts=(fact_of(document, f"key `{key}`", f"data.{key}"),),
        fix=f"Name it `{key.split('.')[0]}.override` or `{key.split('.')[0]}.server`.",
        commands=(f"kubectl -n {document.namespace} edit configmap {document.name}",),
        verify=("kubectl -n kube-system logs -l k8s-app=kube-dns --tail=50",),
    )


def _written(plugin: Plugin) -> str:
    return " ".join((plugin.name, *plugin.args))


def _fact(document: Document | None, key: str, text: str) -> Fact:
    if document is None:
        return Fact(text)
    return fact_of(document, text, f"data.{key}")
