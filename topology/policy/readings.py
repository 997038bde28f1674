"""The policies in force, as they were read, each with its rules and what is wrong with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from topology.errors import UnknownName
from topology.model import Cluster, Document, Problem
from topology.policy.profile import Profile
from topology.policy.reading import KINDS, context_of, read_policy
from topology.policy.rules import Rule

__all__ = ["Reading", "Readings"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One policy with its rules."""

    document: Document
    rules: tuple[Rule, ...]
    problems: tuple[Problem, ...]


class Readings:
    """Policies by `Kind/namespace/name`; an input may hold several of one name."""

    def __init__(self, by_key: Mapping[str, tuple[Reading, ...]]) -> None:
        self._by_key = by_key

    @classmethod
    def read(cls, cluster: Cluster, documents: Iterable[Document], profile: Profile) -> "Readings":
        """Read the network policies among some documents."""
        context = context_of(cluster, profile)
        found: dict[str, tuple[Reading, ...]] = {}
        for document in documents:
            if document.kind in KINDS:
                reading = Reading(document, *read_policy(document, context))
                found[document.key] = (*found.get(document.key, ()), reading)
        return cls(found)

    @cached_property
    def _sorted(self) -> tuple[Reading, ...]:
        return tuple(one for key in sorted(self._by_key) for one in self._by_key[key])

    @cached_property
    def documents(self) -> tuple[Document, ...]:
        """Return the policies, sorted."""
        return tuple(one.document for one in self._sorted)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Return the rules of all policies, in the order of policy and field."""
        return tuple(rule for one in self._sorted for rule in one.rules)

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong with them."""
        return tuple(problem for one in self._sorted for problem in one.problems)

    def changed(
        self, add: Iterable[Document], remove: Iterable[str], cluster: Cluster, profile: Profile
    ) -> tuple["Readings", tuple[Rule, ...], frozenset[str]]:
        """Return the policies after a change, the rules that it adds, the policies it takes away.

        A policy that is added takes the place of one with the same name.

        Raises:
            UnknownName: A policy that is to be removed does not exist.
        """
        more = Readings.read(cluster, add, profile)
        gone = frozenset(remove)
        for key in sorted(gone - self._by_key.keys()):
            message = f"There is no policy `{key}`."
            raise UnknownName(message, hint=_hint(key, self._by_key))
        gone |= more._by_key.keys() & self._by_key.keys()
        kept = {key: found for key, found in self._by_key.items() if key not in gone}
        return Readings({**kept, **more._by_key}), more.rules, gone


def _hint(key: str, known: Iterable[str]) -> str:
    name = key.rpartition("/")[2]
    alike = sorted(one for one in known if one.rpartition("/")[2] == name)
    if alike:
        return f"Write {' or '.join(f'`{one}`' for one in alike[:3])}."
    return "Write `Kind/namespace/name`, such as `NetworkPolicy/shop/web`."
