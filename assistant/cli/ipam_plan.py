"""The commands that plan and check addresses: `netassist ipam plan|check|compare|migrate`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli import exit_codes
from assistant.cli.opening import JsonFlag
from assistant.cli.render import Output

if TYPE_CHECKING:
    from topology.ipam.estate import Estate

__all__ = ["check", "compare", "migrate", "plan"]

PlanFile = Annotated[
    str,
    typer.Argument(
        metavar="[FILE]",
        help="YAML or JSON that describes the network, or `-` for stdin; else flags do.",
    ),
]
Several = list[str] | None


def plan(
    context: typer.Context,
    file: PlanFile = "",
    space: Annotated[
        Several, typer.Option(help="Range to use up, `CIDR` or `REGION=CIDR`; several times.")
    ] = None,
    mode: Annotated[str, typer.Option(help="Address mode of the cluster.")] = "overlay",
    nodes: Annotated[int, typer.Option(help="Nodes at the autoscaler's maximum.")] = 0,
    max_pods: Annotated[int, typer.Option(help="Max pods per node; 0: the default.")] = 0,
    surge: Annotated[str, typer.Option(help="Nodes of an upgrade per pool: `2` or `33%`.")] = "",
    pool: Annotated[
        Several, typer.Option(help="Node pool `NODES:MAX_PODS:SURGE`; several times.")
    ] = None,
    pods_per_node: Annotated[int, typer.Option(help="Pods that usually run on a node.")] = 0,
    service: Annotated[
        Several,
        typer.Option("--with", help="Azure service `NAME` or `NAME:COUNT`; several times."),
    ] = None,
    internal_lbs: Annotated[int, typer.Option(help="Frontends in the node subnet.")] = 0,
    cluster: Annotated[
        Several,
        typer.Option(help="`NAME,mode=MODE,nodes=N,region=R,components=agc+bastion`; several."),
    ] = None,
    hub: Annotated[
        Several, typer.Option(help="Service of a hub VNet, peered with every cluster's VNet.")
    ] = None,
    used: Annotated[Several, typer.Option(help="Part of the space that is taken.")] = None,
    on_prem: Annotated[Several, typer.Option(help="Range reached beyond the VNets.")] = None,
    pod_space: Annotated[Several, typer.Option(help="Where pod CIDRs may lie.")] = None,
    ipv6_space: Annotated[str, typer.Option(help="IPv6 range, with --dual-stack.")] = "",
    dual_stack: Annotated[bool, typer.Option(help="Give the clusters IPv6, too.")] = False,
    growth: Annotated[
        bool, typer.Option("--growth/--no-growth", help="Keep neighbours free where that fits.")
    ] = True,
    what_if: Annotated[
        str, typer.Option(help="A change to compare with: `add 3 pools of 50`, `move to overlay`.")
    ] = "",
    change_cluster: Annotated[
        str, typer.Option(help="The cluster that --what-if changes; default: all.")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Plan exact, aligned ranges for clusters and Azure services inside the space you own.

    Best fit, with room to grow where that fits; pod and service CIDRs are chosen outside. A plan
    that does not fit says why, and what nearest does. Nothing is allocated.

    In a file, what has a range keeps it and the rest is planned:

    FILE:
      spaces: [{cidr: 10.60.0.0/16, region: westeurope}]
      used: [10.60.4.0/22]
      on_premises: [192.168.0.0/16]
      vnets:
        - {name: hub, components: [firewall, bastion], peers: [shop]}
        - {name: shop, subnets: [{name: jump, addresses: 20}]}
      clusters:
        - {name: shop, mode: overlay, nodes: 60, surge: 33%, components: [agc, api-server]}

    Exits with 0 if it fits, 1 if it does not, 5 if the file cannot be read.

    Examples:
      netassist ipam plan --space 10.60.0.0/20 --nodes 60 --surge 33% --with agc --with api-server
      netassist ipam plan network.yaml --json
      netassist ipam plan network.yaml --what-if "add 3 pools of 50" --change-cluster shop
      netassist ipam plan --space weu=10.1.0.0/16 --space neu=10.2.0.0/16 --hub firewall
        --cluster a,nodes=50,region=weu --cluster b,nodes=20,region=neu,mode=pod-subnet
    """
    from tools.planning import plan_addresses, plan_network
    from tools.workspace import Workspace
    from topology.model import Cluster

    output: Output = context.obj
    arguments = {
        "spaces": space, "mode": mode, "nodes": nodes, "max_pods": max_pods, "surge": surge,
        "pools": pool, "pods_per_node": pods_per_node, "services": service,
        "internal_load_balancers": internal_lbs, "clusters": cluster, "hub": hub, "used": used,
        "on_premises": on_prem, "pod_spaces": pod_space, "ipv6_space": ipv6_space,
        "dual_stack": dual_stack,
    }  # fmt: skip
    given = {name: value for name, value in arguments.items() if value}
    if given.get("mode") == "overlay":
        del given["mode"]
    if file:
        _refuse_flags(given)
        result = plan_network(_read(file), change=what_if, cluster=change_cluster)
    else:
        if not space:
            message = "Neither a file nor `--space` is given."
            raise typer.BadParameter(message, param_hint="--space")
        whole = {"mode": mode, "growth": growth, "change": what_if, **given}
        found = plan_addresses.call(Workspace(cluster=Cluster()), whole)
        result = found  # type: ignore[assignment]
    if as_json:
        output.write_json(result.model_dump(mode="json"))
    else:
        output.write_markdown(result.summary)
    raise typer.Exit(exit_codes.ANSWERED if result.fits else exit_codes.NO)


