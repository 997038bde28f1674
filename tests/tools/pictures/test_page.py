"""The interactive page, in a real browser that has no network."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.matrix import MatrixResult, show_matrix
from tools.pictures import write_page
from tools.workspace import Workspace
from topology.load import load_text

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--window-size=1300,850",
)  # fmt: skip
HOSTILE = "</script><script>document.title='owned'</script>"


def matrix(workspace: Workspace) -> MatrixResult:
    result = show_matrix.call(workspace, {})
    assert isinstance(result, MatrixResult)
    return result


@pytest.fixture(scope="module")
def sample() -> Workspace:
    return Workspace.sample()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if not (BROWSER and DRIVER):
        pytest.skip("needs Chromium and its driver: apt-get install chromium chromium-driver")
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = BROWSER
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def open_page(browser: Any, text: str, folder: Path) -> None:
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    browser.get(path.as_uri())
    for _ in range(200):
        if browser.execute_script("return document.documentElement.dataset.ready"):
            return
        time.sleep(0.05)
    pytest.fail(str(browser.get_log("browser")))


def click_pair(browser: Any, source: str, destination: str) -> str:
    """Click where the page says that the square of a pair lies; return what it tells."""
    place = browser.execute_script(
        "const at = name => shown.findIndex(k => data.ends[k][0] === name);"
        "const box = canvas.getBoundingClientRect();"
        "return [box.left + left + (at(arguments[1]) + .5) * scale,"
        " box.top + top_ + (at(arguments[0]) + .5) * scale]",
        source,
        destination,
    )
    from selenium.webdriver.common.actions.action_builder import ActionBuilder

    actions = ActionBuilder(browser)
    actions.pointer_action.move_to_location(*map(int, place)).click()
    actions.perform()
    return str(browser.find_element("id", "side").text)


def test_a_click_on_a_pair_shows_its_path_with_rule_file_and_line(
    browser: Any, sample: Workspace, tmp_path: Path
) -> None:
    open_page(browser, write_page(matrix(sample), sample), tmp_path)
    told = click_pair(browser, "staging/web", "shop/db")
    assert "staging/web → shop/db" in told
    assert "CiliumNetworkPolicy/shop/no-staging-in-data spec.ingressDeny[0]" in told
    assert "shop-cilium.yaml:135" in told
    assert told.index("Egress policy") < told.index("Ingress policy")
    assert browser.get_log("browser") == []


def test_names_and_namespaces_filter_and_the_graph_is_drawn(
    browser: Any, sample: Workspace, tmp_path: Path
) -> None:
    open_page(browser, write_page(matrix(sample)), tmp_path)
    count = "return shown.length"
    assert browser.execute_script(count) == 12
    browser.find_element("id", "find").send_keys("pay")
    assert browser.execute_script(count) == 1
    browser.find_element("id", "find").clear()
    browser.find_element("css selector", "#space option[value=billing]").click()
    assert browser.execute_script("return shown.map(k => data.ends[k][0])") == [
        "billing/invoices", "world",
    ]  # fmt: skip
    browser.find_element("id", "as-graph").click()
    assert browser.execute_script("return mode") == "graph"
    drawn = "return new Set(pen.getImageData(0, 0, canvas.width, canvas.height).data).size"
    assert browser.execute_script(drawn) > 3
    assert browser.get_log("browser") == []


def test_zooming_moves_nothing_under_the_pointer(
    browser: Any, sample: Workspace, tmp_path: Path
) -> None:
    open_page(browser, write_page(matrix(sample)), tmp_path)
    zoom = (
        "const box = canvas.getBoundingClientRect(), x = box.left + 300, y = box.top + 300;"
        "const under = () => at({clientX: x, clientY: y});"
        "const before = String(under()), size = scale;"
        "canvas.dispatchEvent(new WheelEvent('wheel', {clientX: x, clientY: y, deltaY: -200}));"
        "return [before, String(under()), scale > size]"
    )
    before, after, grown = browser.execute_script(zoom)
    assert before == after
    assert grown


def test_a_name_cannot_become_a_script(browser: Any, tmp_path: Path) -> None:
    pod = {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": HOSTILE, "namespace": "a"},
        "spec": {"containers": [{"name": "c", "ports": [{"containerPort": 80}]}]},
    }  # fmt: skip
    hostile = Workspace(cluster=load_text(json.dumps(pod)))
    text = write_page(matrix(hostile), hostile)
    assert text.count("<script>") == 1
    open_page(browser, text, tmp_path)
    assert browser.title == "Who may open what to whom"
    assert browser.execute_script("return data.ends[0][0]") == f"a/{HOSTILE}"


def test_the_page_asks_nothing_of_any_network(sample: Workspace) -> None:
    text = write_page(matrix(sample), sample)
    assert not re.search(r"""(?:src|href)\s*=|https?://|@import|url\(""", text)
    assert "default-src 'none'" in text


def test_a_page_without_a_workspace_holds_no_paths(sample: Workspace) -> None:
    assert '"paths":null' in write_page(matrix(sample))
