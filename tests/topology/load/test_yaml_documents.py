import pytest

from topology.load import load_text
from topology.load.problems import Report
from topology.load.yaml_documents import read_yaml


def values(text: str) -> list[object]:
    return [one.value for one in read_yaml(text, "f.yaml", Report())]


def test_ordinary_anchors_aliases_and_merge_keys_work() -> None:
    text = "base: &base {a: 1, b: 2}\nmore:\n  <<: *base\n  b: 3\nsame: *base\n"
    assert values(text) == [
        {"base": {"a": 1, "b": 2}, "more": {"a": 1, "b": 3}, "same": {"a": 1, "b": 2}}
    ]


def test_keys_of_a_merge_after_their_own_do_not_win() -> None:
    assert values("x: &x {a: 1, b: 2}\ny: {a: 9, <<: *x}\n") == [
        {"x": {"a": 1, "b": 2}, "y": {"a": 9, "b": 2}}
    ]


def test_the_first_of_several_merged_mappings_wins() -> None:
    assert values("x: &x {a: 1}\ny: &y {a: 2, b: 3}\nz: {<<: [*x, *y]}\n")[0]["z"] == {  # type: ignore[index]
        "a": 1,
        "b": 3,
    }


def test_keys_are_text_whatever_they_look_like() -> None:
    assert values("80: a\ntrue: b\n1.10: c\n~: d\n") == [
        {"80": "a", "true": "b", "1.10": "c", "~": "d"}
    ]


def test_text_maps_keep_what_was_written_and_say_that_kubectl_refuses_it() -> None:
    cluster = load_text(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n"
        "  labels:\n    version: 1.10\n    empty:\n    on: yes\n    fine: '2'\n"
    )
    assert dict(cluster.pods[0].labels) == {
        "version": "1.10",
        "empty": "",
        "on": "yes",
        "fine": "2",
    }
    assert [(p.code, p.location.line if p.location else 0) for p in cluster.problems] == [
        ("not-text", 6),
        ("not-text", 8),
    ]
    assert '`"1.10"`' in cluster.problems[0].hint


def test_a_key_that_stands_twice_is_reported_and_the_last_one_counts() -> None:
    cluster = load_text(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n  name: y\n", name="f.yaml"
    )
    assert [pod.name for pod in cluster.pods] == ["y"]
    (problem,) = cluster.problems
    assert (problem.severity, problem.code) == ("warning", "duplicate-key")
    assert str(problem.location) == "f.yaml:5"
    assert "`name`" in problem.message


def test_explicit_tags_are_obeyed_for_plain_types_and_never_run() -> None:
    text = "a: !!str 80\nb: !!int '3'\nd: !!python/object/apply:os.getcwd x\n"
    assert values(text) == [{"a": "80", "b": 3, "d": "x"}]


@pytest.mark.parametrize(
    "text", ["%YAML 1.1\n---\na: 1\n", "# c\n---\na: 1\n...\n", "---\n---\na: 1"]
)
def test_directives_comments_and_empty_documents_do_not_count(text: str) -> None:
    assert values(text) == [{"a": 1}]


def test_three_dashes_inside_a_block_of_text_do_not_end_a_document() -> None:
    assert values("a: |\n  one\n  ---\n  two\nb: 1\n") == [{"a": "one\n---\ntwo\n", "b": 1}]


def test_an_aliased_key_is_text() -> None:
    assert values("a: &k name\n*k : 1\n") == [{"a": "name", "name": 1}]


def test_a_mapping_cannot_be_a_key() -> None:
    report = Report()
    assert list(read_yaml("? {a: b}\n: 1\n", "f.yaml", report)) == []
    assert [problem.code for problem in report.finish()] == ["yaml-syntax"]
