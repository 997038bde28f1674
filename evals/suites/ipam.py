"""Sizing, validation and free space against worked vectors from documents and other tools."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.suites.ipam_inferred import infer
from evals.suites.ipam_kinds import KINDS
from evals.suites.result import SuiteResult
from topology.errors import InvalidQuery

__all__ = ["run"]

DEFAULT_CASES = Path(__file__).resolve().parents[1] / "cases" / "ipam-vectors.json"
_FIELDS = {"id", "kind", "input", "expected"}
_COMMENT = "why"
"""A remark of the vector's author, not part of the answer."""


def run(cases: Path | None = None) -> SuiteResult:
    """Compute every vector of a file; kinds that nothing computes are skipped.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is no set of vectors.
    """
    started = time.perf_counter()
    vectors = _read(cases or DEFAULT_CASES)
    agree = skipped = 0
    disagreements: list[dict[str, Any]] = []
    for vector in vectors:
        expected = {key: value for key, value in vector["expected"].items() if key != _COMMENT}
        got = _compute(vector["kind"], vector["input"])
        if got is None or not expected.keys() <= got.keys():
            skipped += 1
        elif all(got[key] == value for key, value in expected.items()):
            agree += 1
        else:
            disagreements.append(
                {
                    "case": vector["id"],
                    "query": f"{vector['kind']} {json.dumps(vector['input'])}",
                    "expected": expected,
                    "got": {key: got[key] for key in expected},
                }
            )
    return SuiteResult(
        suite="ipam",
        cases=len(vectors),
        checks=len(vectors),
        agree=agree,
        skipped=skipped,
        disagreements=tuple(disagreements),
        seconds=time.perf_counter() - started,
    )


def _read(path: Path) -> list[dict[str, Any]]:
    document = json.loads(path.read_text(encoding="utf-8"))
    vectors = document.get("vectors") if isinstance(document, Mapping) else document
    if not isinstance(vectors, list):
        message = f"`{path}` holds no list of vectors"
        raise ValueError(message)
    for vector in vectors:
        if not isinstance(vector, Mapping) or not {"id", "kind", "input", "expected"} <= set(
            vector
        ):
            message = f"`{path}` holds a vector without id, kind, input or expected"
            raise ValueError(message)
    return vectors


def _compute(kind: str, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the answer; None when nothing computes the kind from such an input."""
    compute = KINDS.get(kind)
    try:
        return compute(given) if compute else infer(kind, given)
    except InvalidQuery as error:
        return {"ok": False, "fits": False, "allowed": False, "error": str(error)}
    except (KeyError, TypeError, AttributeError, IndexError):
        # The input has another form than any that is known.
        return None
