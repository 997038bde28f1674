"""A page for people about how well questions are answered."""

from evals.report.page import write_report

__all__ = ["write_report"]
