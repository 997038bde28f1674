import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.matrix import MatrixResult, show_matrix
from tools.pictures import Edge, Node, Picture, draw_heat_map, draw_reach, to_svg
from tools.reach import can_reach
from tools.reach_results import ReachResult
from tools.workspace import Workspace

SPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def sample() -> Workspace:
    return Workspace.sample()


def boxes(text: str) -> list[tuple[float, float, float, float]]:
    tree = ElementTree.fromstring(text)
    return [
        (float(one.get("x", 0)), float(one.get("y", 0)), float(one.get("width", 0)),
         float(one.get("height", 0)))
        for one in tree.iter(f"{SPACE}rect")
    ]  # fmt: skip


names = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_picture_is_well_formed_and_its_boxes_do_not_overlap(data: st.DataObject) -> None:
    labels = data.draw(st.lists(names, min_size=1, max_size=24))
    nodes = tuple(Node(f"n{k}", label, "g" if k % 2 else "") for k, label in enumerate(labels))
    ends = st.sampled_from([node.name for node in nodes])
    edges = tuple(Edge(*pair) for pair in data.draw(st.lists(st.tuples(ends, ends), max_size=40)))
    found = boxes(to_svg(Picture("t", nodes, edges, notes=("a & b",))))
    assert len(found) == len(nodes)
    for number, (x, y, width, height) in enumerate(found):
        for x2, y2, width2, height2 in found[number + 1 :]:
            apart = x + width <= x2 or x2 + width2 <= x or y + height <= y2 or y2 + height2 <= y
            assert apart


def test_callers_stand_left_of_what_they_call() -> None:
    nodes = tuple(Node(name, name) for name in ("db", "api", "web", "alone"))
    text = to_svg(Picture("t", nodes, (Edge("web", "api"), Edge("api", "db"))))
    places = dict(zip(("db", "api", "web", "alone"), (box[0] for box in boxes(text)), strict=True))
    assert places["web"] < places["api"] < places["db"] < places["alone"]


def test_a_path_names_each_layer_with_its_verdict_rule_and_line(sample: Workspace) -> None:
    asked = {"source": "shop/orders", "destination": "service:billing/invoices"}
    result = can_reach.call(sample, asked)
    assert isinstance(result, ReachResult)
    text = " ".join(re.sub(r"<[^>]+>", " ", to_svg(draw_reach(result))).split())
    assert "x Mutual TLS" in text
    assert "PeerAuthentication/billing/strict" in text
    assert "istio.yaml:9" in text
    assert text.index("Egress policy") < text.index("Ingress policy") < text.index("Mutual TLS")


def test_the_heat_map_has_a_square_for_each_pair_and_never_colour_alone(sample: Workspace) -> None:
    result = show_matrix.call(sample, {})
    assert isinstance(result, MatrixResult)
    tree = ElementTree.fromstring(draw_heat_map(result))
    squares = [one for one in tree.iter(f"{SPACE}g") if one.find(f"{SPACE}title") is not None]
    assert len(squares) == len(result.cells)
    signs = {one.find(f"{SPACE}text").text for one in squares}  # type: ignore[union-attr]
    assert signs == {"+", "~", "x"}
    titles = {one.find(f"{SPACE}title").text for one in squares}  # type: ignore[union-attr]
    assert "shop/orders -> shop/db: 5432/TCP" in titles
