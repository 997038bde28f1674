"""A verdict with the layers that a packet meets: word, sign and colour, rule, file and line."""

from collections.abc import Mapping, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

__all__ = ["VerdictCard", "layers_of"]

_SIGNS = {"allow": "+", "deny": "x", "unknown": "?", "none": "-", "conditional": "~"}
_WORDS = {"allow": "ALLOWED", "deny": "DENIED", "unknown": "NOT KNOWN"}
_STYLES = {"allow": "$success", "deny": "$error", "unknown": "$warning", "conditional": "$warning"}
_NAMES = {"mtls": "mutual TLS"}


def layers_of(result: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the layers of a tool's result; none where it decided about no connection."""
    layers = result.get("layers")
    return layers if isinstance(layers, list | tuple) else ()


class VerdictCard(Vertical):
    """What one call decided about one connection."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        verdict = str(result.get("verdict") or "unknown")
        super().__init__(classes=f"card {verdict}")
        self._result = result
        self._verdict = verdict

    def compose(self) -> ComposeResult:
        """Show the ends, then a line for each layer."""
        ends = f"{self._result.get('source', '')} \u2192 {self._result.get('destination', '')}"
        word = f" {_SIGNS.get(self._verdict, '?')} {_WORDS.get(self._verdict, 'NOT KNOWN')} "
        style = f"bold {_STYLES.get(self._verdict, '$warning')}"
        yield Static(Content.assemble((word, style), (f" {ends}", "bold")), classes="card-head")
        for layer in layers_of(self._result):
            with Horizontal(classes="card-layer"):
                yield Static(_head(layer), classes="card-name")
                yield Static(_told(layer), classes="card-text")


def _head(layer: Mapping[str, Any]) -> Content:
    verdict = str(layer.get("verdict", "none"))
    name = str(layer.get("layer", ""))
    title = _NAMES.get(name, name.replace("-", " "))
    return Content.assemble(
        (f" {_SIGNS.get(verdict, '-')} ", f"bold {_STYLES.get(verdict, '$text-muted')}"),
        (title, "$text-muted" if verdict == "none" else ""),
    )


def _told(layer: Mapping[str, Any]) -> Content:
    """Return what decided, its place on a line of its own."""
    rule = " ".join(str(layer[key]) for key in ("policy", "rule") if layer.get(key))
    reason = str(layer.get("reason", "")).replace("`", "")
    place = f"\n{layer['location']}" if layer.get("location") else ""
    return Content.assemble(rule or reason, (place, "$text-muted"))
