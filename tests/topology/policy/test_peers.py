from ipaddress import ip_address, ip_network

import pytest

from topology.policy.fqdn import NamePattern
from topology.policy.identities import Identity, reserved
from topology.policy.peers import AddressPeer, NamePeer

WORLD = reserved("world", dual_stack=False)
HIDDEN = Identity("api.example.com", {}, outside=True, hidden_address=True, family=4)


def outside(address: str, *names: str) -> Identity:
    return Identity(
        address, {}, addresses=(ip_address(address),), names=frozenset(names), outside=True
    )


def cidr(*networks: str, excepts: tuple[str, ...] = (), pods: bool = False) -> AddressPeer:
    return AddressPeer(tuple(map(ip_network, networks)), tuple(map(ip_network, excepts)), pods=pods)


@pytest.mark.parametrize(
    ("peer", "identity", "expected"),
    [
        (cidr("10.0.0.0/8"), outside("10.1.2.3"), True),
        (cidr("10.0.0.0/8", excepts=("10.1.0.0/16",)), outside("10.1.2.3"), False),
        (cidr("10.0.0.0/8"), outside("2001:db8::1"), False),
        (cidr("10.0.0.0/8"), WORLD, False),
        (cidr("0.0.0.0/0"), WORLD, True),
        (cidr("0.0.0.0/0", excepts=("10.0.0.0/8",)), WORLD, True),
        (cidr("10.0.0.0/8"), HIDDEN, None),
        (cidr("0.0.0.0/0"), HIDDEN, True),
        (cidr("0.0.0.0/0", excepts=("10.0.0.0/8",)), HIDDEN, None),
        (cidr(), HIDDEN, False),
    ],
)
def test_a_cidr_means_addresses_outside(
    peer: AddressPeer, identity: Identity, expected: bool | None
) -> None:
    assert peer.matches(identity) is expected


def test_a_cidr_never_means_a_pod_but_in_plain_kubernetes() -> None:
    pod = Identity("shop/web", {}, addresses=(ip_address("10.0.0.1"),))
    assert cidr("0.0.0.0/0").matches(pod) is False
    assert cidr("10.0.0.0/8", pods=True).matches(pod) is True


def test_a_name_means_the_addresses_learned_for_it() -> None:
    peer = NamePeer(NamePattern.pattern("*.example.com", deep=False))
    assert peer.matches(outside("1.2.3.4", "www.example.com"))
    assert not peer.matches(outside("1.2.3.4"))
