"""Whose semantics the engine follows, and the settings of the agent that change verdicts."""

from dataclasses import dataclass
from typing import Literal

from topology.errors import InvalidQuery

__all__ = ["PROFILES", "Profile", "profile_named"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A version of Cilium (or plain Kubernetes) with the agent settings that change verdicts."""

    name: Literal["1.18", "1.19", "kubernetes"] = "1.18"
    cluster_name: str = "default"
    ipv6: bool = False
    """Dual stack: the world is then `world-ipv4` and `world-ipv6`."""
    host_firewall: bool = False
    """Whether host policies (nodeSelector) act; off on AKS, where it cannot be turned on."""
    allow_localhost: Literal["always", "policy"] = "always"
    """`always`: what the pod's own node sends is let in without a rule (kubelet probes)."""
    enforcement: Literal["default", "always", "never"] = "default"
    local_cluster_only: bool = False
    """policy-default-local-cluster: selectors without a cluster mean the local one (1.19)."""
    deep_wildcards: bool = False
    """`**.` at the front of a DNS pattern stands for one or more labels (1.19)."""
    requires: bool = True
    """Whether fromRequires and toRequires exist (up to 1.18)."""
    cidr_selects_pods: bool = False
    """Plain Kubernetes: an ipBlock also matches addresses of pods and nodes."""
    l7_proxy: bool = True
    """Without it a policy with HTTP or DNS rules is not imported at all."""

    def denies_unruled(self, *, on_host: bool) -> bool:
        """Return whether an end denies what no rule allows even where no rule selects it.

        Args:
            on_host: Whether the end is the host itself, which nothing guards without its firewall.
        """
        return self.enforcement == "always" and (self.host_firewall or not on_host)


PROFILES = {
    "1.18": Profile(),
    "1.19": Profile(name="1.19", local_cluster_only=True, deep_wildcards=True, requires=False),
    "kubernetes": Profile(name="kubernetes", cidr_selects_pods=True),
}


def profile_named(profile: Profile | str) -> Profile:
    """Return a profile by name; a Profile is returned as it is.

    Raises:
        InvalidQuery: No profile has this name.
    """
    if isinstance(profile, Profile):
        return profile
    if profile not in PROFILES:
        known = ", ".join(f"`{name}`" for name in sorted(PROFILES))
        message = f"There is no profile `{profile}`."
        raise InvalidQuery(message, hint=f"Choose one of {known}.")
    return PROFILES[profile]
