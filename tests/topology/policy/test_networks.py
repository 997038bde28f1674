from ipaddress import ip_network

from topology.model import Network
from topology.policy.networks import cut, named_parts


def nets(*texts: str) -> list[Network]:
    return [ip_network(text) for text in texts]


def test_a_network_is_cut_where_others_begin_and_end() -> None:
    marks = nets("10.0.0.128/26", "192.168.0.0/16", "2001:db8::/32")
    parts = cut(ip_network("10.0.0.0/24"), marks)
    assert parts == nets("10.0.0.0/25", "10.0.0.128/26", "10.0.0.192/26")


def test_a_wider_network_does_not_cut() -> None:
    whole = ip_network("10.0.0.0/24")
    assert cut(whole, nets("10.0.0.0/8")) == [whole]


def test_the_parts_of_several_networks_do_not_overlap_and_leave_the_world_out() -> None:
    parts = named_parts(nets("10.0.0.0/31", "10.0.0.0/32", "0.0.0.0/0", "9.0.0.0/8"))
    assert parts == nets("9.0.0.0/8", "10.0.0.0/32", "10.0.0.1/32")
