import json

from topology.load import load_text

GOOD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "good"}}


def test_broken_json_is_reported_with_line_and_column() -> None:
    (problem,) = load_text('{\n "kind": "Pod"\n "x": 1}', name="f.json").problems
    assert (problem.code, str(problem.location)) == ("json-syntax", "f.json:3")
    assert '`"x": 1}`' in problem.message
    assert "column 2" in problem.message


def test_json_cut_short_is_reported() -> None:
    text = json.dumps({"kind": "List", "items": [GOOD]}, indent=4)
    (problem,) = load_text(text[:-10], name="f.json").problems
    assert problem.code == "json-syntax"


def test_the_documents_before_a_fault_are_kept() -> None:
    cluster = load_text(json.dumps(GOOD) + "\n{broken", name="f.json")
    assert [pod.name for pod in cluster.pods] == ["good"]
    assert [str(problem.location) for problem in cluster.problems] == ["f.json:2"]


def test_json_that_is_nested_too_deep_is_refused() -> None:
    (problem,) = load_text('{"kind":' * 5000 + "1" + "}" * 5000, name="f.json").problems
    assert problem.code == "json-depth"


def test_a_policy_that_is_nested_too_deep_is_set_aside() -> None:
    spec = '{"a":' * 400 + "1" + "}" * 400
    text = (
        '{"apiVersion":"cilium.io/v2","kind":"CiliumNetworkPolicy",'
        f'"metadata":{{"name":"x"}},"spec":{spec}}}'
    )
    cluster = load_text(text)
    assert cluster.policies == ()
    assert [problem.code for problem in cluster.problems] == ["too-deep"]


def test_objects_of_a_list_know_their_lines_however_it_is_laid_out() -> None:
    other = {**GOOD, "metadata": {"name": "other", "labels": {"items": "[ {"}}}
    for indent in (1, 2, 4, "\t"):
        text = json.dumps({"kind": "List", "items": [GOOD, other]}, indent=indent)
        lines = text.split("\n")
        for pod in load_text(text).pods:
            assert pod.location is not None
            assert lines[pod.location.line - 1].strip() == "{"
            following = "\n".join(lines[pod.location.line : pod.location.line + 5])
            assert f'"name": "{pod.name}"' in following


def test_everything_in_compact_json_stands_on_its_one_line() -> None:
    text = "\n\n" + json.dumps({"kind": "List", "items": [GOOD]})
    (pod,) = load_text(text).pods
    assert pod.location is not None
    assert pod.location.line == 3
