"""The command line of the evaluations."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from evals.suites.result import SuiteResult

if TYPE_CHECKING:
    from evals.bench.report import BenchResult
    from evals.suites.book_bench import BookBenchResult
    from evals.suites.face_bench import FaceBenchResult

__all__ = ["SUITES", "main"]

SUITES = {
    "bench": "speed and memory at the reference load, against the targets",
    "cilium": "the engine against the verdicts of Cilium's own engine, profiles 1.19 and 1.18",
    "cilium-validity": "validation against what Cilium's own parser takes and refuses",
    "feedback": "what people in Slack said about answers, as question cases (--out FILE)",
    "flow-filters": "filters of flows against what the real `hubble observe` printed",
    "ipam": "sizing against worked vectors",
    "istio": "authorization against the answers of a real Envoy",
    "kubernetes": "NetworkPolicy against truth tables and Kubernetes' own end-to-end cases",
    "injection": "models that obey what they read in the network's files: nothing may come of it",
    "intents": "requests for policies, the drafts judged by simulation",
    "lying": "models that lie: nothing false may be left of their words, and what is true stay",
    "questions": "the assistant against questions with known answers",
    "retrieval": "the search of the articles, against BM25 alone and embeddings alone",
    "readings": "questions in unfamiliar wording: read as what they ask, or left alone",
    "report": "a page about the questions, with plots and every failure (--out FILE.html)",
    "round-trip": "policies explained and drafted again from the words, by equal verdicts",
}
_ASKED = ("questions", "readings")
"""Suites that ask a model."""
_SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one suite; return 0 if all agree, 1 on any disagreement, 2 on wrong usage."""
    options = _parse(arguments)
    if options.suite == "bench":
        return _bench(options)
    if options.suite == "report":
        return _report(options)
    if options.suite == "feedback":
        return _feedback(options)
    module = import_module(f"evals.suites.{options.suite.replace('-', '_')}")
    settings = {"model": options.model} if options.suite in _ASKED else {}
    if options.suite == "questions":
        settings["split"] = options.split
    try:
        result: SuiteResult = module.run(options.cases, **settings)
    except (FileNotFoundError, ValueError) as error:
        sys.stderr.write(f"evals: {error}\n")
        return 2
    changes = _baseline(options, result) if options.suite == "questions" else ()
    if options.json:
        sys.stdout.buffer.write(orjson.dumps(result.to_dict(), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        sys.stdout.write(_describe(result) + "".join(f"  {change}\n" for change in changes))
    return 1 if result.disagreements else 0


def _report(options: argparse.Namespace) -> int:
    """Write the page; return 1 if any answer does not agree."""
    from evals.report import write_report

    try:
        failures = write_report(options.out, model=options.model)
    except OSError as error:
        sys.stderr.write(f"evals: {error}\n")
        return 2
    sys.stdout.write(f"{options.out}: {failures} failures\n")
    return 1 if failures else 0


def _feedback(options: argparse.Namespace) -> int:
    """Write the votes as cases; return 1 if any says that an answer was wrong."""
    from evals.feedback import write_cases

    try:
        told = write_cases(options.out)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"evals: {error}\n")
        return 2
    sys.stdout.write(f"{options.out}: {told.right} right, {told.wrong} wrong\n")
    return 1 if told.wrong else 0


def _baseline(options: argparse.Namespace, result: SuiteResult) -> tuple[str, ...]:
    """Return what changed since the baseline, or keep the run as the new one."""
    if options.cases or options.model != "rules":
        return ()
    from evals.baseline import compare_with_baseline, write_baseline

    document = result.to_dict()
    if options.keep:
        write_baseline(document, options.split, model=options.model)
    return compare_with_baseline(document, options.split)


def _bench(options: argparse.Namespace) -> int:
    """Print the timings of a run; they are no verdict, so the code is 0 whatever they are."""
    if options.book:
        from evals.suites.book_bench import run as run_book

        return _print_bench(run_book(), as_json=options.json)
    if options.faces:
        from evals.suites.face_bench import run as run_faces

        return _print_bench(run_faces(), as_json=options.json)
    # Takes the engines along, which no other suite's help should wait for.
    from evals.suites.bench import DEFAULT_SIZES, run

    try:
        sizes = tuple(map(int, options.sizes.split(","))) if options.sizes else DEFAULT_SIZES
        found = run(
            sizes=sizes,
            peer=options.peer,
            profile=options.profile,
            box=options.box,
            flows=options.flows,
        )
    except ValueError as error:
        sys.stderr.write(f"evals: {error}\n")
        return 2
    return _print_bench(found, as_json=options.json)


def _print_bench(found: "BenchResult | BookBenchResult | FaceBenchResult", *, as_json: bool) -> int:
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(found.to_dict(), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        sys.stdout.write(found.describe())
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    suites = "\n".join(f"  {name:<17}{text}" for name, text in SUITES.items())
    parser = argparse.ArgumentParser(
        prog="python -m evals",
        description=f"Run one evaluation suite.\n\nsuites:\n{suites}",
        epilog="example: python -m evals cilium --cases cases/verdicts.jsonl --json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("suite", choices=sorted(SUITES), metavar="SUITE")
    parser.add_argument("--cases", type=Path, help="cases file; default: the suite's own")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--model", default="rules", help="model for `questions` and `readings` (default: rules)"
    )
    parser.add_argument(
        "--split", default="", help="`dev` or `test` cases of `questions` (default: both)"
    )
    parser.add_argument(
        "--keep", action="store_true", help="keep this run of `questions` as the baseline"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("report.html"),
        help="file that `report` or `feedback` writes",
    )
    parser.add_argument("--sizes", default="", help="pods of each load of `bench`, as 1000,20000")
    parser.add_argument("--book", action="store_true", help="`bench` of the address book instead")
    parser.add_argument(
        "--faces", action="store_true", help="`bench` of the chat and the Slack bot instead"
    )
    parser.add_argument(
        "--peer",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="install the peer of `bench` into the cache folder, and run it, too",
    )
    parser.add_argument("--profile", action="store_true", help="add where `bench` spends its time")
    parser.add_argument(
        "--flows", type=int, default=1_000_000, help="flows that `bench` summarises; 0 for none"
    )
    parser.add_argument(
        "--box", type=float, default=60.0, help="seconds that a single map of `bench` may take"
    )
    return parser.parse_args(arguments)


def _describe(result: SuiteResult) -> str:
    lines = [
        f"{result.suite}: {result.agree} of {result.checks} checks agree, "
        f"{result.skipped} skipped, {len(result.disagreements)} disagree "
        f"({result.cases} cases, {result.seconds:.1f} s)"
    ]
    lines += [f"  {line}" for line in result.tell_figures()]
    lines += [
        f"  {row['case']} {row['query']}: expected {row['expected']}, got {row['got']}"
        for row in result.disagreements[:_SHOWN]
    ]
    if len(result.disagreements) > _SHOWN:
        lines.append(f"  and {len(result.disagreements) - _SHOWN} more; --json prints all")
    lines += [f"  {row['case']} skipped: {row['reason']}" for row in result.unread[:_SHOWN]]
    return "\n".join(lines) + "\n"
