"""Write the generated questions beside the others: `python -m evals.making`."""

from evals.making.questions import write_cases
from evals.suites.question_cases import CASES

if __name__ == "__main__":
    for split in ("dev", "test"):
        write_cases(split, CASES.with_name(f"questions-made-{split}.jsonl"))
