"""Embed the example questions again, after `assistant/models/rules/examples.py` was changed."""

import sys

from assistant.models.rules.nearest import VECTORS, write_vectors


def main() -> None:
    """Write the vectors and say how many."""
    sys.stdout.write(f"{write_vectors()} examples in {VECTORS.name}\n")


if __name__ == "__main__":
    main()
