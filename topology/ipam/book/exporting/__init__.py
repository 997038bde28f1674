"""Exporting a space: for Azure's tools, as tables, and as pictures."""

from collections.abc import Callable, Sequence

from topology.errors import InvalidQuery
from topology.ipam.book.entries import Entry
from topology.ipam.book.exporting.azure import write_az, write_bicep
from topology.ipam.book.exporting.networks import Vnet, find_vnets
from topology.ipam.book.exporting.svg import write_svg
from topology.ipam.book.exporting.tables import write_csv, write_markdown
from topology.ipam.book.exporting.terminal import Piece, draw
from topology.ipam.book.exporting.terraform import write_terraform
from topology.ipam.book.usage import Usage

__all__ = ["FORMATS", "Piece", "draw", "write", "write_svg"]

_CODE: dict[str, Callable[[Sequence[Vnet]], str]] = {
    "az": write_az,
    "bicep": write_bicep,
    "terraform": write_terraform,
}
FORMATS = ("az", "bicep", "csv", "markdown", "svg", "terraform")


def write(form: str, space: str, usages: Sequence[Usage], entries: Sequence[Entry]) -> str:
    """Return a space in a format.

    Raises:
        InvalidQuery: There is no such format, or nothing in the space that it could hold.
    """
    if form == "csv":
        return write_csv(entries)
    if form == "markdown":
        return write_markdown(usages, entries)
    if form == "svg":
        return write_svg(space, usages, entries)
    if form not in _CODE:
        message = f"`{form}` is no format of an export."
        raise InvalidQuery(message, hint=f"The formats are: {', '.join(FORMATS)}.")
    vnets = find_vnets(entries)
    if not vnets:
        message = f"The space `{space}` holds no VNet, so there is nothing to write as {form}."
        hint = "A block is a VNet if its kind says so: netassist ipam edit BLOCK --kind vnet"
        raise InvalidQuery(message, hint=hint)
    return _CODE[form](vnets)
