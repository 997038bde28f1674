"""Kubernetes objects from files, folders and streams, as one Cluster."""

from topology.load.clusters import build_cluster
from topology.load.fingerprints import deserves_cache
from topology.load.reading import FileContent, load, load_text, read_files, read_text

__all__ = [
    "FileContent",
    "build_cluster",
    "deserves_cache",
    "load",
    "load_text",
    "read_files",
    "read_text",
]
