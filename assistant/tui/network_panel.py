"""The network beside the chat: a tree that can be searched, and the map of who reaches whom."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, TabbedContent, TabPane, Tree

from assistant.tui.reach_map import ReachMap
from tools.workspace import Workspace

__all__ = ["NetworkPanel"]

_MOST = 400
"""Entries below one branch of the tree; a search narrows what is shown."""


class NetworkPanel(Vertical):
    """Namespaces with their workloads, Services and policies; Enter puts a name into the prompt."""

    class Chosen(Message):
        """A name was chosen."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self) -> None:
        super().__init__(id="network")
        self._workspace: Workspace | None = None

    def compose(self) -> ComposeResult:
        """Show an empty tree; `fill` comes when the workspace is read."""
        with TabbedContent(id="network-tabs"):
            with TabPane("Network", id="tab-tree"):
                yield Input(placeholder="find a name", id="find", compact=True)
                tree: Tree[str] = Tree("reading\u2026", id="tree")
                tree.show_root = True
                tree.guide_depth = 2
                yield tree
            with TabPane("Map", id="tab-map"):
                yield ReachMap()

    def fill(self, workspace: Workspace) -> None:
        """Show a workspace."""
        self._workspace = workspace
        self._grow("")
        self.query_one(ReachMap).workspace = workspace

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show only what holds the words."""
        if event.input.id == "find":
            self._grow(event.value.strip().casefold())

    def on_tree_node_selected(self, event: Tree.NodeSelected[str]) -> None:
        """Hand the name of a leaf on."""
        if event.node.data:
            self.post_message(self.Chosen(event.node.data))

    def _grow(self, words: str) -> None:
        tree: Tree[str] = self.query_one("#tree", Tree)
        tree.clear()
        if self._workspace is None:
            return
        cluster = self._workspace.cluster
        tree.root.set_label(f"{len(cluster.namespaces)} namespaces")
        for name in sorted(cluster.namespaces):
            leaves = [
                *((one.full_name, one.name, one.kind) for one in cluster.workloads
                  if one.namespace == name),
                *((f"service:{one.full_name}", one.name, "Service") for one in cluster.services
                  if one.namespace == name),
                *((one.key, one.name, one.kind) for one in cluster.policies
                  if one.namespace == name),
            ]  # fmt: skip
            found = [leaf for leaf in leaves if words in f"{name}/{leaf[1]}".casefold()]
            if not found:
                continue
            branch = tree.root.add(Text(f"{name}  {len(found)}"), expand=bool(words))
            for target, label, kind in found[:_MOST]:
                branch.add_leaf(Text.assemble(label, (f"  {kind}", "dim")), data=target)
        tree.root.expand()
