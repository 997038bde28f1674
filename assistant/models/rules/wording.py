"""The final text: summaries that tools computed, and fixed sentences around them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assistant.models.rules.articles import misses_question
from assistant.models.rules.comparison import describe_comparison
from assistant.models.rules.frame import Frame
from assistant.models.rules.narrowing import describe_within
from assistant.models.rules.plan import NO_DNS, Call
from assistant.models.rules.vocabulary import Vocabulary
from tools.errors import ToolError
from tools.spec import ToolResult

__all__ = ["Reply", "compose", "decline", "greet", "help_text", "left_out", "not_english"]

_NO_DNS = (
    "Nothing in the input serves DNS (no kube-dns or CoreDNS), so whether names are resolved "
    "inside the cluster is not verified. Computed instead: requests to DNS servers outside, on "
    "53/UDP."
)
_NO_ARTICLE = (
    "None of the articles answers that clearly, and I do not guess: they are about AKS networking, "
    "Cilium and Istio. Ask about one of these, or about the network that was loaded."
)
_YES_NO = re.compile(r"^(?P<mark>[*_]*)(?:Yes|No)\b[*_]*[,:]\s*(?P<rest>\S)")
_DECLINED = {
    "write": (
        "I write network and mesh policies, and no other manifests. Say who may call whom, such as "
        "`only web may call db on 5432`."
    ),
    "change": (
        "I change nothing: I only read exported files. What I can do is compute what they allow."
    ),
    "flows": (
        "I cannot see observed traffic, drops or metrics: only the objects and policies that are "
        "loaded. Add an export of flows (`hubble observe -o jsonpb --last 10000 > flows.jsonl`, "
        "then `-w flows.jsonl`). What I can do now is compute which connections the policies allow."
    ),
    "hypothesis": (
        "I try out two kinds of change: a policy that is named is taken away (`what breaks if I "
        "delete X?`), and one in a further file is added (`-w draft.yaml`)."
    ),
    "review": (
        "I look through a whole cluster for what policies do: `review my policies`, `show the "
        "matrix`. I see no health, load or cost."
    ),
    "past": (
        "I only know the files as they are now, not what happened before. What I can do is compute "
        "what they allow."
    ),
    "azure": (
        "What was loaded are objects of a cluster: no health, cost, sizes or attacks of Azure "
        "resources can be seen in them. I size and check subnets, and compute what the policies "
        "of the cluster allow."
    ),
    "measure": (
        "Objects, policies and flows are read, and what is computed is who may reach whom. With an "
        "export of flows it can be asked what was dropped, or who talks most."
    ),
    "property": (
        "What can be described are ports, labels, Services, replicas, nodes and what policies say."
    ),
    "": "I cannot answer that: it is not a question that I can compute, and I do not guess.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A final message."""

    text: str
    needs: tuple[str, ...] = ()
    declined: bool = False


def compose(
    frames: Sequence[tuple[Frame, Sequence[Call], Sequence[ToolResult | ToolError]]],
) -> Reply:
    """Return the answer of a turn from what its tools computed.

    Args:
        frames: Each frame with its calls and, in the same order, their results.
    """
    parts: list[str] = []
    needs: list[str] = []
    for frame, calls, results in frames:
        said, asked = _compose_frame(frame, calls, results)
        parts += [part for part in said if part not in parts]
        needs += [need for need in asked if need not in needs]
    every = [result for _, _, results in frames for result in results]
    beside = all(misses_question(frame, results) for frame, _, results in frames)
    return Reply(
        text="\n\n".join([*parts, *needs]),
        needs=tuple(needs),
        declined=bool(every)
        and (beside or all(getattr(result, "declined", "") for result in every)),
    )


def _compose_frame(
    frame: Frame, calls: Sequence[Call], results: Sequence[ToolResult | ToolError]
) -> tuple[list[str], list[str]]:
    parts: list[str] = []
    needs: list[str] = []
    if whole := _compare_checks(results) or (
        _NO_ARTICLE if misses_question(frame, results) else ""
    ):
        return [whole], []
    # Whoever tells of trouble wants its cause first, and then what the policies say.
    for result in sorted(results, key=lambda one: not getattr(one, "root_cause", None)):
        if isinstance(result, ToolError):
            needs.append(_describe_error(result))
            continue
        if question := getattr(result, "question", ""):
            needs.append(question)
            continue
        parts.append(_tell(result, frame))
    compared = describe_comparison(frame, results) if not needs else ""
    parts = [compared, *parts] if compared else parts
    parts += [
        f"Understood `{ref.text}` as `{ref.name.removeprefix('service:')}`."
        for ref in frame.ends
        if ref.guessed and parts and len(ref.names) == 1
    ]
    if parts and any(ref.text == NO_DNS for ref in frame.destinations):
        parts.insert(0, _NO_DNS)
    if (frame.is_path or frame.intent in ("size", "policies")) and frame.text and parts:
        parts.append(frame.text)
    if frame.alternative and len(calls) > 1 and not needs:
        verdicts = {result.verdict for result in results if isinstance(result, ToolResult)}
        if len(verdicts) > 1:
            one, other = calls[0].arguments, calls[-1].arguments
            needs.append(
                f"Which is meant: from `{one['source']}` to `{one['destination']}`, or from "
                f"`{other['source']}` to `{other['destination']}`?"
            )
    return parts, needs


