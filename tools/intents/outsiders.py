"""`Only a may reach the internet`: what no policy can select is closed at everyone else's end."""

from collections.abc import Sequence
from dataclasses import replace

from tools.intents.frames import Statement
from tools.intents.limits import limited_pairs
from tools.intents.meanings import Choice, Meaning
from tools.intents.parties import End, is_outside
from topology.authoring import DnsNames, Pods
from topology.names import NameIndex

__all__ = ["close_outside"]

_SYSTEM = ("kube-system", "kube-public", "kube-node-lease")


def close_outside(index: NameIndex, meaning: Meaning) -> None:
    """Deny to everyone else what only some may reach and no policy can select.

    Where nothing can say that, the words count as not understood, and are asked about. Where it is
    open whether the whole cluster is meant, both readings are kept.
    """
    found: list[Statement] = []
    for one in meaning.statements:
        if "source" not in one.only or one.effect != "allow" or not _is_outside(one):
            found.append(one)
            continue
        spaces = _spaces(one)
        if one.but_sources or one.but_destinations or not spaces or not _can_deny(one):
            meaning.words.append(f"only {' and '.join(end.said for end in one.sources)}")
            found.append(one)
            continue
        allowed = replace(one, only=tuple(end for end in one.only if end != "source"))
        found += limited_pairs([allowed]) or [replace(allowed, beside=True)]
        home = meaning.scope or tuple(filter(None, (meaning.heading.namespace,)))
        near = _denied(one, home or spaces)
        far = _denied(one, None)
        found.append(far if meaning.heading.wide else near)
        if not home and not meaning.heading.wide and _lives_elsewhere(index, spaces):
            choice = Choice(question="where", instead_of=(near,), other=(far,), said=one.said)
            meaning.choices.append(choice)
    meaning.statements = found


def _denied(one: Statement, namespaces: tuple[str, ...] | None) -> Statement:
    others = End(options=((Pods(namespaces=namespaces),),), said="every other pod")
    return replace(
        one,
        effect="deny",
        only=(),
        only_traffic=False,
        side=None,
        sources=(others,),
        but_sources=one.sources,
        passing=(),
    )


def _is_outside(one: Statement) -> bool:
    parties = [party for end in one.destinations for option in end.options for party in option]
    return bool(parties) and all(map(is_outside, parties))


def _can_deny(one: Statement) -> bool:
    """Say whether rules that deny can name the destinations: they take no DNS names."""
    parties = [party for end in one.destinations for option in end.options for party in option]
    return not any(isinstance(party, DnsNames) for party in parties)


def _spaces(one: Statement) -> tuple[str, ...]:
    """Return the namespaces of the sources, nothing where others can not be told from them."""
    found: list[str] = []
    for end in one.sources:
        if len(end.options) != 1:
            return ()
        for party in end.options[0]:
            if not isinstance(party, Pods) or not (party.workload or party.labels):
                return ()
            if not party.namespaces:
                return ()
            found += party.namespaces
    return tuple(dict.fromkeys(found))


def _lives_elsewhere(index: NameIndex, spaces: Sequence[str]) -> bool:
    return any(one.namespace not in (*spaces, *_SYSTEM) for one in index.cluster.workloads)
