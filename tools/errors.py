"""What a tool may answer instead of a result.

ToolError    the model or the person who called: may correct the call and try again
"""

from topology.errors import AmbiguousName, TopologyError, UnknownName

__all__ = ["ToolError", "translate"]


class ToolError(Exception):
    """A call that cannot be answered as it stands.

    Args:
        message: One sentence of fact that quotes the offending text in backticks.
        hint: One sentence that says what to do; may be empty.
        candidates: Names to choose from, when the call was ambiguous or misspelt.
        ambiguous: Whether the candidates all match (ask back), rather than come close.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        candidates: tuple[str, ...] = (),
        ambiguous: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.candidates = candidates
        self.ambiguous = ambiguous

    def __str__(self) -> str:
        return " ".join(part for part in (self.message, self.hint) if part)


def translate(error: TopologyError) -> ToolError:
    """Return what the caller of a tool hears of an error about names or network files."""
    candidates: tuple[str, ...] = ()
    if isinstance(error, AmbiguousName):
        candidates = error.candidates
    elif isinstance(error, UnknownName):
        candidates = error.nearest
    place = f" ({error.location})" if error.location else ""
    return ToolError(
        error.message + place,
        hint=error.hint,
        candidates=candidates,
        ambiguous=isinstance(error, AmbiguousName),
    )
