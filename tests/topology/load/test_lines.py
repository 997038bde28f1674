import json
from collections.abc import Iterator
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from topology.load import load_text

NAMES = st.from_regex(r"[a-z][a-zA-Z]{0,6}", fullmatch=True)
TREES = st.recursive(
    st.integers(0, 9),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4),
        st.dictionaries(NAMES, inner, min_size=1, max_size=4),
    ),
    max_leaves=20,
)

TWO_POLICIES = """\
# A comment before.
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: first
spec:
  endpointSelector: {}
---

apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: second
spec:
  ingress:
  - fromEndpoints:
    - matchLabels:
        app: web
    toPorts:
    - ports:
      - port: "80"
      - port: "443"
        protocol: TCP
"""


def unique(tree: Any, counter: Iterator[int]) -> Any:
    """Give every key and every leaf of a tree a word that occurs once."""
    if isinstance(tree, dict):
        return {f"{key}{next(counter)}k": unique(value, counter) for key, value in tree.items()}
    if isinstance(tree, list):
        return [unique(item, counter) for item in tree]
    return f"leaf{next(counter)}x"


def words(tree: Any, path: str = "spec") -> Iterator[tuple[str, str]]:
    """Yield each path of a tree with the word that its line must show."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield f"{path}.{key}", key
            yield from words(value, f"{path}.{key}")
    elif isinstance(tree, list):
        for index, item in enumerate(tree):
            inner = f"{path}[{index}]"
            if isinstance(item, str):
                yield inner, item
            yield from words(item, inner)


def counted() -> Iterator[int]:
    number = 0
    while True:
        yield number
        number += 1


def object_of(spec: Any, name: str) -> dict[str, Any]:
    kind = "CiliumNetworkPolicy"
    return {
        "apiVersion": "cilium.io/v2",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }


def check_lines(text: str, specs: list[Any]) -> None:
    lines = text.split("\n")
    policies = load_text(text).policies
    assert len(policies) == len(specs)
    for policy, spec in zip(policies, specs, strict=True):
        for path, word in words(spec):
            assert word in lines[policy.source.at(path).line - 1]


@given(st.lists(TREES, min_size=1, max_size=3))
def test_every_field_of_random_yaml_points_at_its_line(trees: list[Any]) -> None:
    counter = counted()
    specs = [unique(tree, counter) for tree in trees]
    objects = [object_of(spec, f"p{index}") for index, spec in enumerate(specs)]
    check_lines(yaml.safe_dump_all(objects), specs)
    check_lines(yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": objects}), specs)


@given(st.lists(TREES, min_size=1, max_size=3), st.sampled_from([None, 1, 4]))
def test_every_field_of_random_json_points_at_its_line(
    trees: list[Any], indent: int | None
) -> None:
    counter = counted()
    specs = [unique(tree, counter) for tree in trees]
    objects = [object_of(spec, f"p{index}") for index, spec in enumerate(specs)]
    whole = {"apiVersion": "v1", "kind": "List", "items": objects}
    check_lines(json.dumps(whole, indent=indent), specs)
    check_lines("\n".join(json.dumps(one, indent=indent) for one in objects), specs)
    rows = ",\n".join(json.dumps(one) for one in objects)
    check_lines(f'{{"apiVersion": "v1", "kind": "List", "items": [\n{rows}\n]}}', specs)


def test_lines_are_absolute_in_a_multi_document_file() -> None:
    first, second = load_text(TWO_POLICIES, name="p.yaml").policies
    assert str(first.source.at()) == "p.yaml:2"
    assert str(second.source.at()) == "p.yaml:10"
    assert str(second.source.at("spec.ingress[0].toPorts[0].ports[1].port")) == "p.yaml:22"
    assert str(second.source.at("spec.ingress[0].toPorts[0].ports[1].protocol")) == "p.yaml:23"


def test_a_field_that_is_not_there_points_at_the_nearest_one_around_it() -> None:
    _, second = load_text(TWO_POLICIES, name="p.yaml").policies
    assert second.source.at("spec.ingress[0].toPorts[0].ports[0].endPort").line == 21
    assert second.source.at("spec.egress").line == 14


def test_windows_line_ends_count_as_one_line() -> None:
    _, second = load_text(TWO_POLICIES.replace("\n", "\r\n")).policies
    assert second.source.at("spec.ingress[0].toPorts").line == 19


def test_items_of_a_list_in_a_file_with_letters_beyond_ascii_keep_their_lines() -> None:
    rows = [json.dumps(object_of({"a": "é" * 9}, f"p{i}"), ensure_ascii=False) for i in range(3)]
    text = '{"kind": "List", "items": [' + ",\n".join(rows) + "]}"
    assert [one.source.at("spec.a").line for one in load_text(text).policies] == [1, 2, 3]


def test_large_files_keep_the_field_lines_of_policies_and_the_line_of_every_object() -> None:
    filler = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"p{i}", "labels": {"x": "y" * 90}},
        }
        for i in range(15_000)
    ]
    whole = {"apiVersion": "v1", "kind": "List", "items": [*filler, object_of({"a": [1]}, "q")]}
    for text in (json.dumps(whole, indent=4), yaml.dump(whole, Dumper=yaml.CSafeDumper)):
        cluster = load_text(text)
        lines = text.split("\n")
        at = cluster.policies[0].source.at("spec.a[0]").line
        assert lines[at - 1].strip() in ("1", "- 1")
        last = cluster.pods[-1]
        assert last.location is not None
        nearby = "\n".join(lines[last.location.line - 1 : last.location.line + 8])
        assert last.name in nearby
