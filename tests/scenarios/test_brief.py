"""The samples of the articles give what their text claims, or the answer says why not."""

from pathlib import Path

import pytest

from topology.load import load_text
from topology.load.typography import straighten
from topology.names import resolve
from topology.paths import Network, Reach, parse_http, parse_port
from topology.policy.istio.validation import review
from topology.policy.verdict import Layer

FOLDER = Path(__file__).parent / "brief"
ROOT = "aks-istio-system"
SMART_GET = "\u201cGET\u201d"


def network(*names: str, mended: bool = True) -> Network:
    text = "\n---\n".join((FOLDER / name).read_text() for name in ("cluster.yaml", *names))
    return Network.build(load_text(straighten(text) if mended else text, name="brief.yaml"))


def reach(net: Network, source: str, destination: str, http: str = "", port: str = "") -> Reach:
    return net.reach(
        resolve(net.cluster, source),
        resolve(net.cluster, destination),
        port=parse_port(port) if port else None,
        http=parse_http(http) if http else None,
    )


def layer(found: Reach, name: str) -> Layer:
    return next(each for each in found.layers if each.layer == name)


@pytest.mark.parametrize("name", ["mesh.yaml", "http.yaml"])
def test_smart_quotes_are_reported_with_what_to_type(name: str) -> None:
    problems = network(name, mended=False).cluster.problems
    (problem,) = [each for each in problems if each.code == "smart-quotes"]
    assert problem.location
    assert problem.location.line > 1
    assert "Type this instead" in problem.hint
    assert network(name).cluster.problems == ()


def test_get_is_allowed_only_once_its_quotes_are_mended() -> None:
    as_written = reach(network("mesh.yaml", mended=False), "foo/sleep", "foo/sample", "GET /")
    assert as_written.verdict == "deny"
    assert SMART_GET in layer(as_written, "authorization").reason
    mended = network("mesh.yaml")
    assert reach(mended, "foo/sleep", "foo/sample", "GET /").verdict == "allow"
    assert reach(mended, "foo/sleep", "foo/sample", "POST /").verdict == "deny"


def test_an_empty_spec_denies_the_mesh_from_the_root_namespace() -> None:
    found = reach(network("mesh.yaml"), "foo/sleep", "foo/helloworld", "GET /")
    assert found.verdict == "deny"
    assert layer(found, "authorization").policy == f"AuthorizationPolicy/{ROOT}/allow-nothing"


@pytest.mark.parametrize("namespace", ["istio-system", "default"])
def test_an_empty_spec_elsewhere_does_not_deny_the_mesh_and_the_answer_says_so(
    namespace: str,
) -> None:
    text = straighten((FOLDER / "mesh.yaml").read_text()).replace(ROOT, namespace)
    cluster = (FOLDER / "cluster.yaml").read_text()
    net = Network.build(load_text(f"{cluster}\n---\n{text}"))
    found = reach(net, "foo/sleep", "foo/helloworld", "GET /")
    assert found.verdict == "allow"
    reason = layer(found, "authorization").reason
    assert f"AuthorizationPolicy/{namespace}/allow-nothing covers namespace" in reason
    assert f"the mesh's root namespace is `{ROOT}`" in reason


def test_a_policy_in_the_root_namespace_of_another_mesh_is_a_finding() -> None:
    text = straighten((FOLDER / "mesh.yaml").read_text()).replace(ROOT, "istio-system")
    cluster = load_text((FOLDER / "cluster.yaml").read_text() + "\n---\n" + text)
    codes = [one.code for one in review(cluster)]
    assert codes.count("root-namespace") == 2


def test_strict_mutual_tls_refuses_a_client_without_sidecar() -> None:
    found = reach(network("mesh.yaml"), "default/client", "foo/sample", "GET /")
    assert found.verdict == "deny"
    assert layer(found, "mtls").policy == f"PeerAuthentication/{ROOT}/strict-mtls"


def test_names_without_a_dns_rule_are_never_learned_and_the_answer_says_so() -> None:
    net = network("fqdn.yaml")
    allowed = reach(net, "foo/sleep", "www.google.com", port="443")
    assert allowed.verdict != "allow"
    assert "no DNS rule of the pod" in layer(allowed, "egress-policy").reason
    assert reach(net, "foo/sleep", "httpbin.org", port="443").verdict == "deny"
    assert reach(net, "foo/sleep", "foo/helloworld").verdict == "allow"


def test_names_with_a_dns_rule_can_be_learned() -> None:
    text = (FOLDER / "fqdn.yaml").read_text()
    text = text.rstrip() + '\n      rules: {dns: [{matchPattern: "*"}]}\n'
    net = Network.build(load_text((FOLDER / "cluster.yaml").read_text() + "\n---\n" + text))
    assert reach(net, "foo/sleep", "www.google.com", port="443").verdict == "allow"


def test_an_empty_cilium_rule_denies_although_the_text_calls_it_all_traffic() -> None:
    net = network("default-deny.yaml")
    assert reach(net, "default/client", "default/server").verdict == "deny"
    assert reach(net, "default/server", "default/client").verdict == "deny"


def test_only_the_request_of_the_http_rule_is_allowed() -> None:
    net = network("http.yaml")
    ends = ("default/frontend", "default/backend")
    assert reach(net, *ends, "GET /data", "80").verdict == "allow"
    assert reach(net, *ends, "POST /data", "80").verdict == "deny"
    assert reach(net, *ends, "GET /data", "81").verdict == "deny"
    assert reach(net, "default/client", "default/backend", "GET /data", "80").verdict == "deny"
