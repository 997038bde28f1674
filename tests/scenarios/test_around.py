"""Faults of Azure's network, the mesh and the ways in are named, and nothing where they are not."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.diagnosis import diagnose
from tools.diagnosis_results import DiagnosisResult
from tools.workspace import Workspace
from topology.names import resolve

from . import around
from .exports import Cast, Snapshot
from .root_causes import words

CASTS = (
    Cast("claims", "adjuster", "docstore", 443, 8443, "aks-workers-11-vmss000003"),
    Cast("radio", "mixer", "encoder-pool", 8000, 8000, "aks-media-2-vmss000001"),
)
CASES: dict[str, tuple[Callable[..., Snapshot], str, tuple[str, ...]]] = {
    "NSG on the pod range": (
        around.group_blocks_pods, "lockdown",
        ("{client}'s requests to {server} just evaporate, no policy anywhere",
         "nothing can talk accross nodes since the network team touched the security group"),
    ),
    "NSG before a database": (
        around.group_blocks_server, "no-sql-out",
        ("java.net.SocketTimeoutException: connect timed out: 10.224.9.9:1433 in {client}",
         "{client} can't get to the sql server 10.224.9.9 on port 1433"),
    ),
    "default route to nowhere": (
        around.route_to_nowhere, r"0\.0\.0\.0/0",
        ("{client} pods have no internet whatsoever",
         "apt-get update hangs in {client}: Could not connect to mirror.example:80, timed out"),
    ),
    "SNAT ports": (
        around.ports_run_out, r"64,000 ports; .*93,184",
        ("outbound calls from {client} to external APIs fail intermittently under load",
         "lots of connect timeouts to public endpoints from all pods at peak hours"),
    ),
    "peering": (
        around.peering_is_down, "to-hub",
        ("{client} lost the way to the datacentre host 10.80.3.4 this weekend",
         "nc: connect to 10.80.3.4 port 1521 (tcp) failed: Connection timed out [{client}]"),
    ),
    "private endpoint": (
        around.endpoint_waits, "pe-sql",
        ("{client} fails to open a session to s1.database.windows.net:1433",
         "Login timeout expired, {client} -> s1.database.windows.net,1433"),
    ),
    "plaintext to STRICT": (
        around.mutual_tls, "only-tls",
        ("curl: (56) Recv failure: Connection reset by peer when {client} calls {server}",
         "plaintext clients such as {client} are thrown out by {server}"),
    ),
    "DestinationRule against STRICT": (
        around.plain_callers, "legacy-plain",
        ("{client} cannot talk to {server}: connection reset by peer, sidecars everywhere",
         "upstream connect error or disconnect/reset before headers ({client} -> {server})"),
    ),
    "AuthorizationPolicy": (
        around.authorization, "viewers",
        ("{client} sees RBAC: access denied from {server}",
         '"GET /a HTTP/1.1" 403 - rbac_access_denied_matched_policy[none] - "-" 0 19 0 - "-" "-" '
         '"f3" "x" "-" inbound|{port}|| - 10.244.0.30:{pod_port} 10.244.0.20:40004 -'),
    ),
    "only some requests": (
        around.some_requests, "read-only",
        ("{client}'s POST to {server} returns 403 Access denied, GET works",),
    ),
    "load balancer without address": (
        around.address_waits, "PublicIPCountLimitReached",
        ("EXTERNAL-IP of {server} stays <pending>",
         "Warning  SyncLoadBalancerFailed  4m  service-controller  Error syncing load balancer"),
    ),
}  # fmt: skip


def asked(snapshot: Snapshot, folder: Path, text: str) -> DiagnosisResult:
    result = diagnose.call(Workspace.load(snapshot.write(folder)), {"symptom": text})
    assert isinstance(result, DiagnosisResult)
    return result


@pytest.mark.parametrize("cast", CASTS, ids=lambda cast: cast.space)
@pytest.mark.parametrize("name", CASES)
def test_the_fault_is_named_where_it_is_and_nothing_where_it_is_not(
    name: str, cast: Cast, tmp_path: Path
) -> None:
    make, says, told = CASES[name]
    for number, text in enumerate(told):
        symptom = words(text.replace("{pod_port}", str(cast.pod_port)), cast)
        found = asked(make(cast, faulty=True), tmp_path / f"a{number}", symptom)
        assert found.root_cause is not None, symptom
        assert re.search(says, found.root_cause.summary), (symptom, found.root_cause.summary)
        well = asked(make(cast, faulty=False), tmp_path / f"b{number}", symptom)
        assert well.root_cause is None, (symptom, well.root_cause)


def test_the_verdict_knows_what_a_destination_rule_sends(tmp_path: Path) -> None:
    cast = CASTS[1]
    for faulty, verdict in ((True, "deny"), (False, "allow")):
        made = around.plain_callers(cast, faulty=faulty).write(tmp_path / verdict)
        network = Workspace.load(made).network
        ends = (resolve(network.cluster, name) for name in ("radio/mixer", "service:encoder-pool"))
        found = network.reach(*ends)
        assert found.verdict == verdict
        layer = found.deciding.verdict.deciding
        assert layer is not None
        assert (layer.policy == "DestinationRule/radio/legacy-plain") is faulty
