"""From what a person wrote to the thing in the cluster that is meant, or a question back."""

import re
from collections.abc import Sequence

from topology.errors import UnknownName
from topology.memo import per_cluster
from topology.model import Cluster
from topology.names import forms, service_names, written
from topology.names.index import Entry, Tables, core_of_namespace
from topology.names.match import Match, Mention, Prefer, SeveralMatches
from topology.names.phrase import Phrase, clean, read_phrase, strip_words
from topology.names.spelling import fold
from topology.names.suggestions import nearest
from topology.names.tiers import (
    Allowed,
    Found,
    Tier,
    by_core,
    exactly,
    narrow,
    restriction,
    tolerantly,
)
from topology.names.words import ENTITIES, ENTITY_PHRASES, FIRM_ENTITIES, SPOKEN_KINDS
from topology.services import service_workloads
from topology.targets import (
    DnsTarget,
    EntityTarget,
    NamespaceTarget,
    ServiceTarget,
    Target,
)

__all__ = ["NameIndex", "index_of", "resolve"]

SHOWN_CANDIDATES = 6


def resolve(
    cluster: Cluster, text: str, *, namespace: str | None = None, prefer: Prefer = "workload"
) -> Target:
    """Return what a name means.

    Args:
        cluster: Where to look.
        text: `ns/pod`, `ns/workload`, `kind/name`, `service:ns/name`, a bare name, a phrase such
            as `the frontend pods in prod`, an address, a CIDR range, a DNS name or an entity.
        namespace: Wins where several namespaces have the name.
        prefer: Which of a workload and its Service a bare name means.

    Raises:
        UnknownName: Nothing is called that; the error holds the nearest names.
        AmbiguousName: Several things are; the error holds a distinct name of each.
        InvalidQuery: It cannot be a name, such as an address with a port.
    """
    return index_of(cluster).resolve(text, namespace=namespace, prefer=prefer)


