"""Making of evaluation questions from facts that were read by hand."""

from evals.making.questions import make_cases

__all__ = ["make_cases"]
