"""The statistics that findings state: chi-square against an even share, and latency quantiles."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

__all__ = ["Latencies", "chi_square_p", "variation"]

_TERMS: Final = 10_000
_PRECISION: Final = 1e-12
_PER_OCTAVE: Final = 8
"""Steps of the histogram in which a latency doubles: a value is known to some 9 %."""


def chi_square_p(counts: Sequence[int]) -> float | None:
    """Return how likely such counts or worse ones are if every place has the same share.

    Returns:
        None for fewer than two places, or fewer than five expected in each, where the
        approximation does not hold.

    >>> round(chi_square_p([60, 40]), 4)
    0.0455
    """
    expected = sum(counts) / len(counts) if counts else 0.0
    if len(counts) < 2 or expected < 5:
        return None
    statistic = sum((count - expected) ** 2 for count in counts) / expected
    return _upper_gamma((len(counts) - 1) / 2, statistic / 2)


def _upper_gamma(shape: float, value: float) -> float:
    """Return the regularised upper incomplete gamma function Q.

    Source: Abramowitz and Stegun, 6.5.29 (series) and 6.5.31 (continued fraction).
    """
    if value <= 0:
        return 1.0
    scale = math.exp(shape * math.log(value) - value - math.lgamma(shape))
    if value < shape + 1:
        term = total = 1 / shape
        for number in range(1, _TERMS):
            term *= value / (shape + number)
            total += term
            if term < total * _PRECISION:
                break
        return max(0.0, 1 - scale * total)
    tiny = 1e-300
    b = value + 1 - shape
    c, d = 1 / tiny, 1 / b
    fraction = d
    for number in range(1, _TERMS):
        step = -number * (number - shape)
        b += 2
        d = 1 / (step * d + b or tiny)
        c = b + step / c or tiny
        delta = c * d
        fraction *= delta
        if abs(delta - 1) < _PRECISION:
            break
    return min(1.0, scale * fraction)


def variation(counts: Sequence[int]) -> float:
    """Return the coefficient of variation: standard deviation over mean; 0 for none."""
    mean = sum(counts) / len(counts) if counts else 0.0
    if not mean:
        return 0.0
    return math.sqrt(sum((count - mean) ** 2 for count in counts) / len(counts)) / mean


class Latencies:
    """A histogram of latencies in nanoseconds, from which quantiles are read."""

    __slots__ = ("_counts", "count")

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self.count = 0

    def add(self, nanoseconds: int, number: int = 1) -> None:
        """Count a latency."""
        self._counts[round(math.log2(max(nanoseconds, 1)) * _PER_OCTAVE)] += number
        self.count += number

    def quantile(self, share: float) -> int:
        """Return the latency that this share of them does not exceed, to some 9 %; 0 for none."""
        left = math.ceil(share * self.count)
        for step in sorted(self._counts):
            left -= self._counts[step]
            if left <= 0:
                return round(2 ** (step / _PER_OCTAVE))
        return 0
