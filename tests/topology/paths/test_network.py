"""One request through every layer."""

from ipaddress import ip_address

import pytest

from topology.errors import InvalidQuery
from topology.load import load, load_text
from topology.paths import Network, Reach, parse_http, parse_port
from topology.samples import sample_path
from topology.targets import AddressTarget, EntityTarget, NamespaceTarget, ServiceTarget

SHOP = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/rev: default}}
---
apiVersion: v1
kind: Namespace
metadata: {name: tools}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {serviceAccountName: web, containers: [{name: c, image: x}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      serviceAccountName: api
      containers:
      - name: c
        image: x
        ports: [{containerPort: 8080, name: http}, {containerPort: 9090, name: metrics}]
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec:
  clusterIP: 10.2.0.10
  selector: {app: api}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: v1
kind: Service
metadata: {name: nowhere, namespace: shop}
spec: {selector: {app: gone}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: partner, namespace: shop}
spec: {type: ExternalName, externalName: api.partner.example}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 8080}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  rules:
  - from: [{source: {principals: ["cluster.local/ns/shop/sa/web"]}}]
    to: [{operation: {methods: [GET]}}]
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: tools}
spec: {hostNetwork: true, nodeName: n1, containers: [{name: c, image: x}]}
status: {podIP: 10.1.0.4}
---
apiVersion: v1
kind: Pod
metadata: {name: probe, namespace: tools, labels: {app: probe}}
spec: {nodeName: n1, containers: [{name: c, image: x}]}
status: {podIP: 10.0.0.9}
"""


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.build(load_text(SHOP, name="shop.yaml"))


def reach(network: Network, source: str, destination: str, port: str = "", http: str = "") -> Reach:
    return network.reach(
        network.names.resolve(source),
        network.names.resolve(destination),
        port=parse_port(port) if port else None,
        http=parse_http(http) if http else None,
    )


def test_a_service_is_followed_to_the_port_of_its_pods(network: Network) -> None:
    found = reach(network, "shop/web", "service:shop/api")
    assert [layer.layer for layer in found.layers] == [
        "egress-policy",
        "service",
        "ingress-policy",
        "mtls",
        "authorization",
    ]
    port = found.ports[0]
    assert (port.port, port.service_port, str(port)) == (8080, 80, "80/TCP")
    assert (found.verdict, found.l7, found.conditions) == ("allow", "conditional", ("GET",))


def test_a_request_is_decided_at_the_last_layer(network: Network) -> None:
    assert reach(network, "shop/web", "service:shop/api", http="GET /x").allowed
    found = reach(network, "shop/web", "service:shop/api", http="POST /x")
    assert (found.verdict, found.l7) == ("deny", "deny")
    assert found.deciding.verdict.deciding is not None
    assert found.deciding.verdict.deciding.policy == "AuthorizationPolicy/shop/api"


def test_without_a_port_each_port_of_the_pod_is_answered(network: Network) -> None:
    found = reach(network, "shop/web", "shop/api")
    assert [(str(port), port.verdict.verdict) for port in found.ports] == [
        ("8080/TCP", "allow"),
        ("9090/TCP", "deny"),
    ]
    assert found.verdict == "allow"


def test_a_port_can_be_asked_for_by_its_name(network: Network) -> None:
    assert reach(network, "shop/web", "shop/api", "metrics").ports[0].port == 9090
    assert reach(network, "shop/web", "service:shop/api", "http").ports[0].port == 8080


def test_a_name_that_no_port_has_is_refused_with_those_there_are(network: Network) -> None:
    with pytest.raises(InvalidQuery) as caught:
        reach(network, "shop/web", "shop/api", "grpc")
    assert "`grpc`" in caught.value.message
    assert "`http`" in caught.value.hint


def test_a_port_that_a_service_does_not_have_is_a_denial(network: Network) -> None:
    found = reach(network, "shop/web", "service:shop/api", "81")
    assert found.verdict == "deny"
    assert "has no port `81/TCP`; it has 80/TCP" in found.layers[1].reason


def test_a_service_without_backends_leads_nowhere(network: Network) -> None:
    found = reach(network, "shop/web", "service:shop/nowhere")
    assert found.verdict == "deny"
    assert [layer.verdict for layer in found.layers] == ["none", "deny", "none"]


def test_an_external_name_is_asked_about_as_that_name(network: Network) -> None:
    found = reach(network, "shop/web", "service:shop/partner", "443")
    assert found.verdict == "allow"
    assert "another name for `api.partner.example`" in found.layers[1].reason


def test_the_address_of_a_service_means_the_service(network: Network) -> None:
    target = network.names.resolve("shop/web")
    found = network.reach(target, AddressTarget(ip_address("10.2.0.10")), port=parse_port("80"))
    assert found.layers[1].layer == "service"


def test_the_address_of_a_pod_means_the_pod(network: Network) -> None:
    found = network.reach(AddressTarget(ip_address("10.0.0.9")), network.names.resolve("shop/api"))
    assert found.layers[0].verdict == "allow"
    assert found.verdict == "deny"


def test_a_denial_without_a_rule_names_the_policy_that_causes_it(network: Network) -> None:
    document = reach(network, "tools/probe", "shop/api", "8080").to_dict()
    layer = next(one for one in document["layers"] if one["verdict"] == "deny")
    assert layer["policy"] == "NetworkPolicy/shop/api"
    assert layer["location"].startswith("shop.yaml:")


def test_the_document_has_the_fields_of_the_contract(network: Network) -> None:
    document = reach(network, "shop/web", "service:shop/api", "80", "GET /x").to_dict()
    assert {"allowed", "verdict", "layers", "l7", "source", "destination", "ports"} <= set(document)
    assert document["request"] == {
        "port": 80,
        "protocol": "TCP",
        "http": {"method": "GET", "path": "/x", "host": "", "headers": []},
        "sni": None,
    }
    fields = {"layer", "direction", "enforced", "verdict", "policy", "rule", "location", "reason"}
    assert all(fields <= set(layer) for layer in document["layers"])


def test_a_destination_without_ports_is_asked_about_every_port(network: Network) -> None:
    found = reach(network, "shop/api", "tools/probe")
    assert (found.verdict, found.ports[0].port, found.ports[0].open_ports) == (
        "allow",
        None,
        "every port",
    )
    found = reach(network, "tools/probe", "world")
    assert found.ports[0].open_ports == "every port"


def test_a_pod_that_speaks_to_itself_meets_no_policy(network: Network) -> None:
    found = reach(network, "tools/probe", "tools/probe", "80")
    assert found.verdict == "allow"
    assert "traffic within a pod meets no policy" in found.layers[0].reason


def test_a_workload_that_speaks_to_itself_is_about_two_of_its_pods(network: Network) -> None:
    found = reach(network, "shop/api", "shop/api", "8080")
    assert found.verdict == "deny"
    assert any("two of its pods" in note for note in found.notes)


def test_a_pod_on_its_nodes_network_counts_as_the_node(network: Network) -> None:
    found = reach(network, "shop/web", "tools/agent", "80")
    assert any("uses the network of its node" in note for note in found.notes)


def test_a_lower_case_method_is_kept_and_noted(network: Network) -> None:
    found = reach(network, "shop/web", "service:shop/api", http="get /x")
    assert found.verdict == "deny"
    assert any("`get` is not `GET`" in note for note in found.notes)


def test_an_empty_namespace_cannot_be_asked_about(network: Network) -> None:
    with pytest.raises(InvalidQuery):
        network.reach(NamespaceTarget("empty"), EntityTarget("world"))


CANARY = """
apiVersion: v1
kind: Namespace
metadata: {name: a}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: api-1, namespace: a, ownerReferences: [{kind: Deployment, name: api}]}
spec: {selector: {matchLabels: {app: api}}}
---
apiVersion: v1
kind: Pod
metadata:
  {name: api-1-x, namespace: a, labels: {app: api, track: stable},
   ownerReferences: [{kind: ReplicaSet, name: api-1, controller: true}]}
