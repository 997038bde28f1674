"""What a change opens and closes, against maps of all workloads before and after it."""

from dataclasses import replace
from pathlib import Path

from topology.load import load
from topology.model import Cluster
from topology.overview import WORLD, Overview
from topology.paths import Network
from topology.paths.queries import parse_port
from topology.policy.ports import PortSet
from topology.simulation import Simulation, simulate

ONE_MORE = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: more, namespace: default}
spec:
  endpointSelector: {matchLabels: {app: cartservice}}
  ingress:
    - fromEndpoints: [{matchLabels: {app: adservice}}]
      toPorts: [{ports: [{port: "7070", protocol: TCP}], rules: {http: [{method: GET}]}}]
  egressDeny:
    - toEntities: [world]
"""


def states(cluster: Cluster) -> dict[tuple[str, str, str], str]:
    """Return how each port fares between every two ends that have one."""
    found = {}
    for pair in Overview(Network.build(cluster)).pairs:
        for state in ("allowed", "conditional", "unknown", "denied"):
            for port in getattr(pair, state):
                found[pair.source, pair.destination, port] = state
    return found


def assert_agrees(cluster: Cluster, after: Cluster, found: Simulation) -> None:
    changed: dict[tuple[str, str], PortSet] = {}
    for row in (*found.opened, *found.closed):
        key = (row.source, row.destination)
        changed[key] = changed.get(key, PortSet.EMPTY) | row.ports
    before_states, after_states = states(cluster), states(after)
    for key in before_states.keys() | after_states.keys():
        source, destination, port = key
        if port == str(PortSet.ALL) or destination == WORLD:
            continue
        number = parse_port(port)
        differs = before_states.get(key) != after_states.get(key)
        ports = changed.get((source, destination), PortSet.EMPTY)
        assert number.number is not None
        assert ports.contains(number.protocol, number.number) == differs, key


def test_removing_any_policy_of_a_real_application_opens_what_the_maps_say(shared: Path) -> None:
    cluster = load([shared / "cases" / "external" / "clusters" / "online-boutique"])
    engine = Network.build(cluster).policies
    for policy in cluster.policies:
        after = replace(cluster, policies=tuple(one for one in cluster.policies if one != policy))
        found = simulate(engine, remove=[policy.key])
        assert not found.closed or policy.name != "deny-all"
        assert_agrees(cluster, after, found)


def test_adding_a_policy_closes_and_opens_what_the_maps_say(shared: Path, tmp_path: Path) -> None:
    folder = shared / "cases" / "external" / "clusters" / "online-boutique"
    cluster = load([folder])
    more = tmp_path / "more.yaml"
    more.write_text(ONE_MORE, encoding="utf-8")
    found = simulate(Network.build(cluster).policies, add=load([more]).policies)
    opened = {(row.source, row.destination): row for row in found.opened}
    assert opened["default/adservice", "default/cartservice"].after == "conditional"
    assert ("default/cartservice", WORLD) in {(row.source, row.destination) for row in found.closed}
    assert_agrees(cluster, load([folder, more]), found)


def test_a_part_of_the_world_is_told_apart_only_where_it_fares_otherwise(tmp_path: Path) -> None:
    pod = tmp_path / "pod.yaml"
    pod.write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: a}\nspec: {containers: []}\n",
        encoding="utf-8",
    )
    rule = "{toCIDRSet: [{cidr: 198.51.100.0/24, except: [198.51.100.0/26]}]}"
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: c, namespace: a}\n"
        f"spec: {{endpointSelector: {{}}, egress: [{rule}]}}\n",
        encoding="utf-8",
    )
    engine = Network.build(load([pod])).policies
    found = simulate(engine, add=load([policy]).policies)
    closed = {row.destination for row in found.closed}
    # The rest of 198.51.100.0/24 stays open; the exception closes as all of the world does.
    assert closed == {"world", "host", "remote-node", "kube-apiserver"}
    assert found.opened == ()
