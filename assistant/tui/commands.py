"""What begins with a slash: the commands of the chat, for the prompt, the help and the palette."""

from dataclasses import dataclass

from rapidfuzz import fuzz

__all__ = ["COMMANDS", "Command", "complete", "find_command"]


@dataclass(frozen=True, slots=True)
class Command:
    """One command; the app has a method `action_NAME` for it."""

    name: str
    usage: str
    summary: str
    action: str
    takes: bool = False
    """Whether words may follow."""


COMMANDS = (
    Command("help", "/help", "Show the keys and the commands.", "show_help"),
    Command("new", "/new", "Begin a new conversation.", "new_session"),
    Command("resume", "/resume [ID]", "Go on with an earlier conversation.", "resume", True),
    Command(
        "model", "/model [NAME]", "Show or choose who understands the question.", "model", True
    ),
    Command("tools", "/tools", "Open or close every tool line.", "toggle_tools"),
    Command(
        "evidence", "/evidence [N]", "Open the file at the line of evidence N.", "evidence", True
    ),
    Command("copy", "/copy [yaml]", "Copy the last answer, or the last YAML.", "copy", True),
    Command("save", "/save [PATH]", "Save the last YAML to a file.", "save", True),
    Command(
        "export", "/export [PATH]", "Write the conversation as Markdown or JSON.", "export", True
    ),
    Command("network", "/network", "Show or hide the network beside the chat.", "toggle_network"),
    Command("theme", "/theme [NAME]", "Show or choose the colours.", "theme", True),
    Command("quit", "/quit", "Leave; the conversation is kept.", "quit"),
)
"""In the order in which help shows them."""
_CLOSE = 60


def find_command(text: str) -> tuple[Command | None, str]:
    """Return the command that a line asks for, with the words behind it.

    >>> find_command("/copy yaml")[1]
    'yaml'
    """
    name, _, rest = text.strip().removeprefix("/").partition(" ")
    found = next((one for one in COMMANDS if one.name == name.casefold()), None)
    return found, rest.strip()


def complete(text: str) -> tuple[Command, ...]:
    """Return the commands that a line could become, the likeliest first."""
    if not text.startswith("/") or " " in text or "\n" in text:
        return ()
    typed = text[1:].casefold()
    if not typed:
        return COMMANDS
    rated = [(_likeness(typed, one), -number, one) for number, one in enumerate(COMMANDS)]
    return tuple(one for rate, _, one in sorted(rated, reverse=True, key=lambda row: row[:2])
                 if rate >= _CLOSE)  # fmt: skip


def _likeness(typed: str, command: Command) -> float:
    if command.name.startswith(typed):
        return 200.0
    return fuzz.partial_ratio(typed, command.name) if len(typed) > 1 else 0.0
