"""A workspace, opened, and what the settings add to it: the address book and the knowledge."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assistant.settings import Settings
from tools.workspace import Knowledge, Workspace

__all__ = ["Source", "equip", "find_knowledge", "open_workspace"]

Source = str | Path | Sequence[str | Path]


def open_workspace(workspace: Workspace | Source | None, settings: Settings) -> Workspace:
    """Return a workspace that is given, or read from paths; None: what the settings name.

    Raises:
        UnreadableInput: Nothing at all could be read.
    """
    if isinstance(workspace, Workspace):
        return workspace
    if isinstance(workspace, str | Path):
        workspace = [workspace]
    paths = list(settings.workspace) if workspace is None else list(workspace)
    if not paths:
        return Workspace.sample()
    return Workspace.load(paths, cache=settings.cache_dir / "clusters")


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
