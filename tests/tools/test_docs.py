import pytest

from tools.docs import DocsResult, search_docs
from tools.errors import ToolError
from tools.workspace import Knowledge, Workspace
from topology.model import Cluster


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace whose index is kept for this module: building it takes seconds."""
    index = tmp_path_factory.mktemp("index")
    return Workspace(cluster=Cluster(), knowledge=Knowledge(index=index))


def test_passages_are_quoted_with_their_source_and_date(articles: Workspace) -> None:
    result = search_docs.call(articles, {"query": "when does kubenet retire?", "count": 2})
    assert isinstance(result, DocsResult)
    assert 1 <= len(result.passages) <= 2
    assert "2028-03-31" in result.summary
    best = result.passages[0]
    assert best.source in result.summary
    assert best.date in result.summary
    assert best.url == result.evidence[0].location
    assert DocsResult.model_validate_json(result.model_dump_json()) == result


def test_nothing_found_is_an_answer(articles: Workspace) -> None:
    result = search_docs.call(articles, {"query": "best pizza in naples"})
    assert result.summary == "No article says anything about `best pizza in naples`."
    assert result.evidence == ()


@pytest.mark.parametrize("arguments", [{"query": "  "}, {"query": "x", "count": 0}])
def test_an_empty_search_is_refused(articles: Workspace, arguments: dict[str, object]) -> None:
    with pytest.raises(ToolError):
        search_docs.call(articles, arguments)
