"""A message, and what tools then found unsettled in its names."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from assistant.models.rules.frame import Frame, Ref
from tools.errors import ToolError

__all__ = ["Said", "doubt"]


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the person, with names that tools then found to fit several things."""

    text: str
    doubts: tuple[tuple[str, tuple[str, ...], bool], ...] = ()
    """The name, its candidates, and whether each of them fits (rather than comes close)."""

    def corrected(self, arguments: Mapping[str, object], error: ToolError) -> "Said":
        """Return the message with what a tool answered instead of a result."""
        values = [str(value) for value in arguments.values()]
        named = [value for value in values if value and f"`{value}`" in error.message] or values
        doubts = tuple((value, error.candidates, error.ambiguous) for value in named[:1])
        return replace(self, doubts=(*self.doubts, *doubts))


def doubt(frame: Frame, doubts: tuple[tuple[str, tuple[str, ...], bool], ...]) -> Frame:
    """Return the frame with names unsettled that a tool could not settle."""
    for name, candidates, ambiguous in doubts:

        def change(
            refs: tuple[Ref, ...],
            name: str = name,
            candidates: tuple[str, ...] = candidates,
            ambiguous: bool = ambiguous,
        ) -> tuple[Ref, ...]:
            open_ref = (
                {"names": candidates}
                if ambiguous
                else {"kind": "unknown", "near": candidates, "names": ()}
            )
            return tuple(replace(ref, **open_ref) if ref.name == name else ref for ref in refs)

        frame = replace(
            frame, sources=change(frame.sources), destinations=change(frame.destinations)
        )
    return frame