class NameIndex:
    """Every name of a cluster, indexed once and only read after that."""

    __slots__ = ("cluster", "tables")

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.tables = Tables.build(cluster)

    def resolve(
        self, text: str, *, namespace: str | None = None, prefer: Prefer = "workload"
    ) -> Target:
        """Return what a name means; the same as `topology.names.resolve`."""
        return self.match(text, namespace=namespace, prefer=prefer).target

    def match(
        self, text: str, *, namespace: str | None = None, prefer: Prefer = "workload"
    ) -> Match:
        """Return what a name means and how it was recognized; raises as `resolve` does."""
        text, option = forms.split_option(clean(text))
        text = clean(text)
        place = self.namespace(option) if option else ""
        if option and not place:
            raise self.unknown(text, message=f"There is no namespace `{option}`.")
        forms.refuse_what_is_no_name(text)
        return (
            written.by_prefix(self, text)
            or written.by_number(self, text)
            or written.by_label(self, text, place or namespace, prefer)
            or written.by_qualified(self, text, place, namespace, prefer)
            or self._by_dns(text)
            or self._by_phrase(text, place, namespace, prefer)
        )

    def nearest(self, text: str, count: int = 3) -> tuple[str, ...]:
        """Return the names nearest to a text, the nearest first."""
        return nearest(self.tables, text, count)

    def find(self, question: str) -> tuple[Mention, ...]:
        """Return what a question names, in the order of the question, without overlaps."""
        from topology.names.mentions import find

        return find(self, question)

    def namespace(self, word: str) -> str:
        """Return the namespace that a word names, or nothing."""
        known = self.tables.namespaces
        return (
            known.get(word.lower())
            or known.get(fold(word))
            or known.get(core_of_namespace(word), "")
        )

    def readings(
        self,
        name: str,
        *,
        allowed: Allowed = lambda entry: True,
        namespace: str | None = None,
        prefer: Prefer = "workload",
        tiers: Sequence[Tier] | None = None,
    ) -> tuple[Match, ...]:
        """Return everything that a name may mean at the first tier that knows it.

        Args:
            name: The name without determiner, kind and namespace.
            allowed: Which things may be meant at all.
            namespace: Wins where several namespaces have the name.
            prefer: Which of a workload and its Service is meant.
            tiers: What to try after the exact name; None means everything.
        """
        found = exactly(self.tables, name, allowed)
        if not found and (tiers is None or tiers):
            found = tolerantly(self.tables, name, allowed, tiers=tiers or ())
        return self.matches(found, namespace, prefer) if found else ()

    def matches(self, found: Found, namespace: str | None, prefer: Prefer) -> tuple[Match, ...]:
        """Return what a tier found as matches, after the preferences decided."""
        entries = narrow(found.entries, namespace=namespace, prefer=prefer, behind=self._behind)
        twins = {entry.full_name for entry in entries if entry.sort == "workload"}
        several = len(twins) < sum(entry.sort == "workload" for entry in entries)
        matches = []
        for entry in entries:
            label = str(entry.target)
            if several and entry.sort == "workload":
                label = f"{entry.kind.lower()}/{entry.full_name}"
            if entry.sort == "pod" and entry.full_name.lower() in self.tables.full:
                same = self.tables.full[entry.full_name.lower()]
                label = f"pod/{entry.full_name}" if len(same) > 1 else label
            matches.append(
                Match(target=entry.target, how=found.how, score=found.score, label=label)
            )
        return tuple(matches)

    def _behind(self, entry: Entry) -> frozenset[str]:
        """Return the full names of the workloads behind a Service."""
        if not isinstance(entry.target, ServiceTarget):
            return frozenset()
        behind = service_workloads(self.cluster, entry.target.service)
        return frozenset(workload.full_name for workload in behind)

    def only(self, text: str, matches: Sequence[Match]) -> Match:
        """Return the one match, or ask back."""
        if len(matches) == 1:
            return matches[0]
        names = tuple(sorted({match.label or str(match.target) for match in matches}))
        hint = "Say which: " + ", ".join(f"`{name}`" for name in names[:SHOWN_CANDIDATES])
        more = len(names) - SHOWN_CANDIDATES
        message = f"`{text}` may mean {len(names)} things."
        raise SeveralMatches(
            message,
            candidates=names,
            hint=hint + (f" or one of {more} more." if more > 0 else "."),
            matches=tuple(matches),
        )

    def unknown(self, text: str, *, near: str = "", message: str = "") -> UnknownName:
        """Return the error for a name that nothing has."""
        names = self.nearest(near or text)
        hint = ""
        if not names and not self.tables.entries:
            hint = "The input holds no workload and no Service."
        elif not names:
            hint = "List what there is, then ask by one of those names."
        message = message or f"Nothing in the cluster is named `{text}`."
        return UnknownName(message, nearest=names, hint=hint)

    def _by_dns(self, text: str) -> Match | None:
        """Read the DNS name of a Service, of a pod, or of something outside."""
        if exactly(self.tables, text, lambda entry: True) is None:
            inside = service_names.read(self, text)
            if inside:
                return inside
        if not forms.is_dns_name(text) or text.lower() in self.tables.exact:
            forms.refuse_port(text)
            return None
        return Match(target=DnsTarget(text.lower().rstrip(".")))

    def _by_phrase(self, text: str, place: str, namespace: str | None, prefer: Prefer) -> Match:
        """Read a bare name, an entity or a phrase around a name."""
        entity = self.entity(text)
        if self._is_firm(text, entity):
            return self.only(text, entity)
        phrase = read_phrase(text, is_namespace=lambda word: bool(self.namespace(word)))
        matches = self._whole_name(text, place, namespace, prefer)
        if phrase.namespace and not matches:
            inside = self.namespace(phrase.namespace)
            if not inside and not phrase.name:
                matches = self.readings(phrase.namespace, namespace=namespace, tiers=(by_core,))
            if not inside and not matches:
                message = f"There is no namespace `{phrase.namespace}`."
                raise self.unknown(text, near=phrase.name or phrase.namespace, message=message)
            place = inside
        matches = matches or self.phrase_readings(phrase, place, namespace, prefer)
        if not matches and entity:
            return self.only(text, entity)
        if not matches:
            message = f"Nothing in namespace `{place}` is named `{phrase.name}`." if place else ""
            raise self.unknown(text, near=phrase.name or text, message=message)
        return self.only(text, matches)

    def _is_firm(self, text: str, entity: tuple[Match, ...]) -> bool:
        """Say whether a text means an entity even if an object has its name."""
        if not entity or not {str(match.target) for match in entity} <= FIRM_ENTITIES:
            return False
        if text.lower() in FIRM_ENTITIES:
            return True
        return exactly(self.tables, text, lambda entry: entry.sort != "dns") is None

    def _whole_name(
        self, text: str, place: str, namespace: str | None, prefer: Prefer
    ) -> tuple[Match, ...]:
        """Return what has the whole text as its name, whatever words it is made of."""
        found = exactly(self.tables, text, restriction("", place))
        return self.matches(found, namespace, prefer) if found else ()

    def phrase_readings(
        self, phrase: Phrase, place: str, namespace: str | None, prefer: Prefer
    ) -> tuple[Match, ...]:
        """Return what a phrase may mean: as a whole, without the kind, with a namespace in it."""
        if not phrase.name:
            whole = self._in_place(phrase.whole, "", place, namespace, prefer, tiers=())
            if whole or not (place and phrase.kind in ("", "Namespace", "Pod", "Workload")):
                return whole
            return (Match(target=NamespaceTarget(place), label=f"namespace:{place}"),)
        attempts: list[tuple[str, str, str, tuple[Tier, ...] | None]] = [
            (phrase.whole, "", place, ()),
            (phrase.name, phrase.kind, place, ()),
        ]
        words = phrase.name.split()
        if not place and len(words) > 1:
            for edge, rest in ((words[0], words[1:]), (words[-1], words[:-1])):
                inner = self.namespace(re.sub(r"['\u2019]s$", "", edge))
                if inner:
                    attempts.append((" ".join(rest), phrase.kind, inner, None))
        attempts.append((phrase.name, phrase.kind, place, None))
        for name, kind, inside, tiers in attempts:
            matches = self._in_place(name, kind, inside, namespace, prefer, tiers=tiers)
            if matches:
                return matches
        # `production` for the namespace `prod`: a synonym, so not an exact name.
        known = "" if place else self.namespace(phrase.name)
        found = Match(target=NamespaceTarget(known), how="partial", label=f"namespace:{known}")
        return (found,) if known else ()

    def _in_place(
        self,
        name: str,
        kind: str,
        place: str,
        namespace: str | None,
        prefer: Prefer,
        *,
        tiers: tuple[Tier, ...] | None,
    ) -> tuple[Match, ...]:
        """Return the readings of a name inside a namespace, if one is given."""
        # In speech `the cart service` is the application, and `the review pods` may be what one
        # Service stands for: only words that no Service goes by narrow the choice.
        said = kind if kind in SPOKEN_KINDS else ""
        if kind == "Namespace":
            known = self.namespace(name)
            return (
                (Match(target=NamespaceTarget(known), label=f"namespace:{known}"),) if known else ()
            )
        return self.readings(
            name,
            allowed=restriction(said, place),
            namespace=namespace,
            prefer=prefer,
            tiers=tiers,
        )

    def entity(self, text: str) -> tuple[Match, ...]:
        """Return the entities that a text names; several where it has to be said which."""
        words = strip_words(text.lower().split())[0]
        said = " ".join(words)
        names = (said,) if said in ENTITIES else ENTITY_PHRASES.get(said, ())
        if said not in ENTITIES and text.lower() in ENTITIES:
            names = (text.lower(),)
        return tuple(Match(target=EntityTarget(name), label=f"entity:{name}") for name in names)


@per_cluster
def index_of(cluster: Cluster) -> NameIndex:
    """Return the index of a cluster, built at the first call."""
    return NameIndex(cluster)
