from typing import Any

import pytest

from topology.policy.fields import Rejected, listing, mapping, read_requirements, text


def test_absent_fields_are_empty() -> None:
    assert mapping(None, "x") == {}
    assert listing(None, "x") is None
    assert text(None, "x") is None
    assert read_requirements(None, "x") == []


@pytest.mark.parametrize(
    ("read", "value", "fix"),
    [
        (mapping, ["a"], "Write fields here."),
        (listing, {"a": 1}, "Begin each item with `-`."),
        (text, 80, 'Put it in quotes: "80".'),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_with_the_fix(read: Any, value: Any, fix: str) -> None:
    with pytest.raises(Rejected) as caught:
        read(value, "spec.x")
    (fault,) = caught.value.faults
    assert (fault.code, fault.path, fault.fix) == ("wrong-type", "spec.x", fix)


@pytest.mark.parametrize(
    "selector",
    [
        {"matchLabels": {"a b": "x"}},
        {"matchLabels": {"a": "-x"}},
        {"matchLabels": {"a": "x" * 64}},
        {"matchLabels": {"Upper.Domain/x": "y"}},
        {"matchExpressions": [{"key": "a", "operator": "In"}]},
        {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]},
        {"matchExpressions": [{"key": "a", "operator": "Lt", "values": ["1"]}]},
    ],
)
def test_a_selector_that_kubernetes_refuses_is_refused(selector: dict[str, Any]) -> None:
    with pytest.raises(Rejected) as caught:
        read_requirements(selector, "x")
    assert caught.value.faults[0].code == "label-selector"


def test_keys_carry_their_source_unless_it_is_given() -> None:
    (requirement,) = read_requirements({"matchLabels": {"k8s:app": "web"}}, "x")
    assert (requirement.source, requirement.key) == ("k8s", "app")
    (requirement,) = read_requirements({"matchLabels": {"app": "web"}}, "x", source="k8s")
    assert requirement.source == "k8s"
