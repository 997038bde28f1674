from pathlib import Path

import pytest

from topology.load import load, load_text
from topology.model import Problem

OK = "apiVersion: v1\nkind: Pod\nmetadata: {name: ok}\n"

# The two policies of the articles, laid out again; the quotes are as printed there.
L7_POLICY = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: allow-get-products
spec:
  endpointSelector:
    matchLabels:
      app: backend-app  # Replace with your backend app\u2019s name
  ingress:
  - fromEndpoints:
    - matchLabels:
        app: frontend-app
    toPorts:
    - ports:
      - port: "80\u201d
        protocol: TCP
      rules:
        http:
        - method: "GET"
          path: "/data"
"""
AUTHORIZATION_POLICY = """\
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: allow-get-requests
  namespace: foo
spec:
  selector:
    matchLabels:
      app: sample
  action: ALLOW
  rules:
  - to:
    - operation:
        methods: [\u201cGET\u201d]
"""


def sole_problem(text: str) -> Problem:
    (problem,) = load_text(text, name="f.yaml").problems
    return problem


def test_one_broken_file_of_twenty_leaves_the_other_nineteen(tmp_path: Path) -> None:
    for number in range(20):
        text = OK.replace("ok", f"pod-{number}")
        if number == 7:
            text = "kind: Pod\nmetadata:\n  name: [x\n"
        (tmp_path / f"{number:02}.yaml").write_text(text)
    cluster = load([tmp_path])
    assert len(cluster.pods) == 19
    (problem,) = cluster.problems
    assert (problem.severity, problem.code) == ("error", "yaml-syntax")
    assert problem.location is not None
    assert problem.location.file == str(tmp_path / "07.yaml")
    assert problem.hint


def test_one_broken_document_leaves_the_documents_around_it() -> None:
    broken = "kind: Pod\n  a: b\n c: [\n"
    cluster = load_text(f"{OK}---\n{broken}---\n{OK.replace('ok', 'two')}", name="f.yaml")
    assert [pod.name for pod in cluster.pods] == ["ok", "two"]
    assert [str(problem.location) for problem in cluster.problems] == ["f.yaml:6"]
    assert "`a: b`" in cluster.problems[0].message


def test_a_tab_is_named_as_such() -> None:
    problem = sole_problem("kind: Pod\nmetadata:\n\tname: x\n")
    assert (problem.code, str(problem.location)) == ("yaml-tab", "f.yaml:3")


def test_a_smart_quote_that_breaks_the_syntax_is_blamed_with_the_line_it_stands_on() -> None:
    problem = sole_problem(L7_POLICY)
    assert (problem.code, str(problem.location)) == ("smart-quotes", "f.yaml:15")
    assert '`- port: "80\u201d`' in problem.message
    assert '`- port: "80"`' in problem.hint


def test_a_smart_quote_elsewhere_is_not_blamed_for_another_fault() -> None:
    text = L7_POLICY.replace("\u201d", '"').replace('path: "/data"', 'path: "/data')
    problem = sole_problem(text)
    assert problem.code == "yaml-syntax"


def test_smart_quotes_inside_a_value_are_reported_and_the_policy_is_kept() -> None:
    cluster = load_text(AUTHORIZATION_POLICY, name="f.yaml")
    assert len(cluster.policies) == 1
    (problem,) = cluster.problems
    assert (problem.code, str(problem.location)) == ("smart-quotes", "f.yaml:14")
    assert "`\u201cGET\u201d`" in problem.message
    assert '`"GET"`' in problem.hint


def test_smart_quotes_in_json_are_reported() -> None:
    text = '{\n "kind": "Pod",\n "metadata": {"name": \u201cx}}'
    (problem,) = load_text(text, name="f.json").problems
    assert (problem.code, str(problem.location)) == ("smart-quotes", "f.json:3")


def test_aliases_that_explode_are_refused() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in range(1, 30):
        bomb += f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n"
    cluster = load_text(f"{OK}---\n{bomb}")
    assert [pod.name for pod in cluster.pods] == ["ok"]
    assert [problem.code for problem in cluster.problems] == ["yaml-aliases"]


def test_merge_keys_that_explode_are_refused() -> None:
    bomb = "a0: &a0 {k: [x, x, x, x, x, x, x, x, x, x]}\n"
    for level in range(1, 30):
        inner = ", ".join(f"k{number}: *a{level - 1}" for number in range(9))
        bomb += f"a{level}: &a{level} {{<<: *a{level - 1}, {inner}}}\n"
    assert sole_problem(bomb).code == "yaml-aliases"


def test_an_alias_of_itself_is_refused() -> None:
    assert sole_problem("kind: Pod\nmetadata: &m\n  self: *m\n").code == "yaml-aliases"


def test_an_alias_of_nothing_is_refused() -> None:
    assert sole_problem("kind: Pod\nmetadata: *nowhere\n").code == "yaml-aliases"


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 100_000,
        "a: " + "[" * 3_000 + "]" * 3_000,
        "".join("  " * level + "a:\n" for level in range(1_000)),
        "- " * 50_000 + "a",
        "? " * 50_000 + "a",
    ],
    ids=["open-lists", "closed-lists", "mappings", "dashes", "keys"],
)
def test_what_is_nested_too_deep_is_refused(text: str) -> None:
    cluster = load_text(f"{OK}---\n{text}")
    assert [pod.name for pod in cluster.pods] == ["ok"]
    assert len(cluster.problems) == 1
    assert cluster.problems[0].severity == "error"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n", 4),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: '{{ .Values.name }}'\n", 4),
        ("{{- if .Values.pod }}\napiVersion: v1\nkind: Pod\n{{- end }}\n", 1),
        (
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n"
            '  labels:\n    {{- include "a.labels" . | nindent 4 }}\n',
            6,
        ),
        (L7_POLICY.replace("\u201d", '"').replace("backend-app ", "'{{ .Values.app }}' "), 8),
    ],
    ids=["name", "quoted-name", "condition", "include", "policy"],
)
def test_templates_are_to_be_rendered_first(text: str, line: int) -> None:
    problem = sole_problem(text)
    assert (problem.code, str(problem.location)) == ("template", f"f.yaml:{line}")
    assert "helm template" in problem.hint


def test_templates_inside_the_text_of_a_config_map_are_none_of_our_business() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: '{{ $labels.x }}'\n"
    assert load_text(text).problems == ()


def test_a_control_character_is_named() -> None:
    problem = sole_problem(OK + "a: \x07\n")
    assert (problem.code, str(problem.location)) == ("control-character", "f.yaml:4")
    assert "U+0007" in problem.message
