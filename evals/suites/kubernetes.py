"""NetworkPolicy against truth tables and Kubernetes' own end-to-end cases.

Cases with `ipBlock` select addresses of pods, which Cilium's identities never do: they are judged
under plain Kubernetes semantics, all others under Cilium's default profile and plain Kubernetes.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any, cast

from evals.suites.result import UNREADABLE, SuiteResult, Tally
from evals.suites.snapshots import build_snapshot
from topology.model import Cluster, Pod, Protocol
from topology.policy import PolicyEngine
from topology.targets import PodTarget

__all__ = ["run"]

_DEFAULT = Path("../shared/cases/kubernetes")
_VERDICTS = {"allowed": "allow", "blocked": "deny", True: "allow", False: "deny"}
_SIDES = ("verdict", "ingress", "egress")

Expected = tuple[str, str, str, dict[str, str]]


def run(cases: Path | None = None) -> SuiteResult:
    """Run the suite.

    Args:
        cases: A file of truth tables (`.jsonl`) or of end-to-end cases (`.json`), or a folder
            with both; default: the shared cases.

    Raises:
        FileNotFoundError: There is no such file or folder.
    """
    started = perf_counter()
    place = _DEFAULT if cases is None else cases
    files = sorted(place.glob("*.json*")) if place.is_dir() else [place]
    if not files:
        message = f"`{place}` holds no cases"
        raise FileNotFoundError(message)
    tally = Tally("kubernetes")
    for file in files:
        for name, cluster, profile, expected in _cases(file):
            tally.cases += 1
            _compare(tally, name, cluster, profile, expected)
    return tally.result(perf_counter() - started)


def _cases(file: Path) -> Iterator[tuple[str, Cluster, str, list[Expected]]]:
    if file.suffix == ".jsonl":
        for line in filter(str.strip, file.read_text(encoding="utf-8").splitlines()):
            case = json.loads(line)
            for number, step in enumerate(case["steps"]):
                yield from _profiles(f"{case['id']}/{number}", step, _table(step["expected"]))
    else:
        for case in json.loads(file.read_text(encoding="utf-8")):
            yield from _profiles(case["name"], case, _end_to_end(case["expected"]))


def _profiles(
    name: str, step: Mapping[str, Any], expected: list[Expected]
) -> Iterator[tuple[str, Cluster, str, list[Expected]]]:
    policies = [policy for policy in step["policies"] if policy["kind"] == "NetworkPolicy"]
    cluster = build_snapshot(namespaces=step["namespaces"], pods=step["pods"], policies=policies)
    yield f"{name} [kubernetes]", cluster, "kubernetes", expected
    if "ipBlock" not in json.dumps(policies):
        yield f"{name} [1.18]", cluster, "1.18", expected


def _table(rows: list[list[str]]) -> list[Expected]:
    found = []
    for source, destination, port, *verdicts in rows:
        wanted = {
            side: _VERDICTS[verdict]
            for side, verdict in zip(_SIDES, verdicts, strict=False)
            if verdict in _VERDICTS
        }
        if len(wanted) == len(_SIDES):
            found.append((source, destination, port, wanted))
    return found


def _end_to_end(rows: list[list[Any]]) -> list[Expected]:
    return [(s, d, port, {"verdict": _VERDICTS[verdict]}) for s, d, port, verdict in rows]


def _compare(
    tally: Tally, name: str, cluster: Cluster, profile: str, expected: list[Expected]
) -> None:
    engine = PolicyEngine.build(cluster, profile=profile)
    pods: dict[str, Pod] = {pod.full_name: pod for pod in cluster.pods}
    for source, destination, port, wanted in expected:
        protocol, _, number = port.partition("/")
        query = f"{source} -> {destination} {port}"
        try:
            decision = engine.decide(
                PodTarget(pods[source]),
                PodTarget(pods[destination]),
                port=int(number),
                protocol=cast("Protocol", protocol),
            )
        except UNREADABLE as error:
            tally.pass_over(f"{name} {query}", error, len(wanted))
            continue
        got = {
            "verdict": decision.verdict,
            "ingress": decision.ingress.verdict,
            "egress": decision.egress.verdict,
        }
        for side, verdict in wanted.items():
            tally.check(name, f"{query} {side}", verdict, got[side])
