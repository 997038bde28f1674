"""Making of evaluation questions from facts that were read by hand."""
