"""Snapshots with one fault around the pods: Azure's network, the mesh, ways in."""

import json
from typing import Any

from tests.topology.azure.conftest import NODES, SUB, aks, nsg, rule, table, vnet

from . import exports as e
from .exports import Cast, Snapshot

GROUP = {"networkSecurityGroup": {"id": f"{SUB}/networkSecurityGroups/nsg"}}
TABLE = {"routeTable": {"id": f"{SUB}/routeTables/rt"}}
HUB = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/hub"


def in_azure(cast: Cast, *objects: dict[str, Any], **cluster: Any) -> Snapshot:
    """Return a healthy cluster on Overlay with Azure's network around it."""
    snapshot = e.healthy(cast)
    snapshot.files["azure.json"] = json.dumps([aks(**cluster), *objects])
    return snapshot


def network(**subnet: Any) -> dict[str, Any]:
    """Return the VNet of the nodes of `exports.healthy`."""
    peerings = subnet.pop("peerings", [])
    found = vnet(nodes=subnet, peerings=peerings)
    found["addressSpace"]["addressPrefixes"] = ["10.224.0.0/16"]
    found["subnets"][0]["addressPrefix"] = "10.224.0.0/24"
    return found


def group_blocks_pods(cast: Cast, *, faulty: bool) -> Snapshot:
    """Return an NSG that denies the pod range, or only a range that nobody uses."""
    target = "10.244.0.0/16" if faulty else "10.99.0.0/16"
    return in_azure(cast, network(**GROUP), nsg(rule("lockdown", 200, "Deny", "*", target)))


def group_blocks_server(cast: Cast, *, faulty: bool) -> Snapshot:
    """Return an NSG that denies one database in the VNet."""
    port = "1433" if faulty else "1521"
    return in_azure(
        cast, network(**GROUP),
        nsg(rule("no-sql-out", 300, "Deny", "*", "10.224.9.9", port, direction="Outbound")),
    )  # fmt: skip


def route_to_nowhere(cast: Cast, *, faulty: bool) -> Snapshot:
    """Return a default route that drops everything, or one to the Internet."""
    hop = "None" if faulty else "Internet"
    return in_azure(cast, network(**TABLE), table(("0.0.0.0/0", hop, None)))


def ports_run_out(cast: Cast, *, faulty: bool) -> Snapshot:
    """Return a pool whose nodes ask for more SNAT ports than the addresses have."""
    profile = {
        "allocatedOutboundPorts": 1024,
        "managedOutboundIPs": {"count": 1},
        "effectiveOutboundIPs": [{"id": "/x/publicIPAddresses/a"}],
    }
    return in_azure(
        cast, network(), pool={"count": 90 if faulty else 3}, loadBalancerProfile=profile
    )


def peering_is_down(cast: Cast, *, faulty: bool) -> Snapshot:
    """Return a peering to on-premises that is disconnected, or connected."""
    peering = {
        "name": "to-hub", "peeringState": "Disconnected" if faulty else "Connected",
        "allowVirtualNetworkAccess": True, "remoteVirtualNetwork": {"id": HUB},
        "remoteAddressSpace": {"addressPrefixes": ["10.80.0.0/16"]},
    }  # fmt: skip
    return in_azure(cast, network(peerings=[peering]))


def endpoint_waits(cast: Cast, *, faulty: bool) -> Snapshot:
    """Return a private endpoint that nobody approved."""
    state = {"status": "Pending" if faulty else "Approved"}
    endpoint = {
        "id": f"{SUB}/privateEndpoints/pe-sql", "name": "pe-sql", "subnet": {"id": NODES},
        "type": "Microsoft.Network/privateEndpoints",
        "privateLinkServiceConnections": [
            {"name": "c", "groupIds": ["sqlServer"], "privateLinkServiceId": "/x/servers/s1",
             "privateLinkServiceConnectionState": state}
        ],
        "customDnsConfigs": [{"fqdn": "s1.database.windows.net", "ipAddresses": ["10.224.0.77"]}],
    }  # fmt: skip
    return in_azure(cast, network(), endpoint)


def with_sidecars(snapshot: Snapshot, cast: Cast, *owners: str) -> Snapshot:
    """Give the pods of some workloads a sidecar."""
    for key, one in snapshot.objects.items():
        if one["kind"] == "Pod" and any(key.startswith(f"Pod/{cast.space}/{o}-") for o in owners):
            one["spec"]["containers"].append({"name": "istio-proxy"})
    snapshot.flows = snapshot.flows[12:]
    return snapshot


def mutual_tls(cast: Cast, *, faulty: bool) -> Snapshot:
    """Return STRICT mutual TLS, and a caller with or without a sidecar."""
    owners = (cast.server,) if faulty else (cast.server, cast.client)
    snapshot = with_sidecars(e.healthy(cast), cast, *owners)
    spec = {"mtls": {"mode": "STRICT"}}
    return snapshot.add(
        e.thing("PeerAuthentication", cast.space, "only-tls", "security.istio.io/v1", spec=spec)
    )


def plain_callers(cast: Cast, *, faulty: bool) -> Snapshot:
    """Return a DestinationRule that lets callers send plaintext to a STRICT server."""
    snapshot = mutual_tls(cast, faulty=False)
    mode = "DISABLE" if faulty else "ISTIO_MUTUAL"
    spec = {"host": f"{cast.server}.{cast.space}.svc.cluster.local",
            "trafficPolicy": {"tls": {"mode": mode}}}  # fmt: skip
    return snapshot.add(
        e.thing("DestinationRule", cast.space, "legacy-plain", "networking.istio.io/v1", spec=spec)
    )


def authorization(cast: Cast, *, faulty: bool) -> Snapshot:
    """Return an AuthorizationPolicy for someone else, or for the caller."""
    snapshot = mutual_tls(cast, faulty=False)
    who = "auditor" if faulty else "default"
    source = {"principals": [f"cluster.local/ns/{cast.space}/sa/{who}"]}
    spec = {"selector": {"matchLabels": {"app": cast.server}}, "action": "ALLOW",
            "rules": [{"from": [{"source": source}]}]}  # fmt: skip
    return snapshot.add(e.thing("AuthorizationPolicy", cast.space, "viewers",
                                "security.istio.io/v1", spec=spec))  # fmt: skip


def some_requests(cast: Cast, *, faulty: bool) -> Snapshot:
    """Return an L7 rule for GET alone, or for every request."""
    rules = {"rules": {"http": [{"method": "GET"}]}} if faulty else {}
    ports = [{"ports": [{"port": str(cast.pod_port), "protocol": "TCP"}], **rules}]
    peer = {"fromEndpoints": [{"matchLabels": {"app": cast.client}}], "toPorts": ports}
    return e.healthy(cast).add(
        e.cilium_policy(cast.space, "read-only", e.server_labels(cast), ingress=[peer])
    )


def address_waits(cast: Cast, *, faulty: bool) -> Snapshot:
    """Return a load balancer that gets no address, or has one."""
    service = e.service(cast.space, cast.server, selector=e.server_labels(cast), port=cast.port,
                        target=cast.pod_port, type="LoadBalancer")  # fmt: skip
    service["status"] = {"loadBalancer": {} if faulty else {"ingress": [{"ip": "20.61.9.9"}]}}
    snapshot = e.healthy(cast).add(service)
    if faulty:
        said = "Error syncing load balancer: PublicIPCountLimitReached: no more public addresses"
        snapshot.add(e.event(cast.space, cast.server, "SyncLoadBalancerFailed", said, "Service"))
    return snapshot
