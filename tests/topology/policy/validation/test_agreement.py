"""What validation accepts the engine imports; what it refuses the engine sets aside."""

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evals.suites.snapshots import document_of
from topology.model import Cluster
from topology.policy.cilium import schema_for
from topology.policy.kubernetes import POLICY
from topology.policy.profile import PROFILES
from topology.policy.reading import read_policies
from topology.policy.schema import Field
from topology.policy.validation.document import validate

VALUES = st.sampled_from(
    [None, True, 0, 80, -1, "", "a", "80", "0", "http", "ANY", "TCP", "world", "10.0.0.0/8",
     "a.com", "In", "Exists", "*", "Ingress", "app", [], {}]
)  # fmt: skip


def values_of(field: Field, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a field: mostly of its type, now and then of any other."""
    if depth > 9:
        return VALUES
    match field.kind:
        case "object" if field.fields:
            names = sorted(field.fields)
            inner = st.lists(st.sampled_from(names), max_size=3, unique=True).flatmap(
                lambda chosen: st.fixed_dictionaries(
                    {name: values_of(field.fields[name], depth + 1) for name in chosen}
                )
            )
        case "list" if field.item is not None:
            inner = st.lists(values_of(field.item, depth + 1), max_size=2)
        case "map":
            inner = st.dictionaries(st.sampled_from(["app", "a b", "k8s:a"]), VALUES, max_size=2)
        case "string" if field.enum:
            inner = st.sampled_from(field.enum)
        case "boolean":
            inner = st.booleans()
        case _:
            return VALUES
    return st.one_of(inner, inner, inner, inner, VALUES)


def policies(kind: str, version: str, schema: Field) -> st.SearchStrategy[dict[str, Any]]:
    return values_of(schema.fields["spec"]).map(
        lambda spec: {
            "apiVersion": version,
            "kind": kind,
            "metadata": {"name": "p", "namespace": "a"},
            "spec": spec,
        }
    )


LATEST = schema_for(PROFILES["1.18"])
ANY_POLICY = st.one_of(
    policies("CiliumNetworkPolicy", "cilium.io/v2", LATEST),
    policies("CiliumClusterwideNetworkPolicy", "cilium.io/v2", LATEST),
    policies("NetworkPolicy", "networking.k8s.io/v1", POLICY),
)


def agrees(policy: dict[str, Any], profile: str) -> bool:
    document = document_of(policy)
    _, problems = read_policies(Cluster(), [document], PROFILES[profile])
    refused = [one for one in validate(document, profile) if one.refuses]
    is_set_aside = any(one.severity == "error" for one in problems)
    return is_set_aside == any(one.origin != "schema" for one in refused)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANY_POLICY, st.sampled_from(sorted(PROFILES)))
def test_engine_and_validation_agree_on_any_policy(policy: dict[str, Any], profile: str) -> None:
    assert agrees(policy, profile)


def test_engine_and_validation_agree_on_the_policies_of_the_shared_cases(shared: Path) -> None:
    lines = (shared / "cases/cilium/verdicts.jsonl").read_text(encoding="utf-8").splitlines()
    found = [one for line in lines for one in json.loads(line)["input"]["policies"]]
    assert len(found) > 1000
    assert [one["metadata"]["name"] for one in found if not agrees(one, "1.18")] == []


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every holder in a value with the key or number of something in it."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    return [place for key in keys for place in ((value, key), *places(value[key]))]


def test_engine_and_validation_agree_on_policies_with_one_thing_changed(shared: Path) -> None:
    lines = (shared / "cases/cilium/verdicts.jsonl").read_text(encoding="utf-8").splitlines()
    found = [
        json.dumps(one) for line in lines[:200] for one in json.loads(line)["input"]["policies"]
    ]

    @settings(max_examples=400, deadline=None, database=None)
    @given(st.sampled_from(found), st.data(), VALUES)
    def check(text: str, data: st.DataObject, value: Any) -> None:
        policy = json.loads(text)
        holder, key = data.draw(st.sampled_from(places(policy["spec"])))
        holder[key] = value
        assert agrees(policy, "1.18")

    check()