spec: {containers: [{name: c, image: x, ports: [{containerPort: 80}]}]}
status: {podIP: 10.0.0.1, phase: Running}
---
apiVersion: v1
kind: Pod
metadata:
  {name: api-1-y, namespace: a, labels: {app: api, track: canary},
   ownerReferences: [{kind: ReplicaSet, name: api-1, controller: true}]}
spec: {containers: [{name: c, image: x, ports: [{containerPort: 80}]}]}
status: {podIP: 10.0.0.2, phase: Running}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: a}
spec: {selector: {app: api}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: canary, namespace: a}
spec: {podSelector: {matchLabels: {track: canary}}, policyTypes: [Ingress]}
"""


def test_pods_that_do_not_agree_are_listed_with_what_each_gets() -> None:
    network = Network.build(load_text(CANARY))
    service = ServiceTarget(network.cluster.services[0])
    found = network.reach(EntityTarget("world"), service)
    assert found.verdict == "deny"
    assert {group.destinations: group.verdict.verdict for group in found.groups} == {
        ("a/api-1-x",): "allow",
        ("a/api-1-y",): "deny",
    }
    assert any("the pods do not agree" in note for note in found.notes)


def test_a_cluster_without_istio_has_no_layers_of_it() -> None:
    network = Network.build(load_text(CANARY))
    found = network.reach(EntityTarget("world"), ServiceTarget(network.cluster.services[0]))
    assert {layer.layer for layer in found.layers} == {"egress-policy", "service", "ingress-policy"}


HOSTS = """
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: a}
spec: {hostNetwork: true, nodeName: n1, containers: [{name: c, image: x}]}
---
apiVersion: v1
kind: Pod
metadata: {name: near, namespace: a, labels: {app: db}}
spec: {nodeName: n1, containers: [{name: c, image: x}]}
---
apiVersion: v1
kind: Pod
metadata: {name: far, namespace: a, labels: {app: db}}
spec: {nodeName: n2, containers: [{name: c, image: x}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: a}
spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress]}
"""


def test_a_host_pod_is_another_peer_to_the_pods_of_its_own_node() -> None:
    network = Network.build(load_text(HOSTS))
    found = network.reach(
        network.names.resolve("a/agent"), NamespaceTarget("a"), port=parse_port("80")
    )
    got = {group.destinations: group.verdict.verdict for group in found.groups}
    assert got[("a/far",)] == "deny"
    assert all("a/near" not in names or verdict == "allow" for names, verdict in got.items())


@pytest.fixture(scope="module")
def sample() -> Network:
    return Network.build(load([sample_path()]))


def test_a_group_stands_for_every_pair_of_its_pods(sample: Network) -> None:
    shop = NamespaceTarget("shop")
    found = sample.reach(shop, shop)
    assert found.partial
    for port in found.ports:
        for group in port.groups:
            for source in group.sources:
                # A pod towards itself meets no policy; a workload towards itself means replicas.
                for destination in set(group.destinations) - {source}:
                    single = sample.reach(
                        sample.names.resolve(source),
                        sample.names.resolve(destination),
                        port=parse_port(str(port)),
                    )
                    assert single.verdict == group.verdict.verdict, (source, destination)


def test_workloads_of_a_namespace_are_asked_for_their_own_ports(sample: Network) -> None:
    shop = NamespaceTarget("shop")
    (database,) = (port for port in sample.reach(shop, shop).ports if port.port == 5432)
    assert {name for group in database.groups for name in group.destinations} == {"shop/db-0"}


LISTENER = """
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: a, labels: {app: api}}
spec: {containers: [{name: c, image: x, ports: [{containerPort: 9000}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: quiet, namespace: a}
spec: {containers: [{name: c, image: x}]}
"""
CLOSED = """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: a}
spec: {podSelector: {matchLabels: {app: api}}, policyTypes: [Ingress]}
"""


@pytest.mark.parametrize(
    ("text", "destination", "port", "said"),
    [
        (LISTENER, "a/api", "9090", True),
        (LISTENER, "a/api", "9000", False),
        # It declares no port at all, so nothing can be told.
        (LISTENER, "a/quiet", "9090", False),
        # That it is denied is the answer.
        (LISTENER + CLOSED, "a/api", "9090", False),
    ],
)
def test_a_port_that_pods_do_not_declare_is_noted_where_it_is_open(
    text: str, destination: str, port: str, said: bool
) -> None:
    network = Network.build(load_text(text))
    found = network.reach(
        EntityTarget("world"), network.names.resolve(destination), port=parse_port(port)
    )
    assert any("declares 9000, not 9090" in note for note in found.notes) == said
