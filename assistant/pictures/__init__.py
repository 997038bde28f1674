"""Pictures of the network: as Mermaid, Graphviz, SVG, and one interactive page."""

from assistant.pictures.heat_map import draw_heat_map
from assistant.pictures.page import write_page
from assistant.pictures.picture import Edge, Node, Picture
from assistant.pictures.scenes import draw_matrix, draw_reach, draw_topology
from assistant.pictures.svg import to_svg
from assistant.pictures.text import to_dot, to_mermaid

__all__ = [
    "Edge",
    "Node",
    "Picture",
    "draw_heat_map",
    "draw_matrix",
    "draw_reach",
    "draw_topology",
    "to_dot",
    "to_mermaid",
    "to_svg",
    "write_page",
]
