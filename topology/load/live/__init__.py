"""A cluster read from its API server, with the lists that `kubectl get` would print."""

from topology.load.live.reading import LiveUnavailable, connect, load_live

__all__ = ["LiveUnavailable", "connect", "load_live"]
