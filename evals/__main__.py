"""The command `python -m evals SUITE`: run one suite and report agreement."""

from evals.command import main

if __name__ == "__main__":
    raise SystemExit(main())
