"""What a turn costs, and where it ends."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Budget", "Price"]

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars for a million tokens; what a provider takes off for cached ones is not known."""

    input: float
    output: float

    def of(self, usage: Mapping[str, int]) -> float:
        """Return the cost of tokens in US dollars.

        >>> Price(input=0.4, output=1.6).of({"input": 500_000, "output": 100_000})
        0.36
        """
        cost = self.input * usage.get("input", 0) + self.output * usage.get("output", 0)
        return round(cost / _MILLION, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Bounds of one turn; 0: none. They are looked at before each call of the model."""

    tokens: int = 0
    cost: float = 0.0
    price: Price | None = None

    def describe_excess(self, usage: Mapping[str, int]) -> str:
        """Return which bound is reached, in words that follow "came to no end"; "" for none."""
        if self.tokens and usage.get("total", 0) >= self.tokens:
            return f"within {self.tokens:,} tokens"
        if self.cost and self.price and self.price.of(usage) >= self.cost:
            return f"within ${self.cost:g}"
        return ""
