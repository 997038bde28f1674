"""From policies to sentences and back, and from descriptions to policies: are the verdicts equal?

`sentence`: a reference policy is explained, the sentence is read, and what is drafted from it must
give equal verdicts. `description`: what a person wrote about the policy is read; the draft, without
the rules for DNS and the like that drafting adds by itself, must give equal verdicts. Equality is
decided by the engines on a cluster made for both sets of policies (`topology.authoring.equality`).
A description is read against the cluster that its policy has in mind, as names mean nothing without
one. Prose has words around its request: where the reading is only to be confirmed, it counts as
confirmed, since what is scored is the policy.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import yaml

from evals.suites.result import SuiteResult
from tools.explaining import explain, recover
from tools.intents import Understood, read_intent
from topology.authoring import Anyone, Pods
from topology.authoring.drafting import draft
from topology.authoring.equality import Comparison, compare
from topology.authoring.membership import members
from topology.authoring.mesh_equality import MESH_KINDS
from topology.authoring.staging import build_stage
from topology.load import load_text
from topology.model import Cluster, Document, Workload
from topology.paths import Network

__all__ = ["Trip", "from_description", "from_sentences", "run"]

_SHARED = Path("../shared/cases")
_DESCRIBED = (
    _SHARED / "external/cilium-docs/nl_to_cnp.jsonl",
    _SHARED / "external/istio-api/nl_to_istio_security.jsonl",
)
_EXAMPLES = _SHARED / "cilium/examples-validity.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """Where a way from words to policies ended."""

    equal: bool
    why: str = ""
    """The first thing that went wrong."""
    said: str = ""


def run(cases: Path | None = None) -> SuiteResult:
    """Run the suite.

    Args:
        cases: A file with `reference_yaml` and, if there is one, `description` in each line;
            default: the documentation's sentences, then every valid example of Cilium.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A line is no case.
    """
    started = perf_counter()
    rows: list[dict[str, Any]] = []
    count = checks = agree = 0
    for name, policies, description in _cases(cases):
        count += 1
        for query, trip in _trips(policies, description):
            checks += 1
            agree += trip.equal
            if not trip.equal:
                got = {"why": trip.why, "said": trip.said}
                rows.append(
                    {"case": name, "query": query, "expected": "equal verdicts", "got": got}
                )
    return SuiteResult(
        suite="round-trip",
        cases=count,
        checks=checks,
        agree=agree,
        skipped=0,
        disagreements=tuple(rows),
        seconds=round(perf_counter() - started, 3),
    )


def _cases(path: Path | None) -> Iterator[tuple[str, tuple[Document, ...], str]]:
    for file in [path] if path else _DESCRIBED:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip():
                continue
            case = json.loads(line)
            if not isinstance(case, dict) or "reference_yaml" not in case:
                message = f"{file}:{number} holds no `reference_yaml`"
                raise ValueError(message)
            policies = load_text(case["reference_yaml"], name="reference.yaml").policies
            yield str(case.get("id", number)), policies, str(case.get("description", ""))
    if path is None:
        yield from _examples()


def _examples() -> Iterator[tuple[str, tuple[Document, ...], str]]:
    """Yield the valid examples, each once: many files hold the same policy."""
    seen = set()
    for line in _EXAMPLES.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if not case["valid"]:
            continue
        text = (_EXAMPLES.parent / "examples" / case["file"]).read_text(encoding="utf-8")
        body = list(yaml.safe_load_all(text))[case["doc"]]
        key = json.dumps([body.get("kind"), body.get("spec"), body.get("specs")], sort_keys=True)
        if key not in seen:
            seen.add(key)
            policies = load_text(yaml.safe_dump(body), name=case["file"]).policies
            yield f"{case['file']}[{case['doc']}]", policies, ""


def _trips(policies: Sequence[Document], description: str) -> Iterator[tuple[str, Trip]]:
    yield "sentence", from_sentences(policies)
    if description:
        yield "description", from_description(policies, description)


def from_sentences(policies: Sequence[Document]) -> Trip:
    """Explain policies, draft from the sentences, and compare."""
    network = Network.build(build_stage(policies).cluster)
    drafted: list[Document] = []
    said: list[str] = []
    for policy in policies:
        explanation = explain(policy)
        said.append(explanation.text)
        if explanation.sentence:
            understood = read_intent(network, explanation.sentence)
            if not understood.is_clear:
                return Trip(equal=False, why=_unclear(understood), said=explanation.text)
            found = draft(network, understood.intents[0])
            if not found.documents:
                return Trip(equal=False, why=found.declined, said=explanation.text)
            drafted += [one.document for one in found.documents]
    return _judged(policies, drafted, " ".join(said))


def from_description(policies: Sequence[Document], description: str) -> Trip:
    """Draft from what a person wrote about policies, and compare."""
    network = Network.build(_in_mind(policies))
    understood = read_intent(network, description)
    if not (understood.is_clear or understood.to_confirm):
        return Trip(equal=False, why=_unclear(understood), said=understood.heard)
    found = draft(network, replace(understood.intents[0], exact=True))
    if not found.documents:
        return Trip(equal=False, why=found.declined, said=understood.heard)
    return _judged(policies, [one.document for one in found.documents], understood.heard)


def _in_mind(policies: Sequence[Document]) -> Cluster:
    """Return the cluster that a reader of policies has in mind; a mesh only where they name it."""
    cluster = build_stage(policies, plain=True).cluster
    cluster = replace(cluster, workloads=tuple(_selected(cluster, policies)) or cluster.workloads)
    if any(one.kind in MESH_KINDS for one in policies):
        return cluster
    workloads = tuple(
        replace(one, pods=tuple(replace(pod, containers=("app",)) for pod in one.pods))
        for one in cluster.workloads
    )
    return replace(cluster, workloads=workloads)


def _selected(cluster: Cluster, policies: Sequence[Document]) -> Iterator[Workload]:
    """Yield the workloads that policies are about: a reader has no namesakes elsewhere in mind."""
    found = [one for one in map(recover, policies) if one is not None]
    parties = [
        party
        for one in found
        for clause in one.intent.clauses
        for party in (*clause.sources, *clause.destinations)
        if not isinstance(party, Anyone)
    ]
    parties += [subject for one in found for subject, _ in one.intent.isolate]
    wide = [one for one in parties if isinstance(one, Pods) and not one.labels]
    named = [pod for one in parties if one not in wide for pod in members(cluster, one)]
    known = {tuple(pod.labels.items()) for pod in named}
    others = [pod for one in wide for pod in members(cluster, one)]
    others = [pod for pod in others if tuple(pod.labels.items()) not in known] or others
    meant = {pod.full_name for pod in (*named, *others)}
    for workload in cluster.workloads:
        if meant.intersection(pod.full_name for pod in workload.pods):
            yield workload


def _unclear(understood: Understood) -> str:
    if understood.declined:
        return f"declined: {understood.declined}"
    return f"asked back: {understood.question}"


def _judged(policies: Sequence[Document], drafted: Iterable[Document], said: str) -> Trip:
    drafted = tuple(drafted)
    found = compare(policies, drafted)
    if found.vacuous:
        found = compare(policies, drafted, profile="1.19")
    if found.vacuous:
        # No engine takes them, so no verdicts can differ: what they say must be the same.
        return Trip(
            equal=_say(policies) == _say(drafted), why="refused, and not the same", said=said
        )
    return Trip(equal=found.equal, why=_shown(found), said=said)


def _say(policies: Iterable[Document]) -> set[str]:
    found = (recover(replace(one, name="")) for one in policies)
    return {repr(one.intent) for one in found if one is not None}


def _shown(found: Comparison) -> str:
    return "; ".join(found.differences[:2])