def _tell(result: ToolResult, frame: Frame) -> str:
    """Return a result in words, or those rows of it that were asked about."""
    if frame.intent == "list" and frame.ports and (picked := _pick_rows(result, frame)):
        return picked
    if frame.within and (narrowed := describe_within(result, frame.within)):
        return narrowed
    return _state(result.summary) if frame.negated or frame.told else result.summary


def _compare_checks(results: Sequence[ToolResult | ToolError]) -> str:
    """Return one line per plan where an existing subnet was checked against several."""
    if len(results) < 2 or not all(
        isinstance(result, ToolResult) and getattr(result, "subnet_fits", None) is not None
        for result in results
    ):
        return ""
    lines = []
    for result in results:
        plans: Sequence[Any] = getattr(result, "plans", ())
        plan = plans[0]
        said = result.summary.split("\n\n", 1)[0] if isinstance(result, ToolResult) else ""
        row = plan.needs[0]
        need = f"{row.formula} = {row.addresses:,} (Source: {row.source})"
        lines.append(f"- {plan.title}, {plan.nodes} nodes: {said} {need}")
    return "As the node subnet, for each plan that is meant:\n\n" + "\n".join(lines)


def _pick_rows(result: ToolResult, frame: Frame) -> str:
    """Return the rows of a list that offer a port; empty when the list has no rows to pick."""
    rows = getattr(result, "objects", None)
    if rows is None:
        return ""
    wanted = [str(port.number or port.name) for port in frame.ports]
    pattern = "|".join(
        rf"(?<![\d.])(?:{re.escape(word)}/|.*\({re.escape(word)}\))" for word in wanted
    )
    found = [row for row in rows if re.search(pattern, row.detail)]
    left_out = getattr(result, "left_out", 0)
    more = f" {left_out} more were not looked through." if left_out else ""
    port = " or ".join(wanted)
    if not found:
        return f"None of the {len(rows)} workloads listed declares port {port}.{more}"
    lines = [f"- `{row.namespace}/{row.name}`: {row.detail} ({row.location})" for row in found]
    return f"{len(found)} of {len(rows)} workloads declare port {port}:{more}\n\n" + "\n".join(
        lines
    )


def _state(summary: str) -> str:
    """Return a summary that starts with the fact: "no" to a negated question misleads.

    >>> _state("No: `a` cannot reach `b`.")
    '`a` cannot reach `b`.'
    """
    match = _YES_NO.match(summary)
    if not match:
        return summary
    rest = summary[match.start("rest") :]
    return f"{match['mark']}{rest[0].upper()}{rest[1:]}" if match["mark"] == "" else rest


def _describe_error(error: ToolError) -> str:
    return str(error)


def decline(kind: str, vocabulary: Vocabulary, first: str = "") -> Reply:
    """Return an honest no, with what can be asked instead.

    Args:
        kind: Why.
        vocabulary: Whose names stand in the examples.
        first: A sentence of what is missing, before the others.
    """
    fact = _DECLINED.get(kind, _DECLINED[""])
    parts = (first, fact, _examples(vocabulary))
    return Reply(text=" ".join(part for part in parts if part), declined=True)


def not_english(vocabulary: Vocabulary) -> Reply:
    """Return that this tier reads English only."""
    text = "Only questions in English are understood without a language model."
    return Reply(text=f"{text} {_examples(vocabulary)}", declined=True)


def left_out(piece: str, vocabulary: Vocabulary) -> Reply:
    """Return what is said of one question of several that was not understood."""
    text = f"Not understood, and so left out: `{piece.replace('`', '')}` {_examples(vocabulary)}"
    return Reply(text=text, declined=True)


def greet(vocabulary: Vocabulary) -> Reply:
    """Return a greeting with what can be asked."""
    return Reply(text=f"Hello. {_examples(vocabulary)}")


def help_text(vocabulary: Vocabulary) -> Reply:
    """Return what can be asked, with names of this workspace."""
    one, other = _names(vocabulary)
    lines = [
        "Ask about the network that is loaded, in plain English:",
        f"- `Can {one} reach {other}?`, `Why can't {one} reach {other} on 5432?`",
        f"- `Who can reach {other}?`, `What can {one} reach?`",
        f"- `Which policies apply to {other}?`, `List the services.`, `Review my policies.`",
        f"- `Only {one} may call {other} on 5432.`, `{one} can't reach {other}, fix it.`",
        "- `Which subnet do I need for 50 nodes with Azure CNI overlay?`, `How many IPs are "
        "in a /26?`",
        "- `Does a CiliumClusterwideNetworkPolicy support FQDN rules on AKS?`",
        "Every answer is computed from the files, or quoted from an article with its source.",
    ]
    return Reply(text="\n".join(lines))


def _examples(vocabulary: Vocabulary) -> str:
    one, other = _names(vocabulary)
    return f"Ask, say, `Can {one} reach {other}?` or `Who can reach {other}?`."


def _names(vocabulary: Vocabulary) -> tuple[str, str]:
    """Return two names of the workspace that make a sensible example."""
    names = [entry.full_name for entry in vocabulary.endpoints() if entry.kind == "workload"]
    if len(names) < 2:
        return "shop/web", "shop/db"
    stores = [name for name in names if name in vocabulary.stores]
    target = stores[0] if stores else names[-1]
    source = next(name for name in names if name != target)
    return source, target
