import json
import re
from pathlib import Path

import pytest
import yaml

from knowledge.split import Article, read_corpus

DATE = re.compile(r"20\d\d-[01]\d(-[0-3]\d)?")
READ_ELSEWHERE = {
    "container-network-security-cilium-mutual-tls-concepts",
    "container-network-security-wireguard-encryption-concepts",
}
"""Pages that the facts name only in part; they were read for the articles."""
QUERIES = Path(__file__).with_name("queries.yaml")
PAIRS = Path(__file__).parents[2] / "evals" / "cases" / "retrieval.jsonl"
NAMES = {
    "MicrosoftDocs/azure-aks-docs:articles/aks/": "A/",
    "MicrosoftDocs/azure-docs:articles/": "D/",
    "MicrosoftDocs/SupportArticles-docs:support/azure/azure-kubernetes/": "S/",
    "Azure/azure-container-networking:": "ACN/",
}


def list_articles() -> list[object]:
    return [pytest.param(article, id=article.slug) for article in read_corpus()]


@pytest.mark.parametrize("article", list_articles())
def test_an_article_states_its_sources_with_dates(article: Article) -> None:
    assert article.file == f"corpus/{article.slug}.md"
    assert DATE.fullmatch(article.reviewed)
    assert article.sources
    for source in article.sources:
        assert DATE.fullmatch(source.date), source
        assert source.date <= article.reviewed, source
        assert source.dated in {"page", "copy"}, source


@pytest.mark.parametrize("article", list_articles())
def test_an_article_is_short_enough_to_quote(article: Article) -> None:
    words = sum(len(passage.text.split()) for passage in article.passages)

    assert 120 <= words <= 400
    assert max(len(passage.text.split()) for passage in article.passages) <= 160


@pytest.mark.parametrize("article", list_articles())
def test_an_article_holds_plain_punctuation_and_no_web_address(article: Article) -> None:
    for passage in article.passages:
        assert passage.text.isascii(), passage.key
        assert "://" not in passage.text.replace("spiffe://", ""), passage.key


@pytest.mark.parametrize("article", list_articles())
def test_every_source_stands_in_the_collected_facts(article: Article, shared: Path) -> None:
    facts = "\n".join(
        path.read_text(encoding="utf-8") for path in sorted((shared / "facts").glob("*.md"))
    )
    # The facts shorten some long paths; the articles keep the shortened form.
    facts = facts.replace("\N{HORIZONTAL ELLIPSIS}", "...")
    for source in article.sources:
        path = shared / source.address
        known = any(form in facts for form in _list_forms(source.address)) or path.is_file()
        assert known, source.address


def _list_forms(address: str) -> list[str]:
    """Return the ways in which the facts write an address, the weakest last."""
    short = address.removesuffix(".md")
    for long, code in NAMES.items():
        short = short.replace(long, code)
    last = re.split(r"[:/]", short)[-1]
    if last.removesuffix(".md") in READ_ELSEWHERE:
        return [""]
    owner, _, number = address.rpartition("#")
    forms = [address, short, address.removeprefix("cilium/cilium:")]
    if owner:
        # A list of issues names its repository once.
        forms.append(f"#{number}")
    return [*forms, last] if len(last) > 5 else forms


def test_slugs_and_passage_keys_are_unique() -> None:
    articles = read_corpus()
    keys = [passage.key for article in articles for passage in article.passages]

    assert len({article.slug for article in articles}) == len(articles)
    assert len(set(keys)) == len(keys)


def test_every_article_is_asked_for_by_some_query() -> None:
    queries = yaml.safe_load(QUERIES.read_text(encoding="utf-8"))
    pairs = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    items = [*queries["on_topic"], *pairs]
    asked = {slug for item in items for slug in item["articles"]}

    assert asked == {article.slug for article in read_corpus()}
