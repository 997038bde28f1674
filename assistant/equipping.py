"""What the settings add to a workspace: the address book and the knowledge."""

from dataclasses import replace

from assistant.settings import Settings
from tools.workspace import Knowledge, Workspace

__all__ = ["equip", "find_knowledge"]


def equip(workspace: Workspace, settings: Settings) -> Workspace:
    """Return the workspace with what the settings name, unless it names its own."""
    if workspace.knowledge == Knowledge():
        workspace = replace(workspace, knowledge=find_knowledge(settings))
    if not workspace.book and (settings.book or settings.user):
        user = workspace.user or settings.user
        workspace = replace(workspace, book=settings.book, user=user)
    return workspace


def find_knowledge(settings: Settings) -> Knowledge:
    """Return the articles and runbooks, with the places that the settings name."""
    token = settings.knowledge_token
    return Knowledge(
        index=settings.cache_dir / "knowledge",
        library=settings.library,
        server=settings.knowledge_server,
        token=token.get_secret_value() if token else "",
    )
