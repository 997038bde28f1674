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


def test_what_the_sources_disagree_on_is_said_with_the_best_passage(articles: Workspace) -> None:
    result = search_docs.call(articles, {"query": "default of max pods per node", "count": 1})
    assert isinstance(result, DocsResult)
    assert result.passages[0].conflicts
    assert f"Sources disagree on {result.passages[0].conflicts[0]}" in result.summary


def test_a_computation_is_preferred_where_a_tool_makes_one(articles: Workspace) -> None:
    result = search_docs.call(articles, {"query": "sizing an overlay pod CIDR", "count": 1})
    assert isinstance(result, DocsResult)
    assert result.passages[0].computed == ("size_subnets",)
    assert "`netassist tools size-subnets`" in result.summary


def test_every_tool_that_an_article_names_exists() -> None:
    from knowledge.split import read_corpus
    from tools import registry

    known = {spec.name for spec in registry()}
    named = {name for article in read_corpus() for name in article.computed}
    assert named <= known


def test_an_old_source_is_said_to_be_old(articles: Workspace) -> None:
    result = search_docs.call(articles, {"query": "DNS Private Resolver subnets", "count": 1})
    assert isinstance(result, DocsResult)
    assert any("2022-12-06" in reason for reason in result.passages[0].stale)
    assert "May be out of date: The source is of 2022-12-06" in result.summary


def test_a_weak_match_is_not_passed_off_as_an_answer(articles: Workspace) -> None:
    result = search_docs.call(articles, {"query": "ImagePullBackOff from a private registry"})
    assert isinstance(result, DocsResult)
    assert result.summary.startswith("No passage plainly speaks of this")
