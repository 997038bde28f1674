"""Speed and memory at the reference load, with a generator of that load and a peer beside it."""

from evals.bench.files import write
from evals.bench.objects import make_objects
from evals.bench.sizes import SIZES, Size

__all__ = ["SIZES", "Size", "make_objects", "write"]
