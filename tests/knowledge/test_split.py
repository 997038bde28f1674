import pytest

from knowledge.errors import KnowledgeError
from knowledge.split import Reference, split

ARTICLE = """---
title: Doors and keys
slug: doors
versions: all
reviewed: 2026-11-23
sources:
  - title: The book of doors
    address: example/doors:book.md
    date: 2026-05
    dated: copy
---

Text before the first heading.

## Wooden doors

They creak.

### Hinges

```
## not a heading
```

## Empty

## Keys

They open doors.
"""


def test_each_heading_becomes_a_passage_with_its_line() -> None:
    article = split(ARTICLE, file="corpus/doors.md")

    lines = ARTICLE.splitlines()
    headings = [passage.heading for passage in article.passages]
    assert headings == ["Doors and keys", "Wooden doors", "Hinges", "Keys"]
    for passage in article.passages[1:]:
        assert lines[passage.line - 1].lstrip("# ") == passage.heading
        assert passage.file == "corpus/doors.md"


def test_a_heading_inside_a_code_block_stays_text() -> None:
    hinges = split(ARTICLE, file="corpus/doors.md").passages[2]

    assert "## not a heading" in hinges.text


def test_a_passage_is_searched_by_the_title_path_too() -> None:
    keys = split(ARTICLE, file="corpus/doors.md").passages[-1]

    assert keys.searchable == "Doors and keys. Keys.\nThey open doors."
    assert keys.key == f"doors:{keys.line}"


def test_sources_keep_their_dates_as_written() -> None:
    article = split(ARTICLE, file="corpus/doors.md")

    assert article.reviewed == "2026-11-23"
    assert article.sources == (
        Reference(
            title="The book of doors",
            address="example/doors:book.md",
            date="2026-05",
            dated="copy",
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("---\ntitle", "title", "does not begin with front matter"),
        ("slug: doors", "slug: ''", "has no `slug`"),
        ("slug: doors", "slug: [doors", "is not YAML"),
        ("    dated: copy\n", "", "lacks 'dated'"),
        ("title: Doors and keys\n", "- x\n", "is not YAML"),
    ],
)
def test_a_malformed_article_is_refused_by_name(old: str, new: str, message: str) -> None:
    with pytest.raises(KnowledgeError, match=message) as caught:
        split(ARTICLE.replace(old, new, 1), file="corpus/doors.md")
    assert "`corpus/doors.md`" in caught.value.message


def test_an_article_without_text_is_refused() -> None:
    with pytest.raises(KnowledgeError, match="no `##` heading with text"):
        split(ARTICLE.split("\nText before")[0], file="corpus/doors.md")
