"""What the commands do: sessions, copying, saving, exporting, themes."""

import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App, SystemCommand
from textual.containers import VerticalScroll

from assistant.answer import Answer, Artifact
from assistant.errors import AssistantError
from assistant.suggestions import suggest
from assistant.transcripts import as_data, as_markdown
from assistant.tui.commands import COMMANDS, find_command
from assistant.tui.dialogs import SessionsDialog
from assistant.tui.evidence import FileScreen, choose_evidence, find_place
from assistant.tui.prompt import Prompt
from assistant.tui.turn_view import TurnView
from topology.errors import TopologyError

if TYPE_CHECKING:
    from assistant.agent import Assistant

__all__ = ["Deeds"]

_CONTRACT = "contract"
_RESTORED = 20
"""Turns of a resumed conversation that are shown."""


class Deeds(App[None]):
    """The half of the app behind its commands."""

    assistant: "Assistant | None"
    session: str

    async def run_command(self, line: str) -> None:
        """Run what begins with a slash; an unknown command is said to be one."""
        command, rest = find_command(line)
        if command is None:
            self.notify(
                f"There is no command {line.split()[0]}; /help shows them.", severity="warning"
            )
            return
        action = getattr(self, f"action_{command.action}")
        result = action(rest) if command.takes else action()
        if hasattr(result, "__await__"):
            await result

    def palette_commands(self) -> Iterable[SystemCommand]:
        """Yield the commands that need no words, for the palette."""
        for command in COMMANDS:
            if command.name not in ("quit", "theme"):
                action = getattr(self, f"action_{command.action}")
                yield SystemCommand(command.usage, command.summary, action)

    @property
    def answers(self) -> list[Answer]:
        """The answers on the screen, oldest first."""
        return [view.answer for view in self.query(TurnView) if view.answer is not None]

    async def action_new_session(self) -> None:
        """Begin a new conversation."""
        self.session = ""
        await self.query_one("#log", VerticalScroll).remove_children()
        if self.assistant is not None:
            questions = [one.question for one in suggest(self.assistant.workspace)]
            await self.show_welcome(questions)  # type: ignore[attr-defined]
        self.show_status()  # type: ignore[attr-defined]

    async def action_resume(self, name: str = "") -> None:
        """Go on with an earlier conversation: the one that is named, or one of a list."""
        if self.assistant is None:
            return
        store = self.assistant.sessions
        try:
            if name:
                await self.show_session(store.find(name).id)
                return
            kept = store.sessions(limit=200)
        except (AssistantError, TopologyError) as error:
            self.notify(str(error), severity="warning")
            return
        if not kept:
            self.notify("No conversation is kept yet.")
            return

        async def show(chosen: str | None) -> None:
            if chosen:
                await self.show_session(chosen)

        self.push_screen(SessionsDialog(kept), show)

    async def show_session(self, name: str) -> None:
        """Show the last turns of a conversation, which goes on from here."""
        assert self.assistant is not None
        log = self.query_one("#log", VerticalScroll)
        try:
            kept = self.assistant.sessions.find(name)
            turns = self.assistant.sessions.transcript(kept.id, turns=_RESTORED)
        except (AssistantError, TopologyError) as error:
            self.notify(str(error), severity="warning")
            return
        await log.remove_children()
        self.session = kept.id
        for turn in as_data(kept, turns)["turns"]:
            view = TurnView(turn["question"])
            await log.mount(view)
            await view.restore(turn)
            self.query_one(Prompt).remember(turn["question"])
        log.scroll_end(animate=False)
        self.show_status()  # type: ignore[attr-defined]

    def action_model(self, name: str = "") -> None:
        """Show the model, or choose another for the questions that follow."""
        if self.assistant is None:
            return
        if not name:
            self.notify(
                f"{self.assistant.model}; /model auto|rules|local:PATH|openai:NAME chooses."
            )
            return
        try:
            self.assistant.choose(name)
        except AssistantError as error:
            self.notify(str(error), severity="error")
        self.show_status()  # type: ignore[attr-defined]

    def action_copy(self, what: str = "") -> None:
        """Copy the last answer, or the last YAML."""
        if not self.answers:
            self.notify("There is no answer to copy yet.")
            return
        if what:
            artifacts = self._made()
            if artifacts:
                self.copy_text(artifacts[-1].content, artifacts[-1].name)
            else:
                self.notify("No answer here holds YAML.")
            return
        self.copy_text(self.answers[-1].text, "the answer")

    def _made(self) -> list[Artifact]:
        """Return the artifacts on the screen; contracts, which say what others keep, first."""
        made = [one for answer in self.answers for one in answer.artifacts]
        return sorted(made, key=lambda one: one.kind != _CONTRACT)

    def copy_text(self, text: str, name: str) -> None:
        """Copy a text through the terminal, which works over SSH, too."""
        self.copy_to_clipboard(text)
        self.notify(f"Copied {name}.")

    def action_save(self, path: str = "") -> None:
        """Save the last YAML to a file."""
        artifacts = self._made()
        if artifacts:
            self.save_artifact(artifacts[-1], path)
        else:
            self.notify("No answer here holds YAML.")

    def save_artifact(self, artifact: Artifact, path: str) -> None:
        """Write an artifact to a new file; what is there already is never overwritten."""
        target = Path(path or Path(artifact.name).name).expanduser()
        if not target.suffix:
            target = target.with_suffix(".yaml")
        try:
            with target.open("x", encoding="utf-8") as file:
                file.write(artifact.content)
        except FileExistsError:
            self.notify(f"{target} exists; /save PATH takes another name.", severity="warning")
        except OSError as error:
            self.notify(f"{target} cannot be written: {error.strerror}.", severity="error")
        else:
            self.notify(f"Saved {target}.")

    def action_export(self, path: str = "") -> None:
        """Write the conversation to a file, as Markdown, or as JSON by the file's ending."""
        if self.assistant is None or not self.session:
            self.notify("There is nothing to export yet.")
            return
        target = Path(path or f"netassist-{self.session}.md").expanduser()
        try:
            kept = self.assistant.sessions.find(self.session)
            turns = self.assistant.sessions.transcript(kept.id)
            if target.suffix == ".json":
                text = json.dumps(as_data(kept, turns), ensure_ascii=False, indent=2)
            else:
                text = as_markdown(kept, turns)
            with target.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            self.notify(f"{target} exists; /export PATH takes another name.", severity="warning")
        except (AssistantError, TopologyError, OSError) as error:
            self.notify(str(error), severity="error")
        else:
            self.notify(f"Exported {target}.")

    def action_evidence(self, number: str = "1") -> None:
        """Open the file of a piece of evidence of the last answer."""
        items = choose_evidence(self.answers[-1].evidence) if self.answers else ()
        wanted = int(number or "1") if (number or "1").isdecimal() else 0
        if not 1 <= wanted <= len(items):
            self.notify(f"The last answer has {len(items)} pieces of evidence.")
            return
        place = find_place(items[wanted - 1].location)
        if place is None:
            self.notify(f"{items[wanted - 1].location or 'It'} is no file here.")
        else:
            self.push_screen(FileScreen(*place, claim=items[wanted - 1].claim))

    def action_theme(self, name: str = "") -> None:
        """Choose the colours, or show which there are; the choice is kept."""
        if not name:
            self.notify(", ".join(sorted(self.available_themes)), title="/theme NAME")
        elif name not in self.available_themes:
            self.notify(f"There is no theme {name}.", severity="warning")
        else:
            self.theme = name

    def restore_theme(self) -> None:
        """Take the theme that was chosen last, and keep each choice from now on."""
        path = self._theme_file()
        try:
            kept = path.read_text(encoding="utf-8").strip()
        except OSError:
            kept = ""
        if kept in self.available_themes:
            self.theme = kept

        def keep(theme: Any) -> None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(theme.name, encoding="utf-8")
            except OSError as error:
                self.log.warning(f"the theme cannot be kept: {error}")

        self.theme_changed_signal.subscribe(self, keep)

    def _theme_file(self) -> Path:
        from assistant.settings import Settings

        return Settings().state_dir / "theme"

    def action_edit_prompt(self) -> None:
        """Write the question in the editor that the person has chosen."""
        from assistant.settings import Settings

        prompt = self.query_one(Prompt)
        with tempfile.NamedTemporaryFile("w+", suffix=".md", encoding="utf-8") as file:
            file.write(prompt.text)
            file.flush()
            command = [*shlex.split(Settings().editor), file.name]
            try:
                with self.suspend():
                    subprocess.run(command, check=False)
            except OSError as error:
                self.notify(f"{command[0]} cannot be started: {os.strerror(error.errno or 0)}.")
                return
            prompt.put(Path(file.name).read_text(encoding="utf-8").rstrip("\n"))
