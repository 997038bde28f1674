from ipaddress import ip_network

import pytest

from topology.policy.fqdn import NamePattern
from topology.policy.labels import CLUSTER, NAMESPACE, NAMESPACE_LABELS
from topology.policy.peers import AddressPeer, NamePeer, Peer, SelectorPeer
from topology.policy.selectors import Requirement, Selector, exists, one_of
from topology.policy.wording import describe_peer


def chosen(*requirements: Requirement) -> SelectorPeer:
    return SelectorPeer(Selector(frozenset(requirements)))


@pytest.mark.parametrize(
    ("peer", "words"),
    [
        (chosen(), "anyone"),
        (chosen(exists("reserved", "host")), "the entity `host`"),
        (
            chosen(one_of("k8s", "app", "web"), one_of("k8s", NAMESPACE, "shop")),
            "pods with `app=web` in namespace `shop`",
        ),
        (chosen(exists("k8s", NAMESPACE)), "pods in any namespace"),
        (
            chosen(one_of("any", NAMESPACE_LABELS + "team", "red"), one_of("k8s", CLUSTER, "c")),
            "pods in namespaces with `team=red`",
        ),
        (
            AddressPeer((ip_network("10.0.0.0/8"),), (ip_network("10.1.0.0/16"),)),
            "addresses in `10.0.0.0/8 except 10.1.0.0/16`",
        ),
        (
            NamePeer(NamePattern.pattern("*.example.com", deep=False)),
            "addresses of the DNS name `*.example.com`",
        ),
    ],
)
def test_a_peer_is_described_as_a_person_would(peer: Peer, words: str) -> None:
    assert describe_peer(peer) == words
