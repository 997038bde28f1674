"""How a cluster gets from one address mode or dataplane to another: steps with commands."""

from dataclasses import dataclass
from typing import Literal

from topology.errors import InvalidQuery
from topology.ipam.modes import MODES, Mode
from topology.ipam.references import (
    CHANGELOG,
    CILIUM,
    KUBENET_END,
    POD_SUBNET_TO_OVERLAY,
    STATIC,
    UPDATE_CNI,
    Reference,
)

__all__ = ["Migration", "Step", "plan_migration"]

_ADDONS = ("agic", "calico", "azure-npm", "windows", "node-auto-provisioning", "dual-stack")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: what to do, with the command, and what it does to the cluster."""

    title: str
    commands: tuple[str, ...] = ()
    downtime: str = ""
    irreversible: bool = False
    """Whether there is no way back once it has been run."""
    source: Reference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """The way between two states of a cluster."""

    start: Mode
    goal: Mode
    dataplane: Literal["", "cilium"] = ""
    in_place: bool
    """False when a new cluster or new pools take the place of the old ones."""
    steps: tuple[Step, ...]
    reason: str = ""
    """Why it does not go in place."""
    cautions: tuple[str, ...] = ()
    sources: tuple[Reference, ...] = ()


def plan_migration(
    start: Mode,
    goal: Mode,
    *,
    dataplane: Literal["", "cilium"] = "",
    addons: tuple[str, ...] = (),
    pod_cidr: str = "",
    cluster: str = "CLUSTER",
    group: str = "GROUP",
) -> Migration:
    """Return the steps from one mode to another, the change of dataplane last.

    Args:
        start: The mode that the cluster has.
        goal: The mode that it is to have; the same as `start` for a change of dataplane alone.
        dataplane: `cilium` when the dataplane is to change as well.
        addons: What the cluster runs that matters: `agic`, `calico`, `azure-npm`, `windows`,
            `node-auto-provisioning`, `dual-stack`.
        pod_cidr: The pod range to use with Overlay; empty for a placeholder.
        cluster: Name for the commands.
        group: Resource group for the commands.

    Raises:
        InvalidQuery: Nothing would change, or an add-on is not known.
    """
    unknown = sorted(set(addons) - set(_ADDONS))
    if unknown:
        message = f"`{unknown[0]}` is nothing that a migration depends on."
        raise InvalidQuery(message, hint=f"Known are {', '.join(_ADDONS)}.")
    if start == goal and not dataplane:
        message = f"The cluster uses `{start}` already."
        raise InvalidQuery(message, hint="Say which mode or dataplane it is to have.")
    way = _Way(start, goal, dataplane, addons, pod_cidr or "POD_CIDR", cluster, group)
    if start != goal and not way.in_place:
        return way.rebuild()
    if dataplane and goal == "kubenet":
        message = "kubenet has no Cilium dataplane."
        raise InvalidQuery(message, hint="Go to Azure CNI Overlay first, then to Cilium.")
    return way.update()


@dataclass(frozen=True, slots=True)
class _Way:
    start: Mode
    goal: Mode
    dataplane: Literal["", "cilium"]
    addons: tuple[str, ...]
    pod_cidr: str
    cluster: str
    group: str

    @property
    def in_place(self) -> bool:
        return self.goal == "overlay" and self.start in ("kubenet", "node_subnet")

    @property
    def where(self) -> str:
        return f"-n {self.cluster} -g {self.group}"

    def update(self) -> Migration:
        """Return the update in place: of the mode, of the dataplane, or of one after the other."""
        steps = [self._look(), *self._prepare()]
        sources = []
        if self.start != self.goal:
            steps += [self._change_mode(), self._check_mode()]
            sources += [UPDATE_CNI] + ([KUBENET_END] if self.start == "kubenet" else [])
        if self.dataplane:
            steps += self._change_dataplane()
            sources.append(CILIUM)
        return Migration(
            start=self.start,
            goal=self.goal,
            dataplane=self.dataplane,
            in_place=True,
            steps=tuple(steps),
            cautions=self._cautions(),
            sources=tuple(sources),
        )

    def _look(self) -> Step:
        commands = [f"az aks show {self.where} --query networkProfile"]
        if self.start in ("kubenet", "node_subnet") and self.goal == "overlay":
            commands.append(f"az aks show {self.where} --query identity")
            commands.append("kubectl get cm -n kube-system | grep ip-masq")
        return Step(
            title="Look at what there is: mode, ranges, policy engine and identity. Kubernetes "
            "must be 1.27 or newer, and a custom ip-masq-agent configuration blocks the update.",
            commands=tuple(commands),
            source=UPDATE_CNI,
        )

    def _prepare(self) -> list[Step]:
        steps = []
        if self.start != self.goal and (policy := self._remove_policy()):
            steps.append(policy)
        if self.start == "kubenet" and self.goal == "overlay":
            steps.append(
                Step(
                    title="Give the cluster a user-assigned identity, which is what detaches the "
                    "route table from the subnet during the update; with an AKS-managed virtual "
                    "network a system-assigned one will do.",
                    commands=(
                        f"az aks update {self.where} --enable-managed-identity "
                        "--assign-identity IDENTITY_ID",
                    ),
                    source=KUBENET_END,
                )
            )
        if "agic" in self.addons and self.start == "kubenet":
            steps.append(
                Step(
                    title="Detach the AKS route table from the Application Gateway subnet: a "
                    "subnet that shares it breaks the migration (azure-aks-docs#334). AGIC itself "
                    "works with Overlay from add-on 1.8.0.",
                    commands=(
                        "az network vnet subnet update -g GROUP --vnet-name VNET -n APPGW_SUBNET "
                        "--route-table null",
                    ),
                    downtime="Ingress through the gateway fails until the update is done.",
                    source=UPDATE_CNI,
                )
            )
        if "node-auto-provisioning" in self.addons and self.dataplane:
            steps.append(
                Step(
                    title="Switch node auto-provisioning off first.",
                    commands=(f"az aks update {self.where} --node-provisioning-mode Manual",),
                    source=CILIUM,
                )
            )
        return steps

    def _remove_policy(self) -> Step | None:
        engines = [name for name in ("calico", "azure-npm") if name in self.addons]
        if not engines or self.start != "kubenet":
            return None
        names = " and ".join({"calico": "Calico", "azure-npm": "Azure NPM"}[one] for one in engines)
        return Step(
            title=f"Uninstall {names} first: a kubenet cluster with a network policy engine cannot "
            "be updated. Keep the policies in files.",
            commands=(
                "kubectl get networkpolicy,globalnetworkpolicies.crd.projectcalico.org -A -o yaml "
                "> policies.yaml",
                f"az aks update {self.where} --network-policy none",
            ),
            downtime="From here to the last step no network policy is enforced.",
            source=UPDATE_CNI,
        )

    def _change_mode(self) -> Step:
        command = f"az aks update {self.where} --network-plugin azure --network-plugin-mode overlay"
        if self.start == "node_subnet":
            command += f" --pod-cidr {self.pod_cidr}"
            note = "`--pod-cidr` is required. Clients that used pod addresses directly break."
        else:
            note = (
                "Leave `--pod-cidr` as it is: the page says that it may be widened here, users and "
                "engineers say that it cannot (azure-aks-docs#172); expand it afterwards."
            )
        return Step(
            title=f"Update the mode to Overlay. {note}",
            commands=(command,),
            downtime="All node pools are re-imaged at the same time: plan a window in which every "
            "pod restarts.",
            irreversible=True,
            source=UPDATE_CNI,
        )

    def _check_mode(self) -> Step:
        return Step(
            title="Check that every node is ready and that each has its /24.",
            commands=(
                f"az aks show {self.where} --query networkProfile.networkPluginMode",
                "kubectl get nodes -o wide",
                "kubectl get nnc -n kube-system",
            ),
        )

    def _change_dataplane(self) -> list[Step]:
        return [
            Step(
                title="Check the policies against Cilium: an ipBlock matches neither pods nor "
                "nodes, endPort needs Cilium 1.17, and a port name that stands for different "
                "numbers is enforced wrongly.",
                commands=("netassist policy validate policies.yaml --profile 1.18",),
                source=CILIUM,
            ),
            Step(
                title="Change the dataplane to Cilium, an operation of its own after the change "
                "of mode. Azure NPM or Calico is replaced; addresses stay as they are.",
                commands=(f"az aks update {self.where} --network-dataplane cilium",),
                downtime="All node pools are re-imaged at the same time; policies are enforced "
                "only once every node is done.",
                irreversible=True,
                source=CILIUM,
            ),
            Step(
                title="Apply the policies again, and test what must and must not connect.",
                commands=("kubectl apply -f policies.yaml", "kubectl get pods -A -o wide"),
            ),
        ]

    def _cautions(self) -> tuple[str, ...]:
        found = []
        if self.start != self.goal:
            found.append("There is no way back from Overlay: test on a cluster of its own first.")
        if "windows" in self.addons and self.dataplane:
            found.append("Cilium is for Linux nodes only: remove the Windows node pools first.")
        if "dual-stack" in self.addons and self.start == "kubenet":
            found.append(
                "A dual-stack kubenet cluster loses IPv6 half-way through the update "
                "(Azure/AKS#5120)."
            )
        if self.start == "node_subnet" and self.goal == "overlay":
            found.append(
                "Firewalls and NSGs that knew pod addresses see the node's address afterwards."
            )
        if self.start == "node_subnet" and self.goal == "overlay":
            found.append(
                "The pod CIDR must not overlap a subnet or a connected range. Documents differ on "
                "the VNet: the update page still forbids an overlap with all of it, the release "
                f"notes of 2024-10-25 only with its subnets ({CHANGELOG}); keep it outside."
            )
        return tuple(found)

    def rebuild(self) -> Migration:
        """Return the way by new pools or a new cluster."""
        if (self.start, self.goal) in (
            ("pod_subnet_dynamic", "pod_subnet_static"),
            ("pod_subnet_static", "pod_subnet_dynamic"),
        ):
            return self._new_pool()
        goal, start = MODES[self.goal].title, MODES[self.start].title
        source = POD_SUBNET_TO_OVERLAY if self.start.startswith("pod_subnet") else UPDATE_CNI
        plane = " --network-dataplane cilium" if self.dataplane else ""
        steps = (
            Step(title="Plan addresses for a second cluster beside the first: both run for a "
                 "while.", commands=("netassist ipam plan --help",)),
            Step(title=f"Create a cluster with {goal}.",
                 commands=(f"az aks create -n NEW_CLUSTER -g {self.group} "
                           f"{_flags(self.goal)}{plane}",)),
            Step(title="Deploy the workloads and policies to it, and test them."),
            Step(title="Move the traffic in steps: DNS weights, the gateway's backends, or Front "
                 "Door.", downtime="None, if the workloads can run twice; state must be moved."),
            Step(title="Delete the old cluster, and release its ranges.",
                 commands=(f"az aks delete {self.where}",), irreversible=True),
        )  # fmt: skip
        return Migration(
            start=self.start,
            goal=self.goal,
            dataplane=self.dataplane,
            in_place=False,
            steps=steps,
            reason=f"No update in place leads from {start} to {goal}: a new cluster is needed.",
            cautions=(
                "Until the last step the old cluster serves, so every step before can be undone.",
            ),
            sources=(source,),
        )

    def _new_pool(self) -> Migration:
        static = self.goal == "pod_subnet_static"
        kind = "StaticBlock" if static else "DynamicIndividual"
        steps = (
            Step(title="Make a new pod subnet, delegated to Microsoft.ContainerService/"
                 "managedClusters: one subnet cannot serve both kinds of allocation.",
                 commands=("az network vnet subnet create -g GROUP --vnet-name VNET -n "
                           "NEW_POD_SUBNET --address-prefixes RANGE --delegations "
                           "Microsoft.ContainerService/managedClusters",), source=STATIC),
            Step(title="Add a pool that uses it (Azure CLI 2.75 or newer); choose max pods as "
                 "16 x N - 1 with static blocks.",
                 commands=(f"az aks nodepool add --cluster-name {self.cluster} -g {self.group} "
                           f"-n NEWPOOL --pod-subnet-id NEW_POD_SUBNET_ID "
                           f"--pod-ip-allocation-mode {kind} --max-pods 31",), source=STATIC),
            Step(title="Cordon and drain the nodes of the old pool.",
                 commands=("kubectl cordon -l agentpool=OLDPOOL",
                           "kubectl drain -l agentpool=OLDPOOL --ignore-daemonsets "
                           "--delete-emptydir-data"),
                 downtime="Each pod restarts once; PodDisruptionBudgets are kept."),
            Step(title="Delete the old pool.",
                 commands=(f"az aks nodepool delete --cluster-name {self.cluster} -g {self.group} "
                           "-n OLDPOOL",), irreversible=True),
        )  # fmt: skip
        return Migration(
            start=self.start,
            goal=self.goal,
            in_place=False,
            steps=steps,
            reason="A pool keeps its kind of allocation: a new pool with a new pod subnet takes "
            "the place of the old one, in the same cluster.",
            sources=(STATIC,),
        )


def _flags(mode: Mode) -> str:
    return {
        "overlay": "--network-plugin azure --network-plugin-mode overlay --pod-cidr POD_CIDR "
        "--vnet-subnet-id NODE_SUBNET_ID",
        "pod_subnet_dynamic": "--network-plugin azure --vnet-subnet-id NODE_SUBNET_ID "
        "--pod-subnet-id POD_SUBNET_ID",
        "pod_subnet_static": "--network-plugin azure --vnet-subnet-id NODE_SUBNET_ID "
        "--pod-subnet-id POD_SUBNET_ID --pod-ip-allocation-mode StaticBlock",
        "node_subnet": "--network-plugin azure --vnet-subnet-id NODE_SUBNET_ID",
        "kubenet": "--network-plugin kubenet",
    }[mode]
