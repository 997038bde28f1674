"""Everything that can be said about an Istio policy before it is applied.

`validate` needs the policy alone: what the admission webhook refuses or warns about, and what is
allowed and rarely meant. `review` looks at the policies of a cluster in their place, too.
"""

from collections.abc import Iterable

from topology.model import Cluster, Document
from topology.policy.istio.admission import check_admission
from topology.policy.istio.engine import MeshPolicies
from topology.policy.istio.situations import Situations
from topology.policy.istio.traps import find_traps
from topology.policy.validation import Finding, in_order

__all__ = ["review", "validate"]


def validate(document: Document) -> tuple[Finding, ...]:
    """Return what Istio's webhook says of a policy, and what of it is likely not meant.

    Args:
        document: An AuthorizationPolicy, PeerAuthentication or RequestAuthentication; nothing is
            found about other kinds.
    """
    return in_order((*check_admission(document), *find_traps(document)))


def review(
    cluster: Cluster,
    *,
    mesh: MeshPolicies | None = None,
    documents: Iterable[Document] | None = None,
) -> tuple[Finding, ...]:
    """Return what is to be said about the Istio policies of a cluster.

    Args:
        cluster: With its policies.
        mesh: Built from the cluster, if there is one already.
        documents: Only these of the cluster's policies.
    """
    built = mesh or MeshPolicies.build(cluster)
    situations = Situations(cluster, built.index)
    chosen = cluster.policies if documents is None else tuple(documents)
    return in_order(
        finding
        for document in chosen
        for finding in (*validate(document), *situations.find(document))
    )
