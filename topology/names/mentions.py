"""What a whole question names."""

from typing import TYPE_CHECKING

from topology.names.match import Mention

if TYPE_CHECKING:
    from topology.names.resolver import NameIndex

__all__ = ["find"]


def find(index: "NameIndex", question: str) -> tuple[Mention, ...]:
    """Return what a question names."""
    return ()
