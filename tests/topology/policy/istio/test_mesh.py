from topology.model import Cluster, Document, Namespace, Source
from topology.policy.istio.mesh import read_settings


def config_map(name: str, text: str, namespace: str = "istio-system") -> Document:
    return Document(
        kind="ConfigMap",
        api_version="v1",
        namespace=namespace,
        name=name,
        body={"data": {"mesh": text}},
        source=Source("mesh.yaml", {"data.mesh": 5}),
    )


def test_defaults_are_istios_own() -> None:
    settings, problems = read_settings(Cluster())
    assert settings.root_namespace == "istio-system"
    assert settings.trust_domains == ("cluster.local",)
    assert settings.path_normalization == "BASE"
    assert settings.providers is None
    assert problems == ()


def test_the_addon_has_a_root_namespace_of_its_own() -> None:
    by_name = Cluster(namespaces={"aks-istio-system": Namespace(name="aks-istio-system")})
    labels = {"istio.io/rev": "asm-1-24"}
    by_label = Cluster(namespaces={"shop": Namespace(name="shop", labels=labels)})
    for cluster in (by_name, by_label):
        assert read_settings(cluster)[0].root_namespace == "aks-istio-system"


def test_the_meshs_config_map_wins() -> None:
    text = """
rootNamespace: mesh-root
trustDomain: corp.example
trustDomainAliases: [old.example]
pathNormalization: {normalization: MERGE_SLASHES}
extensionProviders: [{name: opa}]
defaultConfig: {gatewayTopology: {numTrustedProxies: 2}}
"""
    settings, _ = read_settings(Cluster(documents=(config_map("istio", text),)))
    assert settings.root_namespace == "mesh-root"
    assert settings.trust_domains == ("corp.example", "old.example")
    assert settings.path_normalization == "MERGE_SLASHES"
    assert settings.providers == {"opa"}
    assert settings.trusted_hops == 2
    assert "mesh.yaml:5" in settings.origin


def test_settings_that_cannot_be_read_are_named_and_left_aside() -> None:
    settings, problems = read_settings(Cluster(documents=(config_map("istio", "a: [b"),)))
    assert settings.trust_domain == "cluster.local"
    assert [problem.code for problem in problems] == ["istio-mesh-config"]


def test_on_the_addon_the_operators_settings_win_over_the_shared_ones() -> None:
    cluster = Cluster(
        namespaces={"aks-istio-system": Namespace(name="aks-istio-system")},
        documents=(
            config_map("istio-asm-1-24", "trustDomain: own", "aks-istio-system"),
            config_map("istio-shared-configmap-asm-1-24", "trustDomain: x", "aks-istio-system"),
        ),
    )
    assert read_settings(cluster)[0].trust_domain == "own"
