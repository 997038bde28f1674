"""The tool that searches the articles of the knowledge base."""

from pydantic import BaseModel, ConfigDict

from tools.spec import Evidence, ToolResult, tool
from tools.wording import count as counted
from tools.workspace import Workspace
from topology.errors import InvalidQuery

__all__ = ["DocsResult", "PassageRow", "search_docs"]

MOST = 10
_SHOWN = 700
"""Characters of a passage that the summary quotes."""


class PassageRow(BaseModel):
    """One passage."""

    model_config = ConfigDict(frozen=True)

    title: str
    text: str
    source: str
    url: str
    date: str
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
    passages = workspace.knowledge.search(query, count)
    if not passages:
        return DocsResult(summary="No article says anything about this.")
    rows = tuple(
        PassageRow(
            title=passage.title,
            text=passage.text,
            source=passage.source,
            url=passage.url,
            date=passage.date,
            score=round(float(passage.score), 4),
        )
        for passage in passages
    )
    parts = [f"{counted(len(rows), 'passage')} from the articles:"]
    parts += [f"**{row.title}** ({_origin(row)})\n{_quote(row.text)}" for row in rows]
    return DocsResult(
        summary="\n\n".join(parts),
        evidence=tuple(
            Evidence(claim=row.title, source=_origin(row), location=row.url) for row in rows
        ),
        passages=rows,
    )


def _origin(row: PassageRow) -> str:
    return ", ".join(part for part in (row.source, row.date) if part)


def _quote(text: str) -> str:
    shown = text.strip()
    if len(shown) > _SHOWN:
        shown = shown[:_SHOWN].rsplit(" ", 1)[0] + " ..."
    return "\n".join(f"> {line}" for line in shown.splitlines())
