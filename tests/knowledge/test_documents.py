from pathlib import Path

import pytest

from knowledge import KnowledgeError
from knowledge.documents import Document, open_file, read_document
from tests.knowledge.papers import make_pdf


def read(folder: Path, name: str, content: str | bytes) -> Document:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_document(open_file(path))


def refuse(folder: Path, name: str, content: bytes) -> KnowledgeError:
    with pytest.raises(KnowledgeError) as caught:
        read(folder, name, content)
    assert name in caught.value.message
    assert caught.value.hint
    return caught.value


MARKDOWN = """---
title: "Payments failover"
---
Before any heading.

# Failover

Text.

```
# no heading
```

Underlined
----------
Call 4711.
"""


def test_markdown_is_divided_at_its_headings_with_their_lines(tmp_path: Path) -> None:
    document = read(tmp_path, "a.md", MARKDOWN)

    assert document.title == "Payments failover"
    assert [(piece.heading, piece.line) for piece in document.pieces] == [
        ("", 4),
        ("Failover", 6),
        ("Underlined", 14),
    ]
    assert "# no heading" in document.pieces[1].text


def test_the_first_heading_is_the_title_and_else_the_name_of_the_file(tmp_path: Path) -> None:
    assert read(tmp_path, "a.md", "# Rotation\n\ntext").title == "Rotation"
    assert read(tmp_path, "night-shift.txt", "text").title == "night-shift"


def test_a_line_of_a_passage_is_where_its_text_stands(tmp_path: Path) -> None:
    text = "\n\n".join(f"Paragraph {number} " + "word " * 60 for number in range(9))
    document = read(tmp_path, "long.md", text)

    lines = text.split("\n")
    assert len(document.pieces) > 3
    for piece in document.pieces:
        assert lines[piece.line - 1].strip() == piece.text.split("\n")[0].strip()


def test_no_passage_is_longer_than_the_embeddings_can_see(tmp_path: Path) -> None:
    document = read(tmp_path, "wall.txt", "word " * 1000)

    assert max(len(piece.text.split()) for piece in document.pieces) <= 150
    assert sum(len(piece.text.split()) for piece in document.pieces) == 1000


HTML = """<html><head><title>Jump host</title><script>alert("no")</script></head><body>
<nav>Menu</nav><h1>Access</h1><p>Go through
the <b>bastion</b>.</p><pre>ssh  -J bastion
  node</pre><div hidden>unseen</div><div style="display: none">unseen too</div>
<!-- a remark --><h2>Duty</h2><ul><li>one<li>two</ul></body></html>"""


def test_a_page_is_read_as_a_browser_shows_it(tmp_path: Path) -> None:
    document = read(tmp_path, "a.html", HTML)

    whole = "\n".join(piece.text for piece in document.pieces)
    assert document.title == "Jump host"
    assert [(piece.heading, piece.line) for piece in document.pieces] == [
        ("", 1),
        ("Access", 2),
        ("Duty", 5),
    ]
    assert "Go through the bastion." in whole
    assert "ssh  -J bastion\n  node" in whole
    for word in ("alert", "unseen", "remark"):
        assert word not in whole


def test_a_pdf_is_cited_by_page(tmp_path: Path) -> None:
    document = read(tmp_path, "a.pdf", make_pdf("Rotate the prefix", "", "Call the duty"))

    assert [(piece.text, piece.place, piece.line) for piece in document.pieces] == [
        ("Rotate the prefix", "page 1", 0),
        ("Call the duty", "page 3", 0),
    ]


def test_what_acts_without_being_seen_is_dropped(tmp_path: Path) -> None:
    document = read(
        tmp_path, "a.txt", "\ufeffred \x1b[31malert\x1b[0m a\u200bb \u202ereversed\r\nend"
    )

    assert document.pieces[0].text == "red [31malert[0m ab reversed\nend"


def test_text_in_utf_16_is_read_by_its_mark(tmp_path: Path) -> None:
    assert read(tmp_path, "a.txt", "grün".encode("utf-16")).pieces[0].text == "grün"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("binary.md", b"\x89PNG\0\0", "is binary"),
        ("latin.txt", b"caf\xe9", "is not UTF-8: byte `0xe9` at 3"),
        ("broken.pdf", b"%PDF-1.4 nothing", "is no PDF that can be read"),
        ("noise.pdf", bytes(range(256)) * 20, "is no PDF that can be read"),
        ("empty.md", b"", "holds no text"),
        ("blank.html", b"<p> </p>", "holds no text"),
        ("scan.pdf", make_pdf("", ""), "holds no text"),
        ("sheet.xlsx", b"PK", "ends in none of the known endings"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    assert said in refuse(tmp_path, name, content).message


def test_a_locked_pdf_is_called_locked(tmp_path: Path) -> None:
    import io

    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf("secret"))))
    writer.encrypt("key", algorithm="RC4-128")
    held = io.BytesIO()
    writer.write(held)

    assert "locked by a password" in refuse(tmp_path, "locked.pdf", held.getvalue()).message


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(20_000_001)

    with pytest.raises(KnowledgeError, match="20,000,001 bytes"):
        open_file(path)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="No such file"):
        open_file(tmp_path / "nowhere.md")


def test_a_page_nested_without_end_is_refused(tmp_path: Path) -> None:
    page = b"<div>" * 5000 + b"deep"

    assert "nested too deep" in refuse(tmp_path, "deep.html", page).message
