"""Where the bundled clusters lie."""

from importlib.resources import files
from pathlib import Path

__all__ = ["sample_path"]


def sample_path() -> Path:
    """Return the folder of the bundled sample: the shop on AKS that the README asks about."""
    return Path(str(files("topology.samples") / "shop"))
