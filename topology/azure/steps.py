"""The groups and routes of one place asked about traffic, and their answers as a layer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_network

from topology.azure.judging import Judgement, Traffic, judge
from topology.azure.network import AzureNetwork, Peering
from topology.azure.placement import Place, Places
from topology.azure.routing import Hop, SubnetRoutes, choose, routes_of
from topology.azure.tags import Tags, covers, tags_of
from topology.azure.wording import group_reason, place_name, route_reason
from topology.model import Cluster, Network
from topology.policy.verdict import Decision, Direction, Layer

__all__ = ["PlaceJudge", "Step", "softened"]


@dataclass(frozen=True, slots=True)
class Step:
    """What one side of Azure says, before the steps of a direction are put together."""

    verdict: Decision
    reason: str
    judgement: Judgement | None = None
    hop: Hop | None = None


class PlaceJudge:
    """Asks the security groups and routes of places, and remembers what tags mean there."""

    def __init__(self, cluster: Cluster, azure: AzureNetwork, places: Places) -> None:
        self._cluster = cluster
        self._azure = azure
        self._places = places
        self._tags: dict[str, Tags] = {}
        self._routes: dict[str, SubnetRoutes | None] = {}

    def groups(self, place: Place, direction: Direction, traffic: Traffic) -> list[Step]:
        """Ask the security groups of a place."""
        way = "outbound" if direction == "egress" else "inbound"
        groups, missing = self._places.security_groups(place)
        tags = self.tags_at(place.subnet)
        found = [
            judge(group, "outbound" if direction == "egress" else "inbound", traffic, tags)
            for group in groups
        ]
        steps = [Step(one.verdict, group_reason(one, way, traffic), judgement=one) for one in found]
        steps += [
            Step("none", f"Security group `{one.rpartition('/')[2]}` is not in the input.")
            for one in missing
        ]
        return steps

    def tags_at(self, subnet: str) -> Tags:
        """Return what service tags mean in a subnet."""
        if subnet not in self._tags:
            known = self._azure.subnet(subnet)
            table = self._azure.table_of(known) if known else None
            prefixes = [one.prefix for one in table.routes if one.prefix] if table else []
            vnet = known.vnet if known else subnet.rpartition("/subnets/")[0]
            self._tags[subnet] = tags_of(self._azure, vnet, prefixes)
        return self._tags[subnet]

    def route(self, place: Place, networks: Iterable[Network]) -> list[Step]:
        """Ask the routes of the subnet that traffic leaves."""
        routes = self.routes_at(place.subnet)
        if routes is None:
            return []
        steps = []
        for network in networks:
            hop = choose(routes, network)
            verdict, reason = route_reason(self._azure, self._cluster, routes, hop, network)
            peering = self._broken(routes, network) if verdict == "deny" else None
            if peering is not None and hop.route is not None and hop.route.source == "system":
                why = "allows no access" if peering.access is False else f"is `{peering.state}`"
                reason += f" Peering `{peering.name}` would lead there and {why}."
                hop = replace(hop, route=replace(hop.route, location=peering.location))
            steps.append(Step(verdict, reason, hop=hop))
        return steps[:1] if len({step.verdict for step in steps}) == 1 else steps

    def _broken(self, routes: SubnetRoutes, network: Network) -> Peering | None:
        """Return the peering that would lead to a range if it were connected."""
        for one in routes.broken:
            remote = self._azure.vnet(one.remote)
            if covers(remote.prefixes if remote else one.prefixes, network):
                return one
        return None

    def default_route(self, place: Place) -> list[Step]:
        """Ask which way the Internet is."""
        return self.route(place, [ip_network("0.0.0.0/0")])

    def routes_at(self, subnet: str) -> SubnetRoutes | None:
        """Return the routes of a subnet; None where they are not known."""
        if subnet not in self._routes:
            known = self._azure.subnet(subnet)
            self._routes[subnet] = routes_of(self._azure, known) if known else None
        return self._routes[subnet]

    def folded(
        self, direction: Direction, place: Place, steps: Sequence[Step], start: str = ""
    ) -> tuple[Layer, ...]:
        """Return the steps of one direction as a layer: the first that stops decides."""
        if place.why_unknown:
            reason = f"Not known, as {place.why_unknown}."
            return (Layer(layer="azure", direction=direction, verdict="none", reason=reason),)
        for wanted in ("deny", "unknown"):
            stopping = next((step for step in steps if step.verdict == wanted), None)
            if stopping:
                return (_layer(direction, stopping, start + stopping.reason),)
        passing = [step for step in steps if step.verdict == "allow"]
        lacking = [step for step in steps if step.verdict == "none"]
        if not passing:
            named = place_name(place)
            reason = " ".join(step.reason for step in lacking) or (
                f"No security group of {named} is in the input."
            )
            return (Layer(layer="azure", direction=direction, verdict="none", reason=reason),)
        reason = " ".join(dict.fromkeys(step.reason for step in (*passing, *lacking)))
        return (_layer(direction, passing[0], start + reason),)


def _layer(direction: Direction, step: Step, reason: str) -> Layer:
    judgement, hop = step.judgement, step.hop
    if judgement and judgement.rule:
        return Layer(
            layer="azure", direction=direction, verdict=step.verdict, enforced=True, reason=reason,
            policy=f"NetworkSecurityGroup/{judgement.group.name}", rule=judgement.rule.name,
            location=judgement.rule.location or judgement.group.location,
        )  # fmt: skip
    route = hop.route if hop else None
    return Layer(
        layer="azure", direction=direction, verdict=step.verdict,
        enforced=step.verdict != "allow", reason=reason,
        policy=f"Route/{route.name}" if route and route.source == "user" else None,
        location=route.location if route else None,
    )  # fmt: skip


def softened(step: Step, name: str) -> Step:
    """Return a denial as unknown where the addresses of a DNS name are not known."""
    if step.verdict != "deny":
        return step
    reason = f"{step.reason} Whether that holds for `{name}` depends on its addresses, which are "
    return replace(step, verdict="unknown", reason=f"{reason}not known.")
