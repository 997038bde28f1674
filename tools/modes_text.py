"""How modes, their features, migrations and max pods are put in words."""

from collections.abc import Sequence

from tools.wording import bullets, count, join
from topology.ipam.features import FEATURES
from topology.ipam.migration import Migration, Step
from topology.ipam.modes import MODES, Mode
from topology.ipam.pod_limits import NodeShare
from topology.ipam.recommend import Candidate, Recommendation

__all__ = ["describe_migration", "describe_modes", "describe_shares", "vnet_addresses"]


def vnet_addresses(candidate: Candidate) -> int | None:
    """Return the addresses of the VNet that a mode takes; None when the scale is not known."""
    if candidate.plan is None:
        return None
    return sum(need.addresses for need in candidate.plan.needs if need.role != "pod CIDR")


def describe_modes(found: Recommendation, keys: Sequence[str], only: Sequence[Mode]) -> str:
    """Return a recommendation, or an answer about the modes that are named."""
    if found.clashes:
        return _describe_clashes(found)
    if only:
        return _describe_named(found, keys, only)
    best = found.best
    if best is None:
        lines = [_candidate(one) for one in found.candidates]
        return f"**No mode meets all of this.**\n\n{bullets(lines)}"
    lines = [*found.reasons, *best.limits]
    if best.plan:
        lines.append(_sizes(best))
    others = [_candidate(one) for one in found.candidates if one is not best]
    return (
        f"**Take {MODES[best.mode].title}.**\n\n{bullets(lines)}\n\n"
        f"The others:\n\n{bullets(others)}"
    )


def _describe_clashes(found: Recommendation) -> str:
    lines = [f"{clash.why} Source: {clash.source}." for clash in found.clashes]
    first = found.clashes[0]
    one, other = FEATURES[first.one].title, FEATURES[first.other].title
    return (
        f"**Not supported: {one} together with {other}**, in any mode.\n\n"
        f"{bullets(dict.fromkeys(lines))}"
    )


def _describe_named(found: Recommendation, keys: Sequence[str], only: Sequence[Mode]) -> str:
    candidates = [one for one in found.candidates if one.mode in only]
    lines = []
    for one in candidates:
        title = MODES[one.mode].title
        for key in keys:
            feature = FEATURES[key]
            support = feature.modes[one.mode]
            word = {"yes": "yes", "no": "no", "limited": "with limits"}[support.verdict]
            note = f": {support.note}" if support.note else ""
            lines.append(
                f"{feature.title} with {title}: **{word}**{note}. Source: {feature.source}."
            )
        if not keys:
            lines.append(_facts(one))
        elif one.plan:
            lines.append(f"{title}: {_sizes(one)}")
    instead = [one for one in found.candidates if one.suits and one.mode not in only]
    blocked = keys and not any(one.suits for one in candidates)
    if blocked and instead:
        lines.append(f"Modes with it: {join([MODES[one.mode].title for one in instead])}.")
    if not keys and len(only) > 1 and candidates and candidates[0].suits:
        first = MODES[candidates[0].mode].title
        return f"**Of these take {first}.** {_why_first(found, candidates)}\n\n{bullets(lines)}"
    answers = {support for one in candidates for support in _verdicts(one, keys)}
    first = ""
    if keys and len(answers) == 1:
        lead = {"yes": "**Yes.**", "no": "**No.**", "limited": "**Yes, with limits.**"}
        first = lead[answers.pop()] + "\n\n"
    return first + bullets(lines)


def _why_first(found: Recommendation, candidates: Sequence[Candidate]) -> str:
    """Say what puts the first of the named modes first."""
    first = candidates[0]
    if first.mode == "overlay":
        return (
            "It takes the fewest addresses of the VNet; unless anything outside must reach pods by "
            "their own address."
        )
    if first.mode == "pod_subnet_static" and first.plan:
        return (
            f"{first.plan.pods:,} pods are more than the 50,000 that the large-scale guide plans "
            "for with dynamic allocation; static blocks count one mapping per /28."
        )
    if any(MODES[one.mode].status for one in candidates[1:]):
        return "The others are legacy or retire."
    return "It takes addresses only for the pods that run, in batches of 16."


def _verdicts(candidate: Candidate, keys: Sequence[str]) -> list[str]:
    return [FEATURES[key].modes[candidate.mode].verdict for key in keys]


