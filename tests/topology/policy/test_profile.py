import pytest

from topology.errors import InvalidQuery
from topology.policy.profile import PROFILES, Profile, profile_named


def test_a_profile_is_found_by_name_and_passes_through_as_a_value() -> None:
    assert profile_named("1.19") is PROFILES["1.19"]
    own = Profile(ipv6=True)
    assert profile_named(own) is own


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(InvalidQuery, match=r"`1\.18`, `1\.19`, `kubernetes`"):
        profile_named("2.0")
