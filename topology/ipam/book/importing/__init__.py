"""Importing what others know of ranges: Azure, AKS, NetBox, and tables."""

from topology.ipam.book.importing.applying import ImportResult, import_rows
from topology.ipam.book.importing.reading import read_files
from topology.ipam.book.importing.rows import ImportRow, Reading
from topology.ipam.book.importing.tables import COLUMNS, read_tags, read_when

__all__ = [
    "COLUMNS",
    "ImportResult",
    "ImportRow",
    "Reading",
    "import_rows",
    "read_files",
    "read_tags",
    "read_when",
]
