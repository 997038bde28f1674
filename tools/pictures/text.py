"""Pictures as text that other programs draw: Mermaid (in Markdown) and Graphviz."""

from collections.abc import Iterator

from tools.pictures.picture import COLOURS, SIGNS, Edge, Node, Picture, Verdict

__all__ = ["to_dot", "to_mermaid"]

_DASHES: dict[Verdict, str] = {"conditional": "dashed", "unknown": "dotted", "deny": "dashed"}


def to_mermaid(picture: Picture) -> str:
    """Return a flowchart; names are escaped, so that none of them can end its box."""
    ids = {node.name: f"n{number}" for number, node in enumerate(picture.nodes)}
    lines = [f"flowchart {'TD' if picture.downwards else 'LR'}"]
    for number, (group, nodes) in enumerate(picture.groups.items()):
        boxes = [f"{ids[node.name]}[{_mermaid_label(node)}]" for node in nodes]
        if group:
            lines.append(f"  subgraph g{number}[{_mermaid_text(group)}]")
            lines += [f"    {box}" for box in boxes]
            lines.append("  end")
        else:
            lines += [f"  {box}" for box in boxes]
    lines += [_mermaid_arrow(edge, ids) for edge in picture.edges]
    lines += _mermaid_styles(picture, ids)
    lines += [f"  %% {' '.join(note.split())}" for note in picture.notes]
    return "\n".join(lines)


def to_dot(picture: Picture) -> str:
    """Return a directed graph for Graphviz."""
    lines = [
        "digraph network {",
        f"  rankdir={'TB' if picture.downwards else 'LR'};",
        '  node [shape=box, style="rounded", fontname="sans-serif"];',
        '  edge [fontname="sans-serif", fontsize=10];',
    ]
    for number, (group, nodes) in enumerate(picture.groups.items()):
        boxes = [_dot_box(node) for node in nodes]
        if group:
            lines.append(f"  subgraph cluster_{number} {{ label={_dot_text(group)};")
            lines += [f"    {box}" for box in boxes]
            lines.append("  }")
        else:
            lines += [f"  {box}" for box in boxes]
    lines += [_dot_arrow(edge) for edge in picture.edges]
    lines += [f"  // {' '.join(note.split())}" for note in picture.notes]
    return "\n".join([*lines, "}"])


def _label(node: Node) -> str:
    sign = SIGNS[node.verdict]
    return f"{sign} {node.label}" if sign else node.label


def _mermaid_label(node: Node) -> str:
    return _mermaid_text(_label(node))


def _mermaid_text(text: str) -> str:
    """Quote a text: Mermaid reads entities, and nothing else, inside double quotes."""
    escaped = "".join(
        letter if letter.isalnum() or letter in " -_./:,()+~?" else f"#{ord(letter)};"
        for letter in text.replace("\n", "\0")
    )
    return '"' + escaped.replace("#0;", "<br/>") + '"'


def _mermaid_arrow(edge: Edge, ids: dict[str, str]) -> str:
    arrow = "-.->" if edge.verdict in _DASHES else "-->"
    label = f"|{_mermaid_text(edge.label)}|" if edge.label else ""
    return f"  {ids[edge.source]} {arrow}{label} {ids[edge.target]}"


def _mermaid_styles(picture: Picture, ids: dict[str, str]) -> Iterator[str]:
    for node in picture.nodes:
        if node.verdict:
            yield f"  style {ids[node.name]} stroke:{COLOURS[node.verdict]},stroke-width:2px"
    for number, edge in enumerate(picture.edges):
        if edge.verdict:
            yield f"  linkStyle {number} stroke:{COLOURS[edge.verdict]}"


def _dot_box(node: Node) -> str:
    colour = f', color="{COLOURS[node.verdict]}"' if node.verdict else ""
    return f"{_dot_text(node.name)} [label={_dot_text(_label(node))}{colour}];"


def _dot_arrow(edge: Edge) -> str:
    style = _DASHES.get(edge.verdict, "solid")
    parts = [f"style={style}", f'color="{COLOURS[edge.verdict]}"']
    if edge.label:
        parts.append(f"label={_dot_text(edge.label)}")
    return f"  {_dot_text(edge.source)} -> {_dot_text(edge.target)} [{', '.join(parts)}];"


def _dot_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
