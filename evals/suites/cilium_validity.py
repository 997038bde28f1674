"""Validation against what Cilium's own parser takes and refuses, profiles 1.19 and 1.18.

The truth is that of the parser (Parse and Sanitize). What only the API server in front of it
refuses is left aside here; the tests compare it with the schemas of the kinds. Where a case tells
which fields the API server drops (`strict`), it is compared whether they are found.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import yaml

from evals.suites.result import UNREADABLE, SuiteResult, Tally
from evals.suites.snapshots import document_of
from topology.policy.validation.document import validate

__all__ = ["run"]

_DEFAULT = Path("../shared/cases/cilium/validity.jsonl")
_PROFILES = (("1.19", "valid"), ("1.18", "valid_1_18_10"))
_DROPPED = "unknown field"


def run(cases: Path | None = None) -> SuiteResult:
    """Run the suite.

    Args:
        cases: A file in the form of `validity.jsonl`, whose rows hold a policy, or of
            `examples-validity.jsonl`, whose rows name a file in the folder `examples` beside it;
            default: the shared cases.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A row names no policy.
    """
    started = perf_counter()
    path = cases or _DEFAULT
    tally = Tally("cilium-validity")
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        case = json.loads(line)
        tally.cases += 1
        name = str(case.get("id") or f"{case.get('file')}[{case.get('doc', 0)}]")
        policy = _policy(case, path.parent)
        try:
            found = list(_compare(case, policy))
        except UNREADABLE as error:
            tally.pass_over(name, error)
            continue
        for query, wanted, got in found:
            tally.check(name, query, wanted, got)
    return tally.result(perf_counter() - started)


def _policy(case: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    given = case.get("policy")
    if isinstance(given, str):
        given = yaml.safe_load(given)
    if isinstance(given, dict):
        return dict(given)
    if not case.get("file"):
        message = f"a row holds neither `policy` nor `file`: {json.dumps(case)[:200]}"
        raise ValueError(message)
    text = (folder / "examples" / case["file"]).read_text(encoding="utf-8")
    documents = list(yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    return dict(documents[case.get("doc", 0)])


def _compare(case: Mapping[str, Any], policy: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield what was asked, what Cilium says and what is said here."""
    document = document_of(policy)
    for profile, field in _PROFILES:
        if field in case:
            findings = validate(document, profile)
            refused = [one for one in findings if one.refuses and one.origin != "schema"]
            yield f"valid [{profile}]", case[field], not refused
    if "strict" in case:
        dropped = any(one.code == "unknown-field" for one in validate(document, "1.19"))
        yield "drops fields", _DROPPED in str(case["strict"]), dropped
