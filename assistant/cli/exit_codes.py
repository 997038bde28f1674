"""What the exit code of `netassist` says; stable, see docs/adr/0002."""

__all__ = [
    "ANSWERED",
    "BAD_INPUT",
    "INTERRUPTED",
    "MODEL_UNAVAILABLE",
    "NO",
    "NOT_CONFIGURED",
    "USAGE",
]

ANSWERED = 0
"""Answered, allowed, or clean."""
NO = 1
"""The answer is "no": denied, not decidable, or with findings."""
USAGE = 2
"""Words that cannot be understood, a name that nothing has included."""
NOT_CONFIGURED = 3
MODEL_UNAVAILABLE = 4
BAD_INPUT = 5
"""The input files cannot be read."""
INTERRUPTED = 130
