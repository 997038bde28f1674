"""Write the vectors of the articles into the package: `python -m knowledge.prebuild`."""

from pathlib import Path

from knowledge.embeddings import Embedder
from knowledge.split import read_corpus
from knowledge.vectors import FILE, write_shipped

__all__ = ["main"]


def main() -> None:
    """Embed every passage of every article; run it when an article has changed."""
    texts = [passage.searchable for article in read_corpus() for passage in article.passages]
    write_shipped(texts, Embedder(), Path(__file__).with_name(FILE))


if __name__ == "__main__":
    main()
