from topology.load import load_text

POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: p
  annotations:
    note: \u201cquoted\u201d prose
spec:
  podSelector:
    matchLabels:
      app: {value}
"""


def test_prose_may_hold_typographic_quotes() -> None:
    assert load_text(POLICY.format(value="web")).problems == ()


def test_every_value_of_a_policy_with_a_typographic_quote_is_reported() -> None:
    (problem,) = load_text(POLICY.format(value="\u2018web\u2019"), name="f.yaml").problems
    assert (problem.code, str(problem.location)) == ("smart-quotes", "f.yaml:10")
    assert "`'web'`" in problem.hint


def test_a_no_break_space_in_a_value_is_reported() -> None:
    (problem,) = load_text(POLICY.format(value="web\u00a0shop")).problems
    assert problem.code == "no-break-space"
    assert "`web shop`" in problem.hint


def test_a_no_break_space_as_indentation_is_reported() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata:\n\u00a0\u00a0name: x\n"
    problems = load_text(text, name="f.yaml").problems
    assert ("no-break-space", "f.yaml:4") in [(one.code, str(one.location)) for one in problems]


def test_labels_of_workloads_are_checked_as_well() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n  labels:\n    app: \u201cweb\u201d\n"
    assert [problem.code for problem in load_text(text).problems] == ["smart-quotes"]


def test_letters_beyond_ascii_are_no_typography() -> None:
    assert load_text(POLICY.format(value="caf\u00e9")).problems == ()
