from hypothesis import given
from hypothesis import strategies as st

from topology.policy.identities import Identity, IdentityIndex, reserved
from topology.policy.selectors import Requirement, Selector

KEYS, VALUES = st.sampled_from(("app", "tier")), st.sampled_from(("a", "b"))
SOURCES = st.sampled_from(("k8s", "reserved"))
LABELS = st.dictionaries(KEYS, st.tuples(SOURCES, VALUES), max_size=2)
REQUIREMENTS = st.builds(
    Requirement,
    st.sampled_from(("any", "k8s", "reserved")),
    KEYS,
    st.sampled_from(("In", "NotIn", "Exists", "DoesNotExist")),
    st.frozensets(VALUES, min_size=1),
)


@given(st.lists(LABELS, max_size=6), st.frozensets(REQUIREMENTS, max_size=3))
def test_the_index_selects_what_one_by_one_matching_selects(
    labels: list[dict[str, tuple[str, str]]], requirements: frozenset[Requirement]
) -> None:
    identities = [Identity(str(number), one) for number, one in enumerate(labels)]
    selector = Selector(requirements)
    expected = [n for n, one in enumerate(labels) if selector.matches(one)]
    index = IdentityIndex(identities)
    assert index.members(index.select(selector)) == expected
    assert [n for n, one in enumerate(identities) if one.selected_by(selector)] == expected


def test_the_world_of_a_dual_stack_cluster_is_no_address() -> None:
    assert reserved("world", dual_stack=False).outside
    assert not reserved("world-ipv4", dual_stack=False).outside
    assert not reserved("world", dual_stack=True).outside
    assert reserved("world-ipv6", dual_stack=True).family == 6


def test_only_the_node_itself_is_the_host() -> None:
    assert reserved("host", dual_stack=False).is_host
    assert not reserved("remote-node", dual_stack=False).is_host
