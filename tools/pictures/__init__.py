"""Pictures of the network: as Mermaid, Graphviz, SVG, and one interactive page."""

from tools.pictures.chart import Chart, Series
from tools.pictures.chart_svg import to_chart_svg
from tools.pictures.chart_text import to_chart_mermaid, to_chart_page
from tools.pictures.heat_map import draw_heat_map
from tools.pictures.page import write_page
from tools.pictures.picture import Edge, Node, Picture
from tools.pictures.plan import draw_plan
from tools.pictures.scenes import draw_matrix, draw_reach, draw_topology
from tools.pictures.svg import to_svg
from tools.pictures.text import to_dot, to_mermaid

__all__ = [
    "Chart",
    "Edge",
    "Node",
    "Picture",
    "Series",
    "draw_heat_map",
    "draw_matrix",
    "draw_plan",
    "draw_reach",
    "draw_topology",
    "to_chart_mermaid",
    "to_chart_page",
    "to_chart_svg",
    "to_dot",
    "to_mermaid",
    "to_svg",
    "write_page",
]
