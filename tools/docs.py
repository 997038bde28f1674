"""The tool that searches the articles of the knowledge base."""

from pydantic import BaseModel, ConfigDict

from knowledge.errors import KnowledgeError
from tools.errors import ToolError
from tools.spec import Evidence, ToolResult, tool
from tools.workspace import Workspace
from topology.errors import InvalidQuery

__all__ = ["DocsResult", "PassageRow", "search_docs"]

MOST = 10
_SHOWN = 700
"""Characters of a passage that the summary quotes."""


class PassageRow(BaseModel):
    """One passage of an article."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    title: str
    heading: str
    text: str
    source: str
    url: str
    date: str
    location: str
    """`file:line` of the passage in the articles."""
    score: float


class DocsResult(ToolResult):
    """Passages nearest to a query, best first."""

    passages: tuple[PassageRow, ...] = ()


@tool()
def search_docs(workspace: Workspace, query: str, count: int = 3) -> DocsResult:
    """Search the articles on AKS networking, Cilium and Istio, and quote what they say.

    Use it for how things work, what is supported, limits and upgrades; never for the state of the
    loaded cluster.

    Args:
        workspace: Holds the articles.
        query: What to look for, in plain words.
        count: How many passages, 1 to 10.

    Returns:
        Passages with title, date and source.
    """
    if not query.strip():
        raise InvalidQuery("The query is empty.", hint="Say what to look for.")
    if not 1 <= count <= MOST:
        message = f"`{count}` passages cannot be asked for."
        raise InvalidQuery(message, hint=f"Ask for 1 to {MOST}.")
    try:
        hits = workspace.knowledge.search(query, count)
    except KnowledgeError as error:
        raise ToolError(str(error), hint="Install the package again.") from error
    if not hits:
        return DocsResult(summary=f"No article says anything about `{query.strip()}`.")
    rows = tuple(
        PassageRow(
            title=hit.title,
            heading=hit.heading,
            text=hit.text,
            source=hit.source,
            url=hit.url,
            date=hit.date,
            location=f"{hit.file}:{hit.line}",
            score=round(hit.score, 3),
        )
        for hit in hits
    )
    return DocsResult(
        summary="\n\n".join(
            f"**{_title(row)}** ({_origin(row)}):\n\n{_quote(row.text)}" for row in rows
        ),
        evidence=tuple(
            Evidence(claim=_title(row), source=_origin(row), location=row.url or row.location)
            for row in rows
        ),
        not_verified=tuple(sorted({hit.note for hit in hits if hit.note})),
        passages=rows,
    )


def _title(row: PassageRow) -> str:
    return row.title if row.heading in ("", row.title) else f"{row.title}: {row.heading}"


def _origin(row: PassageRow) -> str:
    return ", ".join(part for part in (row.source, row.date) if part)


def _quote(text: str) -> str:
    shown = text.strip()
    if len(shown) > _SHOWN:
        shown = shown[:_SHOWN].rsplit(" ", 1)[0] + " ..."
    return "\n".join(f"> {line}" for line in shown.splitlines())