def _facts(candidate: Candidate) -> str:
    facts = MODES[candidate.mode]
    status = f" {facts.status}" if facts.status else ""
    sizes = f" {_sizes(candidate)}" if candidate.plan else ""
    return (
        f"{facts.title}: pods get their addresses from {facts.pod_addresses}; seen outside: "
        f"{facts.outside_source}; max pods {facts.default_max_pods} by default.{status}{sizes} "
        f"Source: {facts.source}."
    )


def _candidate(candidate: Candidate) -> str:
    facts = MODES[candidate.mode]
    if candidate.blockers:
        return f"{facts.title}: {' '.join(candidate.blockers)}"
    status = f" {facts.status}" if facts.status else ""
    sizes = f" {_sizes(candidate)}" if candidate.plan else ""
    return (
        f"{facts.title}: possible; pods get their addresses from {facts.pod_addresses}; seen "
        f"outside: {facts.outside_source}.{status}{sizes} Source: {facts.source}."
    )


def _sizes(candidate: Candidate) -> str:
    plan = candidate.plan
    assert plan is not None
    ranges = [
        f"a `/{need.prefix}` {need.role} ({need.formula})"
        if need.prefix is not None
        else f"{need.role}: {need.formula}, which nothing private holds"
        for need in plan.needs
    ]
    assumed = f" Assumed: {'; '.join(plan.assumptions)}." if plan.assumptions else ""
    return f"For {count(plan.nodes, 'node')} it takes {join(ranges)}.{assumed}"


def describe_migration(found: Migration) -> str:
    """Return the way between two modes, step by step."""
    start, goal = MODES[found.start].title, MODES[found.goal].title
    target = goal + (" with Cilium" if found.dataplane else "")
    if found.start == found.goal:
        target = f"the Cilium dataplane, with {goal} as it is"
    if found.in_place:
        first = f"**{start} to {target}: yes, in place, one-way.**"
    else:
        first = f"**{start} to {target}: no, not in place.** {found.reason}"
    if found.in_place and found.dataplane and found.start != found.goal:
        first += " In two separate operations: first the mode, then the dataplane."
    steps = [_step(number, step) for number, step in enumerate(found.steps, 1)]
    sources = f"Sources: {join([str(source) for source in found.sources])}."
    return "\n\n".join([first, "\n".join(steps), bullets([*found.cautions, sources])])


def _step(number: int, step: Step) -> str:
    lines = [f"{number}. {step.title}"]
    lines += [f"   - `{command}`" for command in step.commands]
    if step.downtime:
        lines.append(f"   - Downtime: {step.downtime}")
    if step.irreversible:
        lines.append("   - **Point of no return.**")
    return "\n".join(lines)


def describe_shares(mode: Mode, shares: Sequence[NodeShare], nodes: int) -> str:
    """Return what values of max pods cost."""
    title = MODES[mode].title
    lines = []
    for share in shares:
        text = f"Max pods {share.max_pods}: {share.formula}."
        if nodes:
            total = nodes * share.addresses
            text += f" {count(nodes, 'node')} x {share.addresses} = {total:,} addresses."
        lines.append(text)
    lines.append(f"Source: {shares[0].source}.")
    if mode == "pod_subnet_static":
        lines.append(
            "Choose max pods as 16 x N - 1 (15, 31, 47, 63, ... 239): those waste nothing, since "
            "one address per node is taken internally."
        )
    lines.append("Max pods is fixed when a pool is made: another value means a new pool.")
    return f"{_lead(mode, title, shares)}\n\n{bullets(lines)}"


def _lead(mode: Mode, title: str, shares: Sequence[NodeShare]) -> str:
    costs = sorted({share.addresses for share in shares})
    if mode in ("overlay", "kubenet"):
        return (
            f"**{title}: no, lowering max pods saves no addresses**: every node takes a whole /24 "
            "of the pod CIDR. It does in Node Subnet, and with static blocks in steps of 16."
        )
    if mode == "pod_subnet_static":
        best = min(shares, key=lambda share: (share.unused, share.blocks))
        if len(shares) == 1:
            return (
                f"**{title}: max pods {best.max_pods} takes {best.blocks} blocks of 16 per node "
                f"and wastes {best.unused}.**"
            )
        if len(costs) > 1:
            return f"**{title}: it costs whole blocks; max pods {best.max_pods} wastes least.**"
        return f"**{title}: the same number of blocks, {shares[0].blocks}, for each value.**"
    if mode == "node_subnet":
        return (
            f"**{title}: yes, every pod less saves an address per node**: all are reserved when "
            "the node joins."
        )
    return (
        f"**{title}: max pods only caps what a node may take**: addresses follow the pods that "
        "run, in batches of 16, so lowering it saves little while nodes are not full."
    )
