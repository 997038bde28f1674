"""What clusters add to the ranges of others: who uses a subnet, and which ranges collide."""

from collections.abc import Iterator
from dataclasses import replace

from topology.ipam.book.entries import Entry
from topology.ipam.book.importing.rows import Annotation, Reading, complain
from topology.ipam.book.ledger import Ledger

__all__ = ["annotate", "warn_of_overlaps"]

_JOINED = ("cluster", "pools")


def annotate(ledger: Ledger, space: str, reading: Reading) -> Iterator[Entry]:
    """Say of subnets which clusters use them, and yield those that this changes."""
    if not reading.annotations:
        return
    known: dict[str, list[Entry]] = {}
    for entry in ledger.entries.all(space):
        if entry.tags.get("id"):
            known.setdefault(entry.tags["id"], []).append(entry)
    for note in reading.annotations:
        entries = known.get(note.owner, [])
        if not entries:
            subnet = "/".join(note.owner.split("/")[-3::2]) or note.owner
            message = f"The subnet `{subnet}` of `{note.tags['cluster']}` is not in the book."
            hint = "Import `az network vnet list` as well, in the same call or later."
            complain(reading, "subnet", message, hint, note.location, warn=True)
        for number, entry in enumerate(entries):
            after = _noted(entry, note)
            if after != entry:
                ledger.apply(entry, after)
                entries[number] = after
                yield after


def _noted(entry: Entry, note: Annotation) -> Entry:
    tags = dict(entry.tags)
    for name in _JOINED:
        said = {one for one in tags.get(name, "").split(", ") if one}
        said |= {one for one in note.tags.get(name, "").split(", ") if one}
        tags[name] = ", ".join(sorted(said))
    return replace(entry, kind=note.kind, tags=tags)


def warn_of_overlaps(ledger: Ledger, space: str, reading: Reading) -> None:
    """Warn of pod and service ranges of clusters that lie where the space has ranges of its own.

    Source: concepts-network-azure-cni-overlay - a pod CIDR must not overlap the cluster subnet
    nor any network that is connected directly; the same holds for service CIDRs.
    """
    rows = [row for row in reading.rows if row.space.startswith("aks:") and row.space != space]
    if not rows:
        return
    top = ledger.entries.children(space, 0)
    for row in rows:
        for other in top:
            if other.network.version == row.network.version and other.network.overlaps(row.network):
                message = (
                    f"The {row.kind} range `{row.network}` of `{row.tags['cluster']}` overlaps "
                    f"{other.label} of the space `{space}`."
                )
                hint = "AKS refuses that for the cluster's subnet, and traffic to it would stray."
                complain(reading, "cluster-range", message, hint, row.location, warn=True)
