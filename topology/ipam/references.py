"""The documents that sizing rules come from, each with its date."""

from dataclasses import dataclass

__all__ = ["Reference"]

_AKS = "https://learn.microsoft.com/azure/aks/"
_SNAPSHOT = "2026-08-21"


@dataclass(frozen=True, slots=True)
class Reference:
    """A document that states a rule; `date` is its own date, or that of the copy read."""

    name: str
    date: str
    url: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.date})"


def _aks(page: str, date: str = _SNAPSHOT) -> Reference:
    return Reference(f"AKS docs, {page}", date, _AKS + page)


PLANNING = _aks("concepts-network-ip-address-planning")
OVERLAY = _aks("concepts-network-azure-cni-overlay", "2026-07-31")
OVERLAY_DEFAULTS = _aks("azure-cni-overlay", "2026-07-31")
POD_SUBNET = _aks("concepts-network-azure-cni-pod-subnet", "2024-05-21")
DYNAMIC = _aks("configure-azure-cni-dynamic-ip-allocation", "2024-07-09")
STATIC = _aks("configure-azure-cni-static-block-allocation")
LEGACY = _aks("concepts-network-legacy-cni", "2026-04-16")
KUBENET = _aks("configure-kubenet", "2026-04-16")
KUBENET_END = Reference("AKS docs, kubenet-retirement", "2026-01-14", _AKS + "configure-kubenet")
ROLLING = _aks("upgrade-aks-node-pools-rolling", "2026-05-29")
LARGE_SCALE = _aks("best-practices-performance-scale-large", "2026-06-05")
POD_PLANNING = _aks("plan-pod-networking", "2025-03-24")
LOAD_BALANCER = _aks("configure-load-balancer-standard")
NAT_GATEWAY = _aks("nat-gateway")
API_SERVER = _aks("api-server-vnet-integration")
STATIC_EGRESS = _aks("configure-static-egress-gateway", "2026-08-06")
BATCHES = Reference(
    "azure-container-networking, cns/ipampool/v2 and docs/feature/ipammath", "2026-08-20"
)
VNET_LIMITS = Reference("Azure docs, azure-virtual-network-limits", "undated")
APP_GATEWAY = Reference("Azure docs, application-gateway configuration-infrastructure", "undated")
AGC = Reference("Azure docs, application-gateway-for-containers-components", "2025-12-05")
AGC_OVERLAY = Reference(
    "Azure docs, application-gateway for-containers container-networking", "2025-03-24"
)
BASTION = Reference("Azure docs, bastion configuration-settings", "undated")
FIREWALL = Reference("microsoft/azure-skills, networking-core (secondary source)", "undated")
GATEWAY = Reference("Azure docs, ExpressRoute and VPN coexistence", "undated")
ROUTE_SERVER = Reference("secondary source; newer documents may ask for /26", "undated")
DNS_RESOLVER = Reference("Azure docs, dns-private-resolver-overview", "2022")
PRIVATE_ENDPOINT = Reference("Azure docs, private-link private-endpoint-overview", "undated")
PRIVATE_LINK = _aks("internal-lb")
FEATURES = _aks("concepts-network-cni-overview", "2026-07-10")
UPDATE_CNI = _aks("update-azure-cni", "2024-11-26")
POD_EXPAND = _aks("azure-cni-overlay-pod-expand")
CILIUM = _aks("azure-cni-powered-by-cilium", "2026-08-05")
POLICIES = _aks("use-network-policies", "2026-08-18")
NAP = _aks("node-auto-provisioning-networking")
ISTIO_EGRESS = _aks("istio-deploy-egress")
CHANGELOG = Reference("AKS release notes", "2026-08-07", "https://github.com/Azure/AKS/releases")
POD_SUBNET_TO_OVERLAY = Reference(
    "request Azure/AKS#4077", "2026-11-23", "https://github.com/Azure/AKS/issues/4077"
)
VNET_FAQ = Reference("Azure docs, virtual-networks-faq", "undated")
