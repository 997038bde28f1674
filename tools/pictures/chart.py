"""What a chart shows, whatever it is drawn with: numbers in series, one for each label."""

from dataclasses import dataclass

__all__ = ["FILLS", "Chart", "Series"]

FILLS = ("#cf222e", "#0969da", "#bf8700", "#8250df", "#1b7c83", "#bf3989", "#6e7781")
"""Told apart by people who see few colours, too; every part carries its letter as well."""


@dataclass(frozen=True, slots=True)
class Series:
    """The numbers of one kind."""

    name: str
    values: tuple[int, ...]
    """One for each label of the chart."""
    fill: str

    @property
    def total(self) -> int:
        """The sum of its numbers."""
        return sum(self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Numbers, and what they count."""

    title: str
    told: str
    """One or two sentences that stand below the title."""
    axis: str
    """What the labels are: `time (UTC)`, `name`, ..."""
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    """Stacked in this order."""
    unit: str = "flows"
    across: bool = False
    """Whether bars run from left to right, one line for each label; else columns over time."""
    notes: tuple[str, ...] = ()
    """What the chart leaves out, and what could not be checked."""

    @property
    def totals(self) -> tuple[int, ...]:
        """The sums over the series, one for each label."""
        return tuple(
            sum(one.values[number] for one in self.series) for number in range(len(self.labels))
        )
