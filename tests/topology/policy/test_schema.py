"""Our model of Cilium's policies beside the CustomResourceDefinitions that Cilium ships."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from topology.policy.cilium import schema_for
from topology.policy.fields import Rejected
from topology.policy.profile import PROFILES
from topology.policy.schema import Field, each, fits, is_clean, limits, of, unknown_fields

TYPES = {"list": "array", "map": "object", "number-or-text": "int-or-string", "any": ""}
LIMITS = (
    "enum", "pattern", "maxLength", "minLength", "minimum", "maximum", "maxItems", "minItems",
    "required",
)  # fmt: skip
LEFT_TO_THE_PARSER = re.compile(
    # Its names of ICMP types are the parser's; what stands in fromRequires of 1.19 is refused.
    r"icmps\[\]\.fields\[\]\.type pattern$|(from|to)Requires\[\] type$"
)
TEXT = Field(kind="string")

CRDS = [
    ("1.19", "ciliumnetworkpolicies.yaml"),
    ("1.19", "ciliumclusterwidenetworkpolicies.yaml"),
    ("1.18", "1.18.10/ciliumnetworkpolicies.yaml"),
    ("1.18", "1.18.10/ciliumclusterwidenetworkpolicies.yaml"),
]


def of_cilium(node: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    kind = "int-or-string" if node.get("x-kubernetes-int-or-string") else node.get("type", "")
    yield f"{path} type", kind
    for name in LIMITS:
        if name in node:
            value = node[name]
            yield f"{path} {name}", sorted(value) if isinstance(value, list) else value
    for name in ("oneOf", "anyOf"):
        names = sorted({one for option in node.get(name, ()) for one in option.get("required", ())})
        if names:
            yield f"{path} {name}", names
    if node.get("format") == "cidr":
        yield f"{path} format", "cidr"
    for name, inner in node.get("properties", {}).items():
        if not (path == "" and name in ("metadata", "status")):
            yield from of_cilium(inner, f"{path}.{name}")
    for name, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if isinstance(node.get(name), dict):
            yield from of_cilium(node[name], path + mark)


def of_ours(field: Field, path: str) -> Iterator[tuple[str, Any]]:
    yield f"{path} type", TYPES.get(field.kind, field.kind)
    least, most = ("minItems", "maxItems") if field.kind == "list" else ("minimum", "maximum")
    for name, value in (
        ("enum", sorted(field.enum)), ("required", sorted(field.required)),
        ("oneOf", sorted(field.one_of)), ("anyOf", sorted(field.some_of)),
        ("pattern", field.pattern), ("format", field.format), ("maxLength", field.longest),
        ("minLength", field.shortest), (least, field.least), (most, field.most),
    ):  # fmt: skip
        if value not in ("", None, []):
            yield f"{path} {name}", value
    for name, inner in field.fields.items():
        if not (path == "" and name in ("metadata", "status")):
            yield from of_ours(inner, f"{path}.{name}")
    if field.item is not None:
        yield from of_ours(field.item, path + ("{}" if field.kind == "map" else "[]"))


@pytest.mark.parametrize(("profile", "file"), CRDS)
def test_every_field_and_limit_of_cilium_s_schema_is_ours(
    shared: Path, profile: str, file: str
) -> None:
    text = (shared / "schemas/cilium" / file).read_text(encoding="utf-8")
    (version,) = yaml.load(text, Loader=yaml.CSafeLoader)["spec"]["versions"]
    theirs = dict(of_cilium(version["schema"]["openAPIV3Schema"], ""))
    ours = dict(of_ours(schema_for(PROFILES[profile]), ""))
    assert len(theirs) > 1000
    differ = {key for key in theirs.keys() | ours.keys() if theirs.get(key) != ours.get(key)}
    assert {key for key in differ if not LEFT_TO_THE_PARSER.search(key)} == set()


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("matchName", ["a", "a.b", "a.b.", "-_", "A.b"], ["", ".a", "a..b", "*.a"]),
        ("matchPattern", ["*", "*.a", "a*b.c."], ["", ".*", "a..b", "a b"]),
        ("port", ["0", "80", "65535", "http", "a-b", "1a", "8080x"], ["", "--", "a-", "-"]),
    ],
)
def test_the_linear_form_of_a_pattern_decides_the_same(
    pattern: str, good: list[str], bad: list[str]
) -> None:
    known = next(_find(schema_for(PROFILES["1.18"]), pattern))
    assert known.linear
    for text in good + bad:
        # Such short texts the original can decide, too.
        assert bool(re.search(known.linear, text)) == bool(re.search(known.pattern, text)), text
        assert bool(re.search(known.linear, text)) == (text in good), text


def _find(field: Field, name: str) -> Iterator[Field]:
    if name in field.fields:
        yield field.fields[name]
    for inner in (*field.fields.values(), *([field.item] if field.item else [])):
        yield from _find(inner, name)


def test_values_of_a_wrong_type_are_all_found() -> None:
    known = of(a=TEXT, b=each(of(c=Field(kind="integer"))), d=Field(kind="boolean"))
    with pytest.raises(Rejected) as caught:
        fits({"a": 1, "b": [{"c": True}, 5], "d": "no", "e": object()}, known)
    assert [fault.path for fault in caught.value.faults] == ["a", "b[0].c", "b[1]", "d"]
    fits({"a": None, "b": None, "d": False}, known)


def test_unknown_fields_are_found_at_every_depth_but_not_below_themselves() -> None:
    known = of(a=each(of(b=TEXT)), m=Field(kind="map", item=TEXT), free=Field(kind="any"))
    value = {"a": [{"b": "", "x": {"y": 1}}], "m": {"z": ""}, "free": {"q": 1}, "w": 1}
    assert [one.path for one in unknown_fields(value, known)] == ["a[0].x", "w"]


def test_limits_name_what_is_asked_for() -> None:
    known = of(
        ("must",),
        few=each(TEXT, most=1),
        number=Field(kind="integer", least=1, most=9),
        word=Field(kind="string", enum=("a", "b"), longest=1),
    )
    value = {"few": ["", ""], "number": 10, "word": "abc"}
    assert [fault.code for fault in limits(value, known)] == [
        "schema-required", "schema-items", "schema-range", "schema-enum", "schema-length"
    ]  # fmt: skip
    assert list(limits({"must": "", "number": 9, "word": "a"}, known)) == []


@pytest.mark.parametrize(
    "value",
    [
        {}, {"a": "x", "b": [{"c": 1}], "m": {"z": "y"}, "f": [], "any": [1]}, {"a": None},
        {"b": [None]}, {"a": 1}, {"b": [{"c": True}]}, {"b": [{"x": 1}]}, {"m": {"z": 1}},
        {"m": []}, {"z": 1}, {"b": {}}, [], {"n": 1}, {"n": "a"}, {"n": False},
    ],
)  # fmt: skip
def test_what_is_clean_is_what_has_no_unknown_field_and_no_wrong_type(value: Any) -> None:
    known = of(
        a=TEXT,
        b=each(of(c=Field(kind="integer"))),
        m=Field(kind="map", item=TEXT),
        f=each(Field(kind="any")),
        n=Field(kind="number-or-text"),
        any=Field(kind="any"),
    )
    try:
        fits(value, known)
        has_wrong_type = False
    except Rejected:
        has_wrong_type = True
    is_good = not has_wrong_type and not list(unknown_fields(value, known))
    assert is_clean(value, known) == is_good
