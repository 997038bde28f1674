"""One turn of the conversation: the question, what is computed for it, and the answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Markdown, Static
from textual.widgets.markdown import MarkdownStream

from assistant.answer import Answer
from assistant.events import Event, Finished, Notice, TextDelta, ToolFinished, ToolStarted
from assistant.tui.artifact import ArtifactBlock
from assistant.tui.evidence import EvidenceList
from assistant.tui.long_text import LongText
from assistant.tui.tool_line import ToolLine
from assistant.tui.verdict_card import VerdictCard, layers_of

__all__ = ["TurnView"]

_LONG = 300
"""Lines of an answer that are laid out as Markdown; a longer one is shown as plain lines."""
_CARDS = 3


class TurnView(Vertical):
    """Folds the events of one turn."""

    def __init__(self, question: str) -> None:
        super().__init__(classes="turn")
        self.question = question
        self.answer: Answer | None = None
        self._text = ""
        self._stream: MarkdownStream | None = None
        self._tools: dict[str, ToolLine] = {}

    def compose(self) -> ComposeResult:
        """Show the question."""
        yield Static(Content(self.question), classes="question")

    async def show(self, event: Event) -> None:
        """Show one event."""
        match event:
            case TextDelta(text):
                await self._add_text(text)
            case ToolStarted():
                line = ToolLine(event.name, event.arguments)
                self._tools[event.call_id] = line
                await self.mount(line)
            case ToolFinished():
                line = self._tools[event.call_id]
                line.finish(event.result, ok=event.ok, milliseconds=event.milliseconds)
            case Notice(text):
                await self.mount(Static(Content(f"! {text}"), classes="notice"))
            case Finished(answer):
                await self.finish(answer)

    async def finish(self, answer: Answer) -> None:
        """Put the answer with what it rests on in the place of its draft."""
        self.answer = answer
        await self._end_stream()
        drafts = list(self.query(".draft"))
        cards = [call.result for call in answer.tools if call.ok and layers_of(call.result)]
        for result in cards[:_CARDS]:
            await self.mount(VerdictCard(result), before=drafts[0] if drafts else None)
        await self._settle(drafts, _without_blocks(answer))
        for artifact in answer.artifacts:
            await self.mount(ArtifactBlock(artifact))
        if answer.evidence:
            await self.mount(EvidenceList(answer.evidence))
        for citation in answer.citations:
            text = f"\u201c{citation.title}\u201d  {citation.source}  {citation.date}"
            await self.mount(Static(Content(text), classes="evidence"))
        await self.mount(Static(Content(_footer(answer)), classes="footer"))

    async def restore(self, kept: Mapping[str, Any]) -> None:
        """Show a turn as it was kept: text, verdicts and tools, in the form of a transcript."""
        for call in kept.get("tools", ()):
            line = ToolLine(call["name"], call["arguments"])
            await self.mount(line)
            line.finish(call["result"], ok=call["ok"], milliseconds=0)
            line.set_class(False, "failed")
        for call in kept.get("tools", ())[:_CARDS]:
            if call["ok"] and layers_of(call["result"]):
                await self.mount(VerdictCard(call["result"]))
        await self._put_text(kept.get("text") or "_No answer was kept._")

    async def stop(self, why: str) -> None:
        """End the turn before its answer; what was shown stays."""
        await self._end_stream()
        for line in self._tools.values():
            line.stop()
        note = f"{why} The answer is not complete." if self._text else why
        await self.mount(Static(Content(note), classes="notice"))

    def toggle_tools(self, *, opened: bool) -> None:
        """Open or close every tool line."""
        for line in self.query(ToolLine):
            if line.open != opened:
                line.action_open_close()

    async def _add_text(self, text: str) -> None:
        self._text += text
        if self._text.count("\n") > _LONG:
            return
        if self._stream is None:
            block = Markdown(classes="draft", open_links=False)
            await self.mount(block)
            self._stream = Markdown.get_stream(block)
        await self._stream.write(text)

    async def _end_stream(self) -> None:
        if self._stream is not None:
            await self._stream.stop()
            self._stream = None

    async def _settle(self, drafts: Sequence[Widget], text: str) -> None:
        """Let the draft stand where it is the answer; most are, and nothing is laid out again."""
        if drafts and text == self._text:
            drafts[0].set_classes("answer")
            return
        for draft in drafts:
            await draft.remove()
        await self._put_text(text)

    async def _put_text(self, text: str) -> None:
        if text.count("\n") > _LONG:
            await self.mount(LongText(text))
        else:
            await self.mount(Markdown(text, classes="answer", open_links=False))


def _without_blocks(answer: Answer) -> str:
    """Return the text without the artifacts, which are shown in blocks of their own."""
    text = answer.text
    for artifact in answer.artifacts:
        for language in ("yaml", "hcl", ""):
            block = f"```{language}\n{artifact.content.strip()}\n```"
            text = text.replace(block, "").strip()
    return text


def _footer(answer: Answer) -> str:
    tokens = answer.usage.get("total", 0)
    parts: Sequence[str] = (
        f"{answer.tier}: {answer.model}" if answer.model != answer.tier else answer.tier,
        f"{answer.seconds:.2f} s",
        f"{tokens:,} tokens" if tokens else "",
        "declined" if answer.declined else "",
    )
    return "  ".join(part for part in parts if part)
