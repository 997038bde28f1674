"""The names of one workspace, and how well a phrase fits each of them."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from assistant.models.rules.abbreviations import match_tokens
from assistant.models.rules.lexicon import COMMON
from assistant.models.rules.words import singular
from topology.model import Cluster, Workload

__all__ = ["PART", "Entry", "Hit", "Vocabulary", "squash"]

EXACT, ALIAS, LABEL, PLURAL, TYPO, PART, INSIDE, CONCEPT = (
    1.0, 0.95, 0.92, 0.9, 0.85, 0.8, 0.75, 0.7,
)  # fmt: skip
"""How much each way of fitting counts; a better way beats every worse one."""

_NAME_LABELS = ("app.kubernetes.io/name", "app.kubernetes.io/component", "k8s-app", "app", "name")
_FOREIGN_LABELS = re.compile(
    r"hash|version|chart|heritage|managed-by|part-of|instance|release|tier|env|team|owner|"
    r"track|stage"
)
"""Labels whose values say nothing about what a workload is called."""
_FEW = 3
_SYNONYM = {"database": "db", "databases": "db", "front end": "frontend", "back end": "backend"}
_SYNONYMS = re.compile(r"\b(?:databases?|front end|back end)\b", re.I)
_SUFFIXES = ("service", "svc", "server", "deployment", "app", "worker", "job")
_ENVIRONMENTS = {"production": "prod", "development": "dev", "stage": "staging", "stg": "staging"}
_CONCEPTS: dict[str, tuple[str, frozenset[int]]] = {
    "database": (
        r"db|database|postgres\w*|pg|mysql|mariadb|mongo\w*|cassandra|cockroach\w*|sql\w*|mssql",
        frozenset({5432, 3306, 27017, 1433, 1521, 9042, 26257}),
    ),
    "cache": (r"cache|redis|memcached?|valkey", frozenset({6379, 11211})),
    "queue": (r"queue|kafka|rabbit\w*|nats|amqp", frozenset({9092, 5672, 4222})),
    "dns": (r"coredns|kubedns|dns", frozenset({53})),
}
_CONCEPT_WORDS = {
    "database": "database", "databases": "database", "db": "database", "dbs": "database",
    "datastore": "database", "cache": "cache", "caches": "cache", "queue": "queue",
    "dns": "dns", "kube-dns": "dns", "coredns": "dns", "nameserver": "dns",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that has a name."""

    kind: str
    namespace: str
    name: str

    @property
    def full_name(self) -> str:
        """Return `namespace/name`, or the name alone of what stands in no namespace."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True, slots=True)
class Hit:
    """The entries that fit a phrase best, and how well."""

    entries: tuple[Entry, ...]
    score: float


def squash(text: str) -> str:
    """Return the text without separators, lower case.

    >>> squash("Payment-Service"), squash("payment service")
    ('paymentservice', 'paymentservice')
    """
    return re.sub(r"[\s\-_.]+", "", text.lower())


class Vocabulary:
    """Every name of a cluster, found by a phrase.

    Args:
        cluster: Whose names; a Service counts under its workload's name when both are the same.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._exact: dict[str, set[Entry]] = defaultdict(set)
        self._alias: dict[str, set[Entry]] = defaultdict(set)
        self._labels: dict[str, set[Entry]] = defaultdict(set)
        self._parts: dict[str, set[Entry]] = defaultdict(set)
        self._concepts: dict[str, set[Entry]] = defaultdict(set)
        self._likely: dict[str, set[Entry]] = defaultdict(set)
        self.namespaces = tuple(sorted(cluster.namespaces))
        self.has_http_rules = any(
            policy.kind == "AuthorizationPolicy" or "'http':" in str(policy.body)
            for policy in cluster.policies
        )
        """Whether any policy may look at methods and paths."""
        self.azure = frozenset(document.kind for document in cluster.azure)
        """Kinds of the Azure objects that were loaded."""
        policies = cluster.policies
        self.only_policy = policies[0].key if len(policies) == 1 else ""
        """What "this policy" means, as with one file on stdin; empty where there are several."""
        prefixes = _shared_prefixes(workload.name for workload in cluster.workloads)
        taken = {workload.full_name for workload in cluster.workloads}
        for workload in cluster.workloads:
            self._add_workload(workload, prefixes)
        for service in cluster.services:
            if service.full_name not in taken:
                self._add("service", service.namespace, service.name, prefixes)
        self._add_others(cluster)
        for concept, entries in self._likely.items():
            # What listens on a database's port is one; a name alone ("mongo-backup") is a guess.
            self._concepts[concept] = self._concepts[concept] or entries
        self.stores = frozenset(
            entry.full_name
            for concept in ("database", "cache", "queue")
            for entry in self._concepts[concept]
        )
        """Full names of databases, caches and queues, which are called rather than call."""
        words = {part for part in self._parts if len(part) > 3 and part not in COMMON}
        self._spellings = sorted(self._exact.keys() | self._alias.keys() | words)

    def _add_others(self, cluster: Cluster) -> None:
        for policy in cluster.policies:
            self._add("policy", policy.namespace, policy.name, frozenset(), parts=False)
        for node in cluster.nodes:
            self._exact[squash(node.name)].add(Entry("node", "", node.name))
        for namespace in self.namespaces:
            entry = Entry("namespace", "", namespace)
            self._exact[squash(namespace)].add(entry)
        for long, short in _ENVIRONMENTS.items():
            for one, other in ((long, short), (short, long)):
                if one in self.namespaces and other not in self.namespaces:
                    self._alias[other].add(Entry("namespace", "", one))
        for workload in cluster.workloads:
            for pod in workload.pods:
                fixed = workload.kind == "StatefulSet" or not pod.planned
                if fixed and pod.name != workload.name:
                    self._exact[squash(pod.name)].add(Entry("pod", pod.namespace, pod.name))

    def _add(
        self,
        kind: str,
        namespace: str,
        name: str,
        prefixes: frozenset[str],
        *,
        parts: bool = True,
    ) -> None:
        entry = Entry(kind, namespace, name)
        self._exact[squash(name)].add(entry)
        tokens = [token for token in re.split(r"[-_.]+", name.lower()) if token]
        for prefix in prefixes:
            if tokens[0] == prefix and len(tokens) > 1:
                self._alias[squash("".join(tokens[1:]))].add(entry)
        for suffix in _SUFFIXES:
            stem = squash(name).removesuffix(suffix)
            if stem != squash(name) and len(stem) > 1:
                self._alias[stem].add(entry)
        if parts:
            for token in tokens:
                self._parts[token].add(entry)

    def _add_workload(self, workload: Workload, prefixes: frozenset[str]) -> None:
        self._add("workload", workload.namespace, workload.name, prefixes)
        entry = Entry("workload", workload.namespace, workload.name)
        for label, value in workload.labels.items():
            if label in _NAME_LABELS:
                self._alias[squash(value)].add(entry)
            elif len(value) > 2 and value.isalpha() and not _FOREIGN_LABELS.search(label):
                self._labels[squash(value)].add(entry)
        numbers = {port.number for pod in workload.pods[:1] for port in pod.ports}
        tokens = "|".join([squash(workload.name), *re.split(r"[-_.]+", workload.name.lower())])
        for concept, (pattern, ports) in _CONCEPTS.items():
            if numbers & ports:
                self._concepts[concept].add(entry)
            elif any(re.fullmatch(pattern, token) for token in tokens.split("|")):
                self._likely[concept].add(entry)

    def find(self, phrase: str, *, fuzzy: bool = True) -> Hit | None:
        """Return what the phrase fits best, or None.

        Args:
            phrase: Words of the question, at most a handful.
            fuzzy: Whether a misspelt word may fit.
        """
        key = squash(phrase)
        for rule in (
            self._find_synonym,
            self._find_whole,
            self._find_plural,
            self._find_abbreviated,
            self._find_parts,
        ):
            if hit := rule(phrase):
                return hit
        if fuzzy and (hit := self._find_misspelt(key) or self._find_inside(key)):
            return hit
        concept = _CONCEPT_WORDS.get(phrase.lower(), "")
        if concept and self._concepts.get(concept):
            return Hit(_sorted(self._concepts[concept]), CONCEPT)
        return None

    def _find_synonym(self, phrase: str) -> Hit | None:
        """Find "ledger database" as `ledger-db`."""
        synonym = _SYNONYMS.sub(lambda match: _SYNONYM[match[0].lower()], phrase)
        entries = self._exact.get(squash(synonym)) if synonym != phrase else None
        return Hit(_sorted(entries), EXACT) if entries else None

    def _find_whole(self, phrase: str) -> Hit | None:
        key = squash(phrase)
        for table, score in ((self._exact, EXACT), (self._alias, ALIAS)):
            if key in table:
                return Hit(_sorted(table[key] | self._beside(table[key], key)), score)
        if 0 < len(self._labels.get(key, ())) <= _FEW:
            return Hit(_sorted(self._labels[key]), LABEL)
        return None

    def _find_plural(self, phrase: str) -> Hit | None:
        key = squash(phrase)
        for plural in sorted({squash(_singular_phrase(phrase)), key + "s"} - {key}):
            entries = self._exact.get(plural, set()) | self._alias.get(plural, set())
            if entries:
                return Hit(_sorted(entries), PLURAL)
        return None

    def _find_abbreviated(self, phrase: str) -> Hit | None:
        """Find "sms gateway" as `sms-gw`, "crane controller" as `crane-ctl`."""
        said = _tokens(phrase)
        if len(said) < 2:
            return None
        near = set[Entry]().union(*(self._parts.get(token, set()) for token in said))
        found = {entry for entry in near if match_tokens(said, _tokens(entry.name))}
        return Hit(_sorted(found), PLURAL) if found else None

    def words_of_namespace(self, namespace: str) -> frozenset[str]:
        """Return the parts of a namespace's name and the values of its labels, lower case."""
        there = self.cluster.namespaces.get(namespace)
        labels = dict(there.labels) if there else {}
        values = [value for key, value in labels.items() if not key.startswith("kubernetes.io/")]
        return frozenset(token for text in (namespace, *values) for token in _tokens(text))

    def _find_parts(self, phrase: str) -> Hit | None:
        tokens = [singular(token) for token in re.split(r"[\s\-_.]+", phrase.lower()) if token]
        if not tokens or any(len(token) < 2 for token in tokens):
            return None
        shared = set.intersection(*(self._parts.get(token, set()) for token in tokens))
        return Hit(_sorted(shared), PART) if shared else None

    def _find_inside(self, key: str) -> Hit | None:
        """Find the workloads whose names, written in one word, hold the word ("catalog")."""
        if len(key) < 5:
            return None
        inside = {
            entry
            for name, entries in self._exact.items()
            if key in name and key not in COMMON and singular(key) not in COMMON
            for entry in entries
            if entry.kind in ("workload", "service")
        }
        return Hit(_sorted(inside), INSIDE) if inside else None

    def _beside(self, entries: set[Entry], key: str) -> set[Entry]:
        """Return workloads known by a name that a policy or a namespace bears in full."""
        if any(entry.kind not in ("policy", "namespace") for entry in entries):
            return set()
        return {
            entry for entry in self._alias.get(key, ()) if entry.kind in ("workload", "service")
        }

    def _find_misspelt(self, key: str) -> Hit | None:
        if len(key) < 4 or key in COMMON or singular(key) in COMMON or not key.isascii():
            return None
        cutoff = 1 if len(key) < 8 else 2
        near = process.extract(
            key, self._spellings, scorer=OSA.distance, score_cutoff=cutoff, limit=4
        )
        near = [
            item
            for item in near
            if item[0][0] == key[0] or (item[1] == 1 and item[0][-2:] == key[-2:])
        ]
        if not near:
            return None
        best = min(distance for _, distance, _ in near)
        entries: set[Entry] = set()
        for spelling, distance, _ in near:
            if distance == best:
                whole = self._exact.get(spelling, set()) | self._alias.get(spelling, set())
                entries |= whole or self._parts.get(spelling, set())
        # A misspelt policy or namespace is asked for by its full name, an end is talked about.
        ends = {entry for entry in entries if entry.kind in ("workload", "service", "pod")}
        # Pods are many and numbered: a misspelt name is their workload's.
        owners = {entry for entry in ends if entry.kind != "pod"}
        return Hit(_sorted(owners or ends or entries), TYPO)

    def nearest(self, phrase: str, count: int = 3) -> tuple[str, ...]:
        """Return the full names that come closest to a phrase that fits nothing."""
        names = sorted({squash(entry.name): entry for entry in self.endpoints()}.items())
        key = squash(phrase.rsplit("/", 1)[-1])
        found = process.extract(
            key, [name for name, _ in names], scorer=OSA.normalized_similarity,
            score_cutoff=0.5, limit=count,
        )  # fmt: skip
        by_name = dict(names)
        return tuple(by_name[name].full_name for name, _, _ in found)

    def endpoints(self) -> tuple[Entry, ...]:
        """Return the workloads, and the Services that are not named like one."""
        entries = {
            entry
            for table in self._exact.values()
            for entry in table
            if entry.kind in ("workload", "service")
        }
        return _sorted(entries)

    def in_namespace(self, entries: Iterable[Entry], namespace: str) -> tuple[Entry, ...]:
        """Return those entries that stand in a namespace."""
        return tuple(entry for entry in entries if entry.namespace == namespace)


def _sorted(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: (entry.namespace, entry.name, entry.kind)))


def _tokens(text: str) -> list[str]:
    return [token for token in re.split(r"[\s\-_.]+", text.lower()) if token]


def _singular_phrase(phrase: str) -> str:
    return " ".join(singular(word) for word in phrase.lower().split())


def _shared_prefixes(names: Iterable[str]) -> frozenset[str]:
    """Return first parts that three or more names share, such as a release's or a company's."""
    counts: dict[str, int] = defaultdict(int)
    for name in set(names):
        head, _, rest = name.lower().partition("-")
        if rest:
            counts[head] += 1
    return frozenset(head for head, count in counts.items() if count >= 3)
