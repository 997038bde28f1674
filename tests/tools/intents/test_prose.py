"""Descriptions of policies, as documentation has them, and what they leave out."""

import pytest

from evals.suites.round_trip import from_description
from tools.author import draft_request
from tools.intents import read_intent
from tools.workspace import Workspace
from topology.load import load_text
from topology.paths import Network

CILIUM = """
apiVersion: cilium.io/v2
kind: {kind}
metadata: {{name: p{home}}}
spec: {spec}
"""
MESH = """
apiVersion: security.istio.io/v1
kind: {kind}
metadata: {{name: p, namespace: bank}}
spec: {spec}
"""


def cilium(spec: str, namespace: str = "default") -> str:
    """Return a CiliumNetworkPolicy, clusterwide where no namespace is given."""
    kind = "CiliumNetworkPolicy" if namespace else "CiliumClusterwideNetworkPolicy"
    home = f", namespace: {namespace}" if namespace else ""
    return CILIUM.format(kind=kind, home=home, spec=spec)


DESCRIPTIONS = {
    "l3-in": (
        "The following example illustrates how to use a simple ingress rule to allow "
        "communication from endpoints with the label ``tier=edge`` to endpoints with the "
        "label ``tier=ledger``.",
        cilium(
            "{endpointSelector: {matchLabels: {tier: ledger}}, ingress: [{fromEndpoints: "
            "[{matchLabels: {tier: edge}}]}]}"
        ),
    ),
    "l3-out": (
        "This example demonstrates how to use a basic egress rule to permit traffic to "
        "endpoints with the label ``tier=ledger`` from endpoints with the label "
        "``tier=edge``.",
        cilium(
            "{endpointSelector: {matchLabels: {tier: edge}}, egress: [{toEndpoints: "
            "[{matchLabels: {tier: ledger}}]}]}"
        ),
    ),
    "l4": (
        "The next rule limits all endpoints with the label ``svc=crawler`` to only be able to"
        " emit packets using TCP on port 8443, to any layer 3 destination:",
        cilium(
            "{endpointSelector: {matchLabels: {svc: crawler}}, egress: [{toPorts: [{ports: "
            "[{port: '8443', protocol: TCP}]}]}]}"
        ),
    ),
    "l7": (
        "The following policy allows ``POST`` requests to the URL ``/bills`` from the "
        "endpoints with the labels ``team=till`` to endpoints with the labels "
        "``app=billing``, but requests to any other URL, or using another method, will be "
        "rejected. Requests on ports other than port 8081 will be dropped.",
        cilium(
            "{endpointSelector: {matchLabels: {app: billing}}, ingress: [{fromEndpoints: "
            "[{matchLabels: {team: till}}], toPorts: [{ports: [{port: '8081', protocol: "
            "TCP}], rules: {http: [{method: POST, path: /bills}]}}]}]}"
        ),
    ),
    "host": (
        "Permit all endpoints with the label ``kind=agent`` to access the host that is "
        "serving the particular endpoint. You can tune this with a flag of the agent.",
        cilium("{endpointSelector: {matchLabels: {kind: agent}}, egress: [{toEntities: [host]}]}"),
    ),
    "world": (
        "This rule shows how to enable access from outside of the cluster to all endpoints "
        "that have the label ``zone=dmz``.",
        cilium(
            "{endpointSelector: {matchLabels: {zone: dmz}}, ingress: [{fromEntities: [world]}]}"
        ),
    ),
    "cidr": (
        "This example shows how to allow all endpoints with the label ``app=mirror`` to talk "
        "to the external IP ``198.51.100.7``, as well as the CIDR prefix ``172.16.0.0/12``, "
        "but not CIDR prefix ``172.20.0.0/16``",
        cilium(
            "{endpointSelector: {matchLabels: {app: mirror}}, egress: [{toCIDR: "
            "[198.51.100.7/32]},{toCIDRSet: [{cidr: 172.16.0.0/12, except: "
            "[172.20.0.0/16]}]}]}"
        ),
    ),
    "service": (
        "Services without selectors are handled differently. This example shows how to allow "
        "all endpoints with the label ``id=batch`` to talk to all endpoints of Kubernetes "
        "Service ``vault`` in kubernetes namespace ``sec`` as well as all services with label"
        " ``stage=qa`` in namespace ``lab``.",
        cilium(
            "{endpointSelector: {matchLabels: {id: batch}}, egress: [{toServices: "
            "[{k8sService: {serviceName: vault, namespace: sec}},{k8sServiceSelector: "
            "{selector: {matchLabels: {stage: qa}}, namespace: lab}}]}]}"
        ),
    ),
    "expose": (
        "The following example exposes all pods with the label ``name=desk`` in the namespace"
        " ``office`` to all pods with the label ``name=kiosk`` in the namespace ``hall``. See"
        " the guide for a fully functional example.",
        cilium(
            "{endpointSelector: {matchLabels: {name: desk}}, ingress: [{fromEndpoints: "
            "[{matchLabels: {'k8s:io.kubernetes.pod.namespace': hall, name: kiosk}}]}]}",
            "office",
        ),
    ),
    "wide": (
        "`CiliumNetworkPolicy` is bound to one namespace. In the cluster, this policy will "
        "allow ingress traffic from pods matching the label ``role=probe`` from any namespace"
        " to pods matching the labels ``role=store`` in any namespace. It is a "
        "CiliumClusterwideNetworkPolicy.",
        cilium(
            "{endpointSelector: {matchLabels: {role: store}}, ingress: [{fromEndpoints: "
            "[{matchLabels: {role: probe}}]}]}",
            "",
        ),
    ),
    "worlddeny": (
        'The following policy will deny ingress from "world" on all namespaces on all Pods '
        "managed by Cilium.",
        cilium(
            "{endpointSelector: {}, ingressDeny: [{fromEntities: [world]}], ingress: "
            "[{fromEntities: [all]}]}",
            "",
        ),
    ),
    "ap-nothing": (
        "The following authorization policy applies to workloads containing label `app: "
        "ledger` in namespace `bank`. It allows\nnothing and effectively denies all requests "
        "to the selected workloads.",
        MESH.format(kind="AuthorizationPolicy", spec="{selector: {matchLabels: {app: ledger}}}"),
    ),
    "ap-nothing-ns": (
        "For example, the following authorization policy applies to all workloads in "
        "namespace `bank`. It allows nothing and effectively denies\nall requests to workloads"
        " in namespace `bank`.",
        MESH.format(kind="AuthorizationPolicy", spec="{}"),
    ),
    "ap-deny": (
        "The following is another example that sets `action` to `DENY` to create a deny "
        "policy.\nIt denies all the requests with `PUT` method on port `9000` on all workloads"
        "\nin the `bank` namespace.",
        MESH.format(
            kind="AuthorizationPolicy",
            spec="{action: DENY, rules: [{to: [{operation: {methods: [PUT], ports: ['9000']}}]}]}",
        ),
    ),
    "pa": (
        "Sidecars can take both. Policy to require mTLS traffic for all workloads under "
        "namespace `bank`:",
        MESH.format(kind="PeerAuthentication", spec="{mtls: {mode: STRICT}}"),
    ),
    "pa-port": (
        "Policy that enables strict mTLS for all `ledger` workloads, but leaves the port "
        "`9090` to\nplaintext. Note the port value refers to the port of the workload.",
        MESH.format(
            kind="PeerAuthentication",
            spec="{selector: {matchLabels: {app: ledger}}, mtls: {mode: STRICT}, portLevelMtls: "
            "{9090: {mode: DISABLE}}}",
        ),
    ),
}


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_a_description_gives_the_policy_that_it_is_of(name: str) -> None:
    description, reference = DESCRIPTIONS[name]
    trip = from_description(load_text(reference).policies, description)
    assert trip.equal, f"{trip.why}\n{trip.said}"


