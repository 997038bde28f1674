"""From what tools computed to what is drawn; what is too much for one picture is taken together."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, cast

from tools.pictures.picture import Edge, Node, Picture, Verdict
from tools.wording import count
from topology.graph import build_graph

if TYPE_CHECKING:
    import networkx

    from tools.matrix import MatrixCell, MatrixResult
    from tools.reach_results import LayerRow, ReachResult
    from tools.workspace import Workspace

__all__ = ["MOST_BOXES", "draw_matrix", "draw_reach", "draw_topology"]

MOST_BOXES = 120
"""Boxes of one picture; of more, namespaces are drawn instead."""
_OPEN = ("allow", "some", "conditional", "unknown")
_OUTSIDE = "outside"
_LAYERS = {"mtls": "Mutual TLS"}


def draw_matrix(result: "MatrixResult") -> Picture:
    """Return who may open something to whom: an arrow for each pair that can connect at all."""
    cells = [cell for cell in result.cells if cell.verdict in _OPEN]
    if len(result.ends) > MOST_BOXES:
        return _by_namespace(result, cells)
    nodes = tuple(Node(end, end.partition("/")[2] or end, _space(end)) for end in result.ends)
    edges = tuple(
        Edge(cell.source, cell.destination, _ports(cell), cast("Verdict", cell.verdict))
        for cell in cells
        if cell.source != cell.destination
    )
    return Picture("Who may open what to whom", nodes, edges, notes=result.not_verified)


def draw_reach(result: "ReachResult") -> Picture:
    """Return one connection: its two ends, and every layer between them in order."""
    nodes = [Node("source", result.source)]
    edges = []
    for number, layer in enumerate(result.layers):
        name = f"layer{number}"
        nodes.append(Node(name, _told(layer), verdict=cast("Verdict", layer.verdict)))
        edges.append(Edge(nodes[-2].name, name))
    verdict = cast("Verdict", result.verdict or "unknown")
    nodes.append(Node("destination", result.destination, verdict=verdict))
    edges.append(Edge(nodes[-2].name, "destination", verdict=verdict))
    title = f"{result.source} -> {result.destination}: {verdict}"
    notes = (*result.notes, *result.not_verified)
    return Picture(title, tuple(nodes), tuple(edges), downwards=True, notes=notes)


def draw_topology(workspace: "Workspace", namespace: str = "") -> Picture:
    """Return workloads with their Services: who calls whom, and what is exposed.

    Calls are those that environment variables of the caller name.

    Args:
        workspace: The network.
        namespace: Only what lies in it, and what that is connected to; empty for everything.
    """
    graph = build_graph(workspace.cluster)
    links = tuple(dict.fromkeys(_links(graph, namespace)))
    own = (
        name
        for name, data in graph.nodes(data=True)
        if data["sort"] == "workload" and namespace in ("", data["namespace"])
    )
    ends = dict.fromkeys([*own, *(end for edge in links for end in (edge.source, edge.target))])
    if len(ends) > MOST_BOXES:
        return _spaces(graph, links, ends)
    nodes = tuple(_box(graph, name) for name in ends)
    return Picture("What is connected to what", nodes, links)


def _links(graph: "networkx.DiGraph[str]", namespace: str) -> Iterator[Edge]:
    """Yield calls and exposure; a Service stands for the workloads behind it."""
    for start, end, data in graph.edges(data=True):
        relation = data["relation"]
        if relation == "exposes":
            start, end = end, start
        elif relation not in ("calls", "stands_for"):
            continue
        spaces = (graph.nodes[start]["namespace"], graph.nodes[end]["namespace"])
        if namespace and namespace not in spaces:
            continue
        for source in _behind(graph, start):
            for target in _behind(graph, end):
                yield Edge(source, target, relation.replace("_", " "))


def _behind(graph: "networkx.DiGraph[str]", name: str) -> tuple[str, ...]:
    """Return the workloads behind a Service; itself, if it is none or has none."""
    if graph.nodes[name]["sort"] != "service":
        return (name,)
    found = [
        end for _, end, data in graph.out_edges(name, data=True) if data["relation"] == "selects"
    ]
    return tuple(found) or (name,)


def _box(graph: "networkx.DiGraph[str]", name: str) -> Node:
    data = graph.nodes[name]
    title = data["name"].removeprefix("service:")
    sort = data["value"].kind if data["sort"] == "workload" else data["sort"].capitalize()
    own = title.partition("/")[2] or title
    services = [
        f"Service {graph.nodes[start]['value'].name}".removesuffix(f" {own}")
        for start, _, edge in graph.in_edges(name, data=True)
        if edge["relation"] == "selects"
    ]
    lines = (own, ", ".join((sort, *services)))
    return Node(name, "\n".join(lines), data["namespace"] or _OUTSIDE)


def _spaces(graph: "networkx.DiGraph[str]", links: Iterable[Edge], ends: Iterable[str]) -> Picture:
    """Return a box for each namespace, where there is too much for one for each object."""

    def space(name: str) -> str:
        return graph.nodes[name]["namespace"] or _OUTSIDE

    sizes = Counter(space(name) for name in ends)
    calls = Counter((space(edge.source), space(edge.target)) for edge in links)
    nodes = tuple(
        Node(name, f"{name}\n{count(number, 'object')}") for name, number in sorted(sizes.items())
    )
    edges = tuple(
        Edge(start, end, count(number, "connection"))
        for (start, end), number in sorted(calls.items())
        if start != end
    )
    note = f"{count(sum(sizes.values()), 'object')} are too many for one picture: namespaces are "
    note += "drawn. Name one with --namespace to see its objects."
    return Picture("What is connected to what", nodes, edges, notes=(note,))


def _by_namespace(result: "MatrixResult", cells: Iterable["MatrixCell"]) -> Picture:
    pairs = Counter((_space(cell.source), _space(cell.destination)) for cell in cells)
    sizes = Counter(map(_space, result.ends))
    nodes = tuple(
        Node(name, f"{name}\n{count(number, 'workload')}" if name != _OUTSIDE else name)
        for name, number in sorted(sizes.items())
    )
    edges = tuple(
        Edge(start, end, f"{count(number, 'pair')} can connect", "some")
        for (start, end), number in sorted(pairs.items())
        if start != end
    )
    note = f"{count(len(result.ends), 'end')} are too many for one picture: namespaces are drawn."
    return Picture("Who may open what to whom", nodes, edges, notes=(note, *result.not_verified))


def _space(end: str) -> str:
    return end.partition("/")[0] if "/" in end else _OUTSIDE


def _ports(cell: "MatrixCell") -> str:
    """Return what is open in a few words."""
    parts = [*cell.allowed, *(f"{port} (some requests)" for port in cell.conditional)]
    parts += [f"{port} (not known)" for port in cell.unknown]
    parts += [f"{number} {verdict}" for verdict, number in cell.pairs.items()]
    return ", ".join(parts)


def _told(layer: "LayerRow") -> str:
    place = f"{layer.policy} {layer.rule or ''}".strip() if layer.policy else layer.reason
    lines = (
        _LAYERS.get(layer.layer, layer.layer.replace("-", " ").capitalize()),
        place,
        layer.location or "",
    )
    return "\n".join(line for line in lines if line)
