"""Boxes in columns: whoever calls stands left of what it calls, and near to it."""

from collections.abc import Mapping

import networkx

from tools.pictures.picture import Node, Picture

__all__ = ["arrange"]

TALLEST = 14
"""Boxes of one column; more are continued in a column beside it."""


def arrange(picture: Picture) -> tuple[tuple[Node, ...], ...]:
    """Return the boxes of a picture column by column, each in its order from the top.

    Boxes that call each other in a ring share a column. Those without any arrow come last.
    """
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(node.name for node in picture.nodes)
    graph.add_edges_from((edge.source, edge.target) for edge in picture.edges)
    lonely = set(networkx.isolates(graph))
    graph.remove_nodes_from(lonely)
    rings = networkx.condensation(graph)
    columns = [
        [name for ring in level for name in sorted(rings.nodes[ring]["members"])]
        for level in networkx.topological_generations(rings)
    ]
    nodes = {node.name: node for node in picture.nodes}
    ordered = _untangle(graph, columns)
    ordered.append(sorted(lonely, key=lambda name: (nodes[name].group, nodes[name].label)))
    return tuple(
        tuple(nodes[name] for name in column[start : start + TALLEST])
        for column in ordered
        for start in range(0, len(column), TALLEST)
    )


def _untangle(graph: "networkx.DiGraph[str]", columns: list[list[str]]) -> list[list[str]]:
    """Order each column by the mean place of what its boxes are connected to on the left."""
    done: list[list[str]] = []
    place: dict[str, float] = {}
    for column in columns:
        keys = {name: (_mean(graph, name, place), name) for name in column}
        ordered = sorted(column, key=keys.__getitem__)
        place |= {name: number / max(1, len(ordered) - 1) for number, name in enumerate(ordered)}
        done.append(ordered)
    return done


def _mean(graph: "networkx.DiGraph[str]", name: str, place: Mapping[str, float]) -> float:
    known = [place[one] for one in graph.predecessors(name) if one in place]
    return sum(known) / len(known) if known else 0.0
