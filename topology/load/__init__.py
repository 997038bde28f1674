"""Kubernetes objects from files, folders and streams, as one Cluster."""

from topology.load.clusters import build_cluster
from topology.load.fingerprints import deserves_cache
from topology.load.reading import load, load_text

__all__ = ["build_cluster", "deserves_cache", "load", "load_text"]
