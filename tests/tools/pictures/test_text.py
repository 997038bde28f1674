from tools.pictures import Edge, Node, Picture, to_dot, to_mermaid

HOSTILE = 'web"] --> evil["x'
PICTURE = Picture(
    "t",
    (
        Node("a", HOSTILE, "shop"),
        Node("b", "db\nStatefulSet", "shop", verdict="deny"),
        Node("c", "w#1;`y`", ""),
    ),
    (Edge("a", "b", "80/TCP|x", "unknown"), Edge("c", "a")),
    notes=("line one\nline two",),
)


def test_a_name_cannot_end_its_box_in_mermaid() -> None:
    text = to_mermaid(PICTURE)
    assert text.count("-->") == 1
    assert 'n0["web#34;#93; --#62; evil#91;#34;x"]' in text
    assert 'n1["x db<br/>StatefulSet"]' in text
    assert 'n2["w#35;1#59;#96;y#96;"]' in text
    assert 'n0 -.->|"80/TCP#124;x"| n1' in text
    assert "  style n1 stroke:#cf222e,stroke-width:2px" in text
    assert "%% line one line two" in text


def test_a_name_cannot_end_its_box_in_graphviz() -> None:
    text = to_dot(PICTURE)
    assert '"a" [label="web\\"] --> evil[\\"x"];' in text
    assert '"a" -> "b" [style=dotted, color="#6e7781", label="80/TCP|x"];' in text
    assert text.count("{") == text.count("}")


def test_groups_are_drawn_around_their_boxes_and_paths_downwards() -> None:
    assert 'subgraph g0["shop"]' in to_mermaid(PICTURE)
    assert 'label="shop";' in to_dot(PICTURE)
    path = Picture("t", (Node("a", "a"), Node("b", "b")), (Edge("a", "b"),), downwards=True)
    assert to_mermaid(path).startswith("flowchart TD")
    assert "rankdir=TB" in to_dot(path)