SHOP = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: bank}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec:
      containers: [{name: a, image: x, ports: [{containerPort: 8080}]}, {name: istio-proxy}]
"""
BANK = load_text("---".join(SHOP.replace("NAME", name) for name in ("till", "ledger", "audit")))


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("The following example shows a logical AND of two conditions.", "names no pods"),
        ("This policy adds an entity in order to check connectivity.", "names no pods"),
        (
            "- service account `cluster.local/ns/bank/sa/till` or\n- namespace `bank`\n\n"
            "to access the workload with:\n\n- `GET` method at path `/a`.",
            "Which one is meant by `the workload`?",
        ),
        ("Require JWT for all request for workloads that have label `app:ledger`:", "which issuer"),
        (
            "`fromRequires` limits what others allow. This example shows how to require every "
            "endpoint with the label `app=ledger` to be only accessible if the source endpoint "
            "also has the label `app=till`.",
            "no draft uses them. Is this meant instead: Only pods labelled `app=till`",
        ),
        ("allow egress to *.example.com only", "Whose outgoing traffic is limited?"),
        (
            "This policy restricts `app=till` pods to only communicate with `app=ledger` pods.",
            "It can be read in 2 ways",
        ),
    ],
)
def test_what_a_description_leaves_out_is_asked(text: str, question: str) -> None:
    understood = read_intent(Network.build(BANK), text)
    assert question in understood.question
    assert not understood.is_clear


def test_what_stands_before_the_announcement_and_names_something_is_asked_about() -> None:
    text = "All of this is since audit took port 22 away from us. "
    announced = "The following policy allows till to reach ledger on port 8080."
    understood = read_intent(Network.build(BANK), text + announced)
    assert understood.to_confirm
    assert "left out: `All of this" in understood.question
    assert understood.heard == "`bank/till` may reach `bank/ledger` on port 8080/TCP."


def test_what_follows_the_announcement_and_cannot_be_read_is_asked_about() -> None:
    text = (
        "The following policy allows till to reach ledger on port 8080. "
        "Whatever audit does about ledger ceases forthwith."
    )
    understood = read_intent(Network.build(BANK), text)
    assert understood.question
    assert "forthwith" in understood.question or "ceases" in understood.question


def test_a_draft_says_what_was_no_part_of_the_request() -> None:
    text = (
        "Sidecars come and go, as the weather. "
        "The next rule limits ledger to only be able to emit packets using TCP on port 8443, to "
        "any layer 3 destination:"
    )
    found = draft_request(Workspace(cluster=BANK), text)
    assert found.verified
    assert "Taken as explanation, not as part of the request: `Sidecars" in found.summary


def test_a_denial_for_everyone_is_one_for_every_namespace() -> None:
    found = draft_request(Workspace(cluster=BANK), "deny egress to 169.254.169.254 for everyone")
    assert found.verified
    assert "kind: CiliumClusterwideNetworkPolicy" in found.yaml


@pytest.mark.parametrize(
    "text",
    [
        "This policy applies to ledger. It allows nothing but till on 8080.",
        "This policy applies to ledger. It allows nothing from audit.",
        "This policy applies to ledger. It allows `GET` requests from till.",
        "Allow till to reach ledger on 8080. Unless it is night.",
        "The following policy allows till to reach ledger on 8080. Only audit is exempt, somehow.",
        "This example shows how to deny all traffic to ledger. Only till is fine.",
    ],
)
def test_what_a_further_sentence_takes_back_is_never_lost(text: str) -> None:
    understood = read_intent(Network.build(BANK), text)
    nothing = "Nothing may reach `bank/ledger`."
    assert not understood.is_clear or understood.heard != nothing
    assert understood.question or "till" in understood.heard


@pytest.mark.parametrize("rest", ["Nobody else gets in.", "No other client may get in."])
def test_others_get_into_what_was_opened_and_not_into_who_was_let(rest: str) -> None:
    text = f"The following policy allows till to reach ledger on 8080. {rest}"
    understood = read_intent(Network.build(BANK), text)
    assert understood.heard == "Only `bank/till` may reach `bank/ledger` on port 8080/TCP."
