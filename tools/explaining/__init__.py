"""Policies explained in plain sentences."""

from tools.explaining.explanation import Explanation, explain, recover

__all__ = ["Explanation", "explain", "recover"]
