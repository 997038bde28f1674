"""Reviewing the policies of a cluster: what is broken, dangerous or needless, and its mending."""

from topology.review.checks import Check, all_checks
from topology.review.context import ReviewContext
from topology.review.finding import SEVERITIES, Finding, ReviewSeverity, rank_of
from topology.review.review import Review, Skipped, chosen_checks, make_review
from topology.review.suppression import ANNOTATION, Suppression, read_file

__all__ = [
    "ANNOTATION",
    "SEVERITIES",
    "Check",
    "Finding",
    "Review",
    "ReviewContext",
    "ReviewSeverity",
    "Skipped",
    "Suppression",
    "all_checks",
    "chosen_checks",
    "make_review",
    "rank_of",
    "read_file",
]
