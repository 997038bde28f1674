from topology.load import load_text


def test_many_problems_of_one_kind_are_counted_instead_of_listed() -> None:
    pods = "".join(
        f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}, labels: 3}}\n"
        for number in range(100)
    )
    cluster = load_text(pods, name="f.yaml")
    assert len(cluster.pods) == 100
    assert len(cluster.problems) == 21
    assert "80 more" in cluster.problems[-1].message


def test_problems_stand_in_the_order_of_the_lines() -> None:
    text = "---\n3\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: x, labels: 3}\n---\nkind: [\n"
    lines = [problem.location.line for problem in load_text(text).problems if problem.location]
    assert len(lines) == 3
    assert lines == sorted(lines)
