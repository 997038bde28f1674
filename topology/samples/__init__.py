"""Small clusters that come with the package, so that there is something to ask about."""

from topology.samples.places import sample_path

__all__ = ["sample_path"]