def _refuse_flags(given: Mapping[str, object]) -> None:
    if given:
        names = ", ".join(f"`{name}`" for name in given)
        message = f"A file and {names} are given; put everything into the file."
        raise typer.BadParameter(message)


def _read(file: str) -> "Estate":
    """Return the network that a file describes.

    Raises:
        UnreadableInput: It cannot be read.
    """
    from topology.errors import UnreadableInput
    from topology.ipam.estate_file import read_estate

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        message = f"`{file}` cannot be read: {reason}."
        raise UnreadableInput(message, hint="Give a YAML or JSON file.") from error
    return read_estate(text, file)


def _read_all(files: list[str], on_premises: list[str]) -> "Estate":
    """Return the network that several files and ranges beside them describe."""
    from dataclasses import replace

    from topology.ipam.estate import Connected
    from topology.ipam.estate_file import join_estates
    from topology.ipam.estate_words import parse_hosts

    estate = join_estates([_read(file) for file in files])
    beyond = tuple(Connected(network=net, name="on-premises") for net in parse_hosts(on_premises))
    return replace(estate, connected=(*estate.connected, *beyond))


def check(
    context: typer.Context,
    files: Annotated[
        Several,
        typer.Argument(
            metavar="[FILE]...",
            help="Descriptions as `ipam plan` reads them, or what `az network vnet list` and "
            "`az aks list -o json` print; `-` for stdin.",
        ),
    ] = None,
    pod_cidr: Annotated[
        Several, typer.Option(help="Pod CIDR; of several IPv4 ones each is a cluster's.")
    ] = None,
    service_cidr: Annotated[Several, typer.Option(help="Service CIDR.")] = None,
    dns_service_ip: Annotated[str, typer.Option(help="DNS service IP.")] = "",
    vnet: Annotated[Several, typer.Option(help="Range of the VNet.")] = None,
    subnet: Annotated[Several, typer.Option(help="Subnet of the VNet.")] = None,
    peered: Annotated[Several, typer.Option(help="Range of a peered VNet.")] = None,
    on_prem: Annotated[
        Several, typer.Option(help="Range or address reached beyond the VNets.")
    ] = None,
    mode: Annotated[str, typer.Option(help="Address mode of the cluster.")] = "overlay",
    feature: Annotated[Several, typer.Option(help="Feature of the cluster, or add-on.")] = None,
    grow_to: Annotated[str, typer.Option(help="A larger pod CIDR to grow to.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Check ranges against the rules of AKS and Azure: overlaps, refused ranges, sizes, growth.

    Files are those that `ipam plan` reads, with the ranges filled in: VNets with `cidr`, subnets
    with `cidr` and `delegation`, clusters with `pod_cidr`, `service_cidr`, `dns_service_ip`,
    `node_subnet`, `pod_subnet`, pools and features. What the Azure CLI prints is read as well.
    Every fault names its line.

    Exits with 0 if nothing is wrong (warnings may remain), 1 if something is, 5 if the file cannot
    be read.

    Examples:
      netassist ipam check network.yaml
      netassist ipam check vnets.json clusters.json --on-prem 10.0.0.0/12
      netassist ipam check --pod-cidr 10.244.0.0/16 --on-prem 10.244.8.5
      netassist ipam check --pod-cidr 10.244.0.0/18 --grow-to 10.244.0.0/16
      netassist ipam check --service-cidr 10.0.0.0/16 --subnet 10.0.10.0/24 --dns-service-ip 10.0.0.10
    """  # noqa: E501
    from tools.address_ranges import check_network, check_ranges
    from tools.workspace import Workspace
    from topology.model import Cluster

    output: Output = context.obj
    arguments = {
        "pod_cidrs": pod_cidr, "service_cidrs": service_cidr, "dns_service_ip": dns_service_ip,
        "vnets": vnet, "subnets": subnet, "peered": peered, "on_premises": on_prem,
        "features": feature, "grow_pod_cidr_to": grow_to,
    }  # fmt: skip
    given = {name: value for name, value in arguments.items() if value}
    if files:
        _refuse_flags({name: value for name, value in given.items() if name != "on_premises"})
        result = check_network(_read_all(files, on_prem or []))
    else:
        if not given:
            message = "Neither a file nor a range is given."
            raise typer.BadParameter(message)
        found = check_ranges.call(Workspace(cluster=Cluster()), {"mode": mode, **given})
        result = found  # type: ignore[assignment]
    if as_json:
        output.write_json(result.model_dump(mode="json"))
    else:
        output.write_markdown(result.summary)
    raise typer.Exit(exit_codes.ANSWERED if result.ok else exit_codes.NO)


def compare(
    context: typer.Context,
    feature: Annotated[
        Several, typer.Option("--need", help="A feature that is required; several times.")
    ] = None,
    nodes: Annotated[int, typer.Option(help="Nodes of the cluster.")] = 0,
    max_pods: Annotated[int, typer.Option(help="Max pods per node; 0: each default.")] = 0,
    surge: Annotated[str, typer.Option(help="Nodes of an upgrade per pool.")] = "",
    pods_per_node: Annotated[int, typer.Option(help="Pods that usually run on a node.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Recommend an address mode for what is required, with reasons for and against each.

    Exits with 1 if no mode meets the requirements.

    Examples:
      netassist ipam compare --nodes 200 --need windows
      netassist ipam compare --need pod-ips-beyond-vnet --need cilium --nodes 100
    """
    from tools.modes import ModesResult, compare_modes
    from tools.workspace import Workspace
    from topology.model import Cluster

    output: Output = context.obj
    result = compare_modes.call(
        Workspace(cluster=Cluster()),
        {
            "features": feature or [], "nodes": nodes, "max_pods": max_pods, "surge": surge,
            "pods_per_node": pods_per_node,
        },
    )  # fmt: skip
    assert isinstance(result, ModesResult)
    if as_json:
        output.write_json(result.model_dump(mode="json"))
    else:
        output.write_markdown(result.summary)
    raise typer.Exit(exit_codes.ANSWERED if result.recommended else exit_codes.NO)


def migrate(
    context: typer.Context,
    start: Annotated[str, typer.Argument(help="Mode that the cluster has.")],
    goal: Annotated[str, typer.Argument(help="Mode that it is to have.")] = "",
    cilium: Annotated[bool, typer.Option("--cilium", help="Change the dataplane, too.")] = False,
    addon: Annotated[
        Several, typer.Option(help="What it runs: agic, calico, azure-npm, windows, ...")
    ] = None,
    pod_cidr: Annotated[str, typer.Option(help="Pod CIDR for Overlay.")] = "",
    name: Annotated[str, typer.Option(help="Name of the cluster.")] = "CLUSTER",
    group: Annotated[str, typer.Option(help="Its resource group.")] = "GROUP",
    as_json: JsonFlag = False,
) -> None:
    """Plan the way to another address mode or to Cilium: commands, order, downtime, no return.

    Exits with 1 if it does not go in place.

    Examples:
      netassist ipam migrate kubenet overlay --addon calico --addon agic --cilium
      netassist ipam migrate node-subnet overlay --pod-cidr 10.244.0.0/16 --name shop --group rg
    """
    from tools.modes import MigrationResult, plan_mode_change
    from tools.workspace import Workspace
    from topology.model import Cluster

    output: Output = context.obj
    result = plan_mode_change.call(
        Workspace(cluster=Cluster()),
        {
            "start": start, "goal": goal, "dataplane": "cilium" if cilium else "",
            "addons": addon or [], "pod_cidr": pod_cidr, "cluster": name, "resource_group": group,
        },
    )  # fmt: skip
    assert isinstance(result, MigrationResult)
    if as_json:
        output.write_json(result.model_dump(mode="json"))
    else:
        output.write_markdown(result.summary)
    raise typer.Exit(exit_codes.ANSWERED if result.in_place else exit_codes.NO)
