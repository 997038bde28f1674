"""Why a connection is stopped, and the smallest change of policies that lets it through.

Layer by layer: whatever stops the connection first is looked at, every edit that may help is
proposed, and the engine tells which of them do and what else they would open or close. The one
that opens least besides, breaks nothing and changes fewest lines is taken, and the next layer is
looked at under it. What comes out is proven as a whole.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from topology.authoring import obstacles
from topology.authoring.checks import Check
from topology.authoring.edits import Edit, folded
from topology.authoring.impact import (
    Asked,
    Impact,
    applied,
    measure,
    needs,
    refusals,
)
from topology.authoring.mending_proof import proofs
from topology.authoring.obstacles import Obstacle
from topology.authoring.prerequisites import DNS_PORT, behind_azure, closed_name_server
from topology.authoring.proposals import proposals, used_keys
from topology.authoring.stops import Stop
from topology.authoring.wishes import Wish, wishes_of
from topology.paths import Network, PortQuery, Reach
from topology.policy.ports import PortSet
from topology.policy.reading import KINDS
from topology.policy.verdict import HttpRequest, Layer
from topology.targets import Target

__all__ = ["Alternative", "Mend", "Outcome", "mend"]

Outcome = Literal["open", "mended", "no-fix", "not-policy"]
_ROUNDS = 40
_TRIED = 120
"""Edits of one layer that are tried; the rest is not worth the time."""
_MEASURED = 10
_ALTERNATIVES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another edit that lets the connection through a layer, and what it does besides."""

    edit: Edit
    impact: Impact
    left: int
    """How much still stops the connection at that layer; 0 where nothing does."""
    latent: int
    """Pairs of ends that it lets through at this layer alone, besides those asked about."""
    breadth: int
    """Workloads that the policy selects besides those that are guarded here."""

    @property
    def rank(self) -> tuple[bool, int, int, int, int, bool, bool, int]:
        """Return what the choice goes by: safety, then narrowness, then size."""
        return (
            bool(self.edit.weakens),
            self.left,
            len(self.impact.opened) + len(self.impact.closed) + bool(self.impact.incomplete),
            self.latent,
            self.breadth,
            self.edit.before is None,
            not self.edit.corrects,
            self.edit.lines,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """What stops a connection, and what lets it through."""

    before: Reach
    outcome: Outcome
    stopped_by: tuple[Layer, ...] = ()
    """Every layer that stops it, the first one first."""
    edits: tuple[Edit, ...] = ()
    """One for each policy."""
    impact: Impact = field(default_factory=Impact)
    after: Reach | None = None
    checks: tuple[Check, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    notes: tuple[str, ...] = ()
    instead: str = ""
    """Why another connection is mended than the one that was asked about."""

    @property
    def at_fault(self) -> tuple[str, ...]:
        """Return the policies that must change, or that stop what a new policy must let through."""
        changed = tuple(edit.key for edit in self.edits if edit.before is not None)
        if changed:
            return changed
        blamed = (name for layer in self.stopped_by for name, _ in layer.causes)
        named = (layer.policy for layer in self.stopped_by if layer.policy)
        return tuple(dict.fromkeys((*named, *blamed)))

    @property
    def verified(self) -> bool:
        """Return whether every check holds."""
        return bool(self.checks) and all(check.ok for check in self.checks)


def mend(
    network: Network,
    src: Target,
    dst: Target,
    *,
    port: PortQuery | None = None,
    http: HttpRequest | None = None,
) -> Mend:
    """Find the smallest change that lets one connection through, and prove it.

    Args:
        network: As it is.
        src: Who opens the connection.
        dst: Who accepts it.
        port: Of the pod, or of the Service where `dst` is one; None for the one that the source is
            known to call, or else each that is offered.
        http: The request on it.

    Raises:
        InvalidQuery: The ends or the port cannot be asked about.
    """
    if port is None:
        port = obstacles.called_port(network, src, dst)
    wrong = obstacles.of_port(network, dst, port)
    if wrong is not None and wrong.port is not None:
        port = wrong.port
    before = network.reach(src, dst, port=port, http=http)
    found = (wrong,) if wrong is not None else ()
    asks = wishes_of(network, src, dst, port=port, http=http)
    faults = [one for ask, _ in asks for one in obstacles.behind_service(network, dst, ask)]
    if before.allowed and not faults:
        faults = list(obstacles.of_services(network, src, dst))
    if faults:
        stopped = tuple(layer for layer in before.layers if layer.verdict == "deny")
        return Mend(
            before=before, outcome="not-policy", stopped_by=stopped, obstacles=(*found, *faults)
        )
    if before.allowed:
        server = closed_name_server(network, src, dst)
        if server is None:
            return Mend(before=before, outcome="open", obstacles=found)
        names = mend(network, src, server, port=DNS_PORT)
        instead = (
            f"`{before.source}` -> `{before.destination}` itself is open already; what is missing "
            "is the way to the name server, without which no name is found."
        )
        return replace(names, instead=instead)
    work = _Work(network, src)
    for wish in (wish for _, wishes in asks for wish in wishes):
        work.open(wish)
    return _finished(work, before, src, dst, port, http, found)


def _finished(
    work: "_Work",
    before: Reach,
    src: Target,
    dst: Target,
    port: PortQuery | None,
    http: HttpRequest | None,
    found: tuple[Obstacle, ...],
) -> Mend:
    """Prove what was chosen."""
    edits = folded(work.edits)
    after = work.now.reach(src, dst, port=port, http=http) if edits else None
    solved = not work.unsolved and after is not None and after.allowed
    impact = measure(work.origin, edits, work.asked) if edits else Impact()
    outcome: Outcome = "mended" if solved else "not-policy" if work.obstacles else "no-fix"
    stopped = list(work.stopped)
    if any(layer.layer == "azure" for layer in stopped):
        # What stands behind is to be known before the first is taken away.
        stopped += behind_azure(work.origin, src, dst, port, http)
    return Mend(
        before=before,
        outcome=outcome,
        stopped_by=tuple(stopped),
        edits=edits if solved else (),
        impact=impact,
        after=after,
        checks=tuple(proofs(work.origin, edits, after, impact)) if solved else (),
        alternatives=tuple(work.alternatives),
        obstacles=(*found, *work.obstacles),
        notes=(*work.notes, *(needs(edits, work.origin.policies.profile) if solved else ())),
    )


class _Work:
    """The network as it becomes, edit by edit."""

    def __init__(self, network: Network, source: Target) -> None:
        self.origin = network
        self.now = network
        self.edits: list[Edit] = []
        self.stopped: list[Layer] = []
        self.alternatives: list[Alternative] = []
        self.obstacles: list[Obstacle] = []
        self.notes: list[str] = []
        self.unsolved = False
        self.asked = Asked(sources=frozenset(), destinations=frozenset(), ports=PortSet.EMPTY)
        self._source = source
        self._used = used_keys(network.cluster)

    def open(self, wish: Wish) -> None:
        """Open one connection, or note what is in the way."""
        asked = wish.asked(self.now)
        self.asked = Asked(
            sources=self.asked.sources | asked.sources,
            destinations=self.asked.destinations | asked.destinations,
            ports=self.asked.ports | asked.ports,
            http=asked.http,
            one_request=self.asked.one_request or asked.one_request,
        )
        for _ in range(_ROUNDS):
            layer = wish.stopped(self.now)
            if layer is None:
                return
            if layer.reason not in {one.reason for one in self.stopped}:
                self.stopped.append(layer)
            if not self._pass(wish, layer, asked):
                break
        self.unsolved = True

    def _warn(self, stop: Stop) -> None:
        """Say what it means to open something to everyone."""
        if stop.other.entity in ("world", "all") and stop.layer.direction == "ingress":
            names = sorted({f"{pod.namespace}/{pod.workload or pod.name}" for pod in stop.subject})
            self.notes.append(
                f"It lets every address outside the cluster speak to `{names[0]}` on "
                f"{stop.port_text}; name a network instead if you can."
            )

    def _pass(self, wish: Wish, layer: Layer, asked: Asked) -> bool:
        """Get through one layer; return whether an edit for it was found."""
        stop = wish.stop(self.now, layer, self._used)
        obstacle = obstacles.of_layer(self.now, layer, self._source)
        if obstacle is not None:
            self.obstacles.append(obstacle)
        if layer.layer not in _ORDER:
            # The Azure network: no edit of policies gets through it.
            return False
        if stop is not None and stop.other.dns and layer.direction == "ingress":
            self.notes.append(
                f"No policy can name `{stop.other.dns}` as a caller; give its network instead."
            )
        if stop is None:
            self.notes.append(f"No policy can name an end of it: {layer.reason}")
            return False
        ranked = self._ranked(wish, stop, asked)
        chosen = next((one for one in ranked if not one.edit.weakens), None)
        others = [one for one in ranked if one is not chosen]
        # What is probably the slip behind it is worth knowing even where it opens more.
        others.sort(key=lambda one: not one.edit.corrects)
        self.alternatives += others[:_ALTERNATIVES]
        if chosen is None:
            return False
        self._warn(stop)
        self.edits.append(chosen.edit)
        self.now = applied(self.now, [chosen.edit])
        return True

    def _ranked(self, wish: Wish, stop: Stop, asked: Asked) -> list[Alternative]:
        """Return the edits that get through a layer, the best first."""
        passing: list[tuple[bool, int, int, int, int, Edit]] = []
        before, burden = _burden(self.now, wish, stop)
        for number, edit in enumerate(proposals(self.now, stop)):
            if number >= _TRIED:
                break
            if refusals([edit.after] if edit.after else [], self.now.policies.profile):
                continue
            then = applied(self.now, [edit])
            earlier, left = _burden(then, wish, stop)
            if earlier <= before and left < burden:
                breadth = _breadth(then, edit, stop)
                latent = self._latent(edit, asked)
                passing.append((bool(edit.weakens), left, latent, breadth, edit.lines, edit))
        passing.sort(key=lambda one: one[:5])
        found = [
            Alternative(
                edit=edit,
                impact=measure(self.now, [edit], asked),
                left=left,
                latent=latent,
                breadth=breadth,
            )
            for _, left, latent, breadth, _, edit in passing[:_MEASURED]
        ]
        return sorted(found, key=lambda one: one.rank)

    def _latent(self, edit: Edit, asked: Asked) -> int:
        """Return how many pairs of ends an edit lets through at its own layer, besides the asked.

        A rule that is too wide shows here even where the other end keeps the door shut today.
        """
        if edit.after is None or edit.after.kind not in KINDS:
            return 0
        count = 0
        for one in self.now.policies.loosened(add=[edit.after]):
            ends = (one.end, one.other) if one.direction == "egress" else (one.other, one.end)
            meant = asked.means(*ends)
            rest = one.ports - asked.ports if meant else one.ports
            count += bool(rest)
        return count


_ORDER = ("egress-policy", "service", "ingress-policy", "l7", "mtls", "authorization")


def _burden(network: Network, wish: Wish, stop: Stop) -> tuple[int, int]:
    """Return how much stops a connection at earlier layers, and at the one that is looked at.

    Each pair counts, and each rule that denies it: where several rules deny, or a default deny
    stands behind a rule that does, or pods differ, one of them less is progress.
    """
    place = _ORDER.index(stop.layer.layer)
    earlier = burden = 0
    for source, destination, verdict in wish.verdicts(network):
        if not stop.is_about(source.pods, destination.pods):
            continue
        for layer in verdict.layers:
            if layer.verdict not in ("deny", "unknown") or layer.layer not in _ORDER:
                continue
            if layer.layer == stop.layer.layer and layer.direction == stop.layer.direction:
                burden += 2 * (1 + _denials(layer)) - _is_next(layer, stop.layer)
            elif _ORDER.index(layer.layer) < place:
                earlier += 1
    return earlier, burden


def _is_next(layer: Layer, before: Layer) -> bool:
    """Return whether another policy of the mesh stops the request after one that no longer does."""
    return layer.layer == "authorization" and layer.policy != before.policy


def _breadth(network: Network, edit: Edit, stop: Stop) -> int:
    """Return how many workloads a policy selects besides the guarded ones."""
    own = {(pod.namespace, pod.workload) for pod in stop.subject}
    if edit.key.partition("/")[0] not in KINDS:
        chosen = [
            pod
            for pod in network.cluster.pods
            if edit.after is not None and network.mesh.index.is_selected(edit.after, pod)
        ]
    else:
        kinds = [pods for pods in network.policies.classes() if pods]
        chosen = [
            pod
            for pods in kinds
            if any(one.policy == edit.key for one in network.policies.selecting(pods[0]))
            for pod in pods
        ]
    return len({(pod.namespace, pod.workload) for pod in chosen} - own)


def _denials(layer: Layer) -> int:
    """Return how many rules deny at a layer; none where only the default does."""
    if layer.layer == "l7" or not layer.rule or layer.verdict != "deny":
        return 0
    return 1 + len(layer.causes)
