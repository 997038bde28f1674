from topology.model import ContainerPort
from topology.policy.named_ports import NamedPorts
from topology.policy.profile import PROFILES
from topology.policy.rules import PortEntry

WEB = (ContainerPort(8080, "TCP", "http"), ContainerPort(9090, "TCP", "metrics"))
API = (ContainerPort(80, "TCP", "http"), ContainerPort(9090, "TCP", "metrics"))
ANY = ("TCP", "UDP", "SCTP")


def numbers(name: str, way: str, profile: str = "1.18", protocols: tuple[str, ...] = ANY) -> object:
    named = NamedPorts([WEB, API], PROFILES[profile])
    return named.numbers(PortEntry(protocols, 0, 0, name), way, WEB)  # type: ignore[arg-type]


def test_ingress_takes_the_ports_of_the_destination_itself() -> None:
    assert numbers("http", "ingress") == {"TCP": 8080}
    assert numbers("http", "ingress", protocols=("UDP",)) == {}
    assert numbers("nope", "ingress") == {}


def test_egress_takes_names_on_which_all_pods_agree() -> None:
    assert numbers("metrics", "egress") == {"TCP": 9090}
    assert numbers("http", "egress") == {}


def test_plain_kubernetes_takes_the_ports_of_the_destination_both_ways() -> None:
    assert numbers("http", "egress", "kubernetes") == {"TCP": 8080}
