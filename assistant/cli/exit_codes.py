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
"""A setting, a package or a store is missing; what to do is said."""
MODEL_UNAVAILABLE = 4
"""The model that was asked for does not answer."""
BAD_INPUT = 5
"""The input files cannot be read."""
INTERRUPTED = 130
"""Stopped by Ctrl+C."""
