"""Charts of flows: their numbers are those of the tools, and no name can break a picture."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.bench.flow_objects import envelope, make_flow
from tools.errors import ToolError
from tools.flow_charts import MOST_ROWS, chart_dns, chart_drops, chart_verdicts, draw_verdicts
from tools.flows import flow_dns, flow_drops
from tools.pictures import (
    Chart,
    Series,
    to_chart_mermaid,
    to_chart_page,
    to_chart_svg,
    to_mermaid,
)
from tools.workspace import Workspace
from topology.errors import InvalidQuery
from topology.samples import sample_path

ROOT = Path(__file__).resolve().parents[3]
SPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def shop() -> Workspace:
    return Workspace.load([sample_path(), ROOT / "docs" / "examples" / "flows.jsonl"])


def open_flows(folder: Path, *flows: dict[str, Any]) -> Workspace:
    path = folder / "flows.jsonl"
    path.write_text("\n".join(map(envelope, flows)) + "\n")
    return Workspace.load([path])


def rows(chart: Chart) -> dict[str, dict[str, int]]:
    return {
        label: {one.name: one.values[place] for one in chart.series if one.values[place]}
        for place, label in enumerate(chart.labels)
    }


def test_the_columns_hold_every_drop_that_the_tool_counts(shop: Workspace) -> None:
    chart = chart_drops(shop)
    result: Any = flow_drops.call(shop, {})
    assert sum(chart.totals) == result.dropped_flows == 33
    assert {one.name: one.total for one in chart.series} == {
        "POLICY_DENIED": 27, "POLICY_DENY": 3, "STALE_OR_UNROUTABLE_IP": 3,
    }  # fmt: skip
    shown = rows(chart)
    assert next(iter(shown)) == "10:30:00"
    assert list(shown)[-1] == "10:49:30"
    assert "POLICY_DENIED" not in {kind for label in list(shown)[:20] for kind in shown[label]}
    assert shown["10:40:30"] == {"POLICY_DENIED": 3}


def test_filters_choose_what_is_charted(shop: Workspace) -> None:
    assert sum(chart_drops(shop, "--to-pod shop/db").totals) == 3
    with pytest.raises(InvalidQuery, match="`--to-prt` is no filter"):
        chart_drops(shop, "--to-prt 1")


def test_without_drops_the_chart_says_so_and_draws_no_axis(shop: Workspace) -> None:
    chart = chart_drops(shop, "--to-pod shop/catalog")
    assert chart.told.startswith("0 flows of 20 dropped")
    text = to_chart_svg(chart)
    assert 'class="grid"' not in text
    assert "0 flows of 20 dropped" in text
    assert "<table>" not in to_chart_page(chart)
    assert "  bar [0]\n" in to_chart_mermaid(chart)


def test_without_flows_it_is_said_what_to_add() -> None:
    with pytest.raises((InvalidQuery, ToolError), match="holds no flows"):
        chart_drops(Workspace.sample())


def test_a_drop_without_a_time_is_told_and_not_lost(tmp_path: Path) -> None:
    denied = {"verdict": "DROPPED", "drop_reason_desc": "POLICY_DENIED"}
    chart = chart_drops(open_flows(tmp_path, make_flow(**denied), make_flow(time=None, **denied)))
    assert chart.told.startswith("2 flows of 2 dropped")
    assert sum(chart.totals) == 1
    assert any("1 dropped flow without a time" in note for note in chart.notes)


def test_failed_lookups_stand_apart_from_those_of_the_search_path(shop: Workspace) -> None:
    chart = chart_dns(shop)
    assert rows(chart) == {
        "rates.cards.example": {"SERVFAIL": 3},
        "legder.shop.svc.cluster.local": {"NXDOMAIN": 2},
        "api.cards.example": {"search path only": 6},
    }
    result: Any = flow_dns.call(shop, {})
    assert sum(row.failed for row in result.clients) == 5
    assert "5 lookups failed" in chart.told


def test_connections_with_drops_come_first_with_what_passed(shop: Workspace) -> None:
    found = rows(chart_verdicts(shop))
    first, second, third, *others = found
    assert found[first] == {"passed": 10, "dropped": 27}
    assert first == "shop/checkout to shop/payments 8443/TCP"
    assert [found[one] for one in (second, third)] == [{"dropped": 3}, {"dropped": 3}]
    assert all("dropped" not in found[one] for one in others)


def test_the_arrows_say_the_same(shop: Workspace) -> None:
    text = to_mermaid(draw_verdicts(shop))
    assert '-->|"8443/TCP: 27 dropped, 10 passed"|' in text
    assert '-.->|"5432/TCP: 3 dropped"|' in text


def test_of_too_many_connections_it_is_said_that_some_are_missing(tmp_path: Path) -> None:
    flows = [make_flow(ports=(40000, 1000 + number)) for number in range(MOST_ROWS + 5)]
    chart = chart_verdicts(open_flows(tmp_path, *flows))
    assert len(chart.labels) == MOST_ROWS
    assert f"The first {MOST_ROWS} of {MOST_ROWS + 5} connections are shown" in chart.notes[0]


names = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Z")), max_size=70)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.booleans())
def test_any_chart_is_well_formed_and_inside_its_picture(data: st.DataObject, across: bool) -> None:
    labels = tuple(data.draw(st.lists(names, min_size=1, max_size=40)))
    number = st.integers(0, 10 ** data.draw(st.integers(0, 9)))
    values = st.lists(number, min_size=len(labels), max_size=len(labels)).map(tuple)
    series = tuple(
        Series(name, data.draw(values), "#000000")
        for name in data.draw(st.lists(names, min_size=1, max_size=7))
    )
    chart = Chart(title=data.draw(names), told="t", axis="a", labels=labels, series=series,
                  across=across, notes=(data.draw(names),))  # fmt: skip
    tree = ElementTree.fromstring(to_chart_svg(chart))
    width, height = float(tree.get("width", 0)), float(tree.get("height", 0))
    for box in tree.iter(f"{SPACE}rect"):
        if "x" not in box.attrib:
            continue
        x, y, wide, high = (float(box.get(key, 0)) for key in ("x", "y", "width", "height"))
        assert x >= 0
        assert y >= 0
        assert x + wide <= width + 1
        assert y + high <= height + 1
    theme, *lines = to_chart_mermaid(chart).split("\n  %%")[0].splitlines()
    assert theme.startswith("%%{init")
    shown = len(labels) if across else len(re.findall(r"\d+", lines[-1]))
    assert "\n".join(lines).count('"') == 2 * (shown + 2)
    assert len(lines) == 5
    assert sum(map(int, re.findall(r"\d+", lines[-1]))) == sum(chart.totals)


def test_a_hostile_name_stays_a_text() -> None:
    name = '"] %%{init}%% </svg><script>alert(1)</script>'
    chart = Chart(title="t", told="t", axis="name", labels=(name,), across=True,
                  series=(Series("NXDOMAIN", (1,), "#000"),))  # fmt: skip
    assert "<script>" not in to_chart_page(chart)
    lines = to_chart_mermaid(chart).splitlines()
    [axis] = [line for line in lines if "x-axis" in line]
    assert not set('{}%<;"').intersection(axis.removeprefix('  x-axis ["').removesuffix('"]'))
