"""The mesh's own settings, as far as the input tells them.

Source: istio pkg/config/mesh/mesh.go (defaults); for the AKS add-on Microsoft's istio-meshconfig
page: root namespace `aks-istio-system`, ConfigMaps named `istio-shared-configmap-<revision>`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import yaml

from topology.model import Cluster, Document, Problem
from topology.policy.istio.bodies import mapping
from topology.policy.istio.identities import LOCAL_TRUST_DOMAIN
from topology.policy.istio.paths import Normalization

__all__ = ["ADDON_NAMESPACE", "MeshSettings", "read_settings"]

ADDON_NAMESPACE = "aks-istio-system"
DEFAULT_NAMESPACE = "istio-system"
_REVISION = "istio.io/rev"
_ADDON_REVISION = "asm-"
_SHARED = "istio-shared-configmap-"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshSettings:
    """What of the mesh's settings decides verdicts."""

    root_namespace: str = DEFAULT_NAMESPACE
    trust_domain: str = LOCAL_TRUST_DOMAIN
    trust_domain_aliases: tuple[str, ...] = ()
    path_normalization: Normalization = "BASE"
    providers: frozenset[str] | None = None
    """Names of the external authorizers; None where the mesh's ConfigMap is not in the input."""
    http_providers: frozenset[str] = frozenset()
    """Those among them that speak HTTP and so cannot judge other connections."""
    trusted_hops: int = 0
    """Proxies before a gateway whose X-Forwarded-For entries it trusts."""
    is_addon: bool = False
    """Whether this is the Istio add-on of AKS."""
    origin: str = "Istio's defaults"
    """Where the settings come from, for explanations."""

    @property
    def trust_domains(self) -> tuple[str, ...]:
        """Return the mesh's trust domain, then its aliases."""
        return (self.trust_domain, *self.trust_domain_aliases)


def read_settings(cluster: Cluster) -> tuple[MeshSettings, tuple[Problem, ...]]:
    """Return the settings of a cluster's mesh, and what could not be read of them."""
    addon = is_addon(cluster)
    namespace = ADDON_NAMESPACE if addon else DEFAULT_NAMESPACE
    settings = MeshSettings(root_namespace=namespace, is_addon=addon)
    problems: list[Problem] = []
    for document in _config_maps(cluster.documents, namespace):
        text = mapping(document.body.get("data")).get("mesh")
        try:
            content = yaml.safe_load(text) if isinstance(text, str) else {}
        except yaml.YAMLError:
            problems.append(
                Problem(
                    severity="warning",
                    code="istio-mesh-config",
                    message=f"{document.key} holds no readable mesh settings under `data.mesh`.",
                    hint="Istio's defaults are used instead.",
                    location=document.source.at("data.mesh"),
                )
            )
            continue
        settings = _overlay(settings, mapping(content), document)
    return settings, tuple(problems)


def is_addon(cluster: Cluster) -> bool:
    """Return whether the mesh is the Istio add-on of AKS."""
    labels = [namespace.labels for namespace in cluster.namespaces.values()]
    revisions = {each[_REVISION] for each in labels if _REVISION in each}
    if any(revision.startswith(_ADDON_REVISION) for revision in revisions):
        return True
    own = cluster.namespaces.get(ADDON_NAMESPACE)
    if own is None or own.declared:
        return own is not None
    # Only an object names the namespace: that counts where nothing tells of another mesh.
    other = cluster.namespaces.get(DEFAULT_NAMESPACE)
    return not revisions and not (other and other.declared)


def _config_maps(documents: Iterable[Document], namespace: str) -> list[Document]:
    """Return the mesh's ConfigMaps; on the add-on the operator's own settings come last and win."""
    found = [
        document
        for document in documents
        if document.kind == "ConfigMap"
        and document.namespace == namespace
        and (
            document.name == "istio" or document.name.startswith(("istio-asm-", _SHARED, "istio-"))
        )
        and "mesh" in mapping(document.body.get("data"))
    ]
    return sorted(found, key=lambda one: (not one.name.startswith(_SHARED), one.name))


def _overlay(
    settings: MeshSettings, content: Mapping[str, Any], document: Document
) -> MeshSettings:
    """Return settings with what one ConfigMap says laid over them."""
    mode: Any = mapping(content.get("pathNormalization")).get("normalization")
    defaults = mapping(content.get("defaultConfig"))
    hops = mapping(defaults.get("gatewayTopology")).get("numTrustedProxies")
    aliases = content.get("trustDomainAliases")
    found = content.get("extensionProviders") or []
    providers = [mapping(each) for each in found if isinstance(found, list)]
    names = {str(each.get("name")) for each in providers}
    speaking_http = {str(each.get("name")) for each in providers if "envoyExtAuthzHttp" in each}
    return MeshSettings(
        root_namespace=str(content.get("rootNamespace") or settings.root_namespace),
        trust_domain=str(content.get("trustDomain") or settings.trust_domain),
        trust_domain_aliases=tuple(str(each) for each in aliases)
        if isinstance(aliases, list)
        else settings.trust_domain_aliases,
        path_normalization=mode if mode in get_args(Normalization) else settings.path_normalization,
        providers=frozenset(names | (settings.providers or frozenset())),
        http_providers=settings.http_providers | speaking_http,
        trusted_hops=hops if isinstance(hops, int) else settings.trusted_hops,
        is_addon=settings.is_addon,
        origin=f"{document.key} ({document.source.at('data.mesh')})",
    )
