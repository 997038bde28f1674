"""What can be asked, by example: the commands among which a model in process chooses.

The examples are written for this file, with `X` and `Y` where names stand; none is taken from the
questions of the evaluations.
"""

from dataclasses import dataclass

__all__ = ["NONE", "ROUTES", "Route"]

ENDS = ("workload", "service", "pod", "address", "dns", "entity", "namespace", "unknown")
"""Kinds of names that can be an end of a connection."""
THINGS = tuple(kind for kind in ENDS if kind != "entity")
"""Those that a question can be about alone: "the world" is more often a phrase."""
GUARDED = ("workload", "service", "namespace")
OBJECTS = ("workload", "service", "pod", "node", "namespace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One thing that can be asked."""

    command: str
    """How the model says it."""
    tool: str
    meaning: str
    """What it asks, as a question with `X` and `Y`."""
    examples: tuple[str, ...]
    names: int = 0
    """How many names it takes."""
    kinds: tuple[str, ...] = ENDS
    """Kinds of the names that it takes."""
    needs: str = ""
    """`flows`: only asked of a workspace that holds some."""
    arguments: tuple[tuple[str, str], ...] = ()
    """What the tool is told besides the names."""


NONE = Route(
    command="none",
    tool="",
    meaning="none of these",
    examples=(
        "what is the weather like today", "tell me a joke", "write a poem about X",
        "how much CPU does X use", "who wrote X", "who is responsible for X at night",
        "when was X deployed", "is X faster than Y", "how much does X cost per month",
        "what did we sell yesterday", "what is the meaning of life", "is X backed up every night",
        "translate X", "what does the word X mean", "restart X please", "scale X to 5 replicas",
        "how old is X", "who is on holiday this week", "is X a good name", "should we hire people",
        "what version of the image does X run", "is the disk of X full",
        "how many customers use X", "book a table for tonight", "X is slow, tune its memory",
        "which language is X written in", "what size does X have on disk", "how good is X",
        "what is the price of X", "who likes X", "how does X look", "how many stars has X",
    ),
)  # fmt: skip

ROUTES: tuple[Route, ...] = (
    Route(
        command="connect",
        tool="can_reach",
        names=2,
        meaning="Can X open a connection to Y?",
        examples=(
            "can X reach Y", "is X able to talk to Y", "does X get through to Y",
            "would X be let in by Y", "X wants to call Y, is that fine", "is Y shut for X",
            "X tries to dial Y, go ahead or not", "may X use Y", "is the way from X to Y free",
            "does Y take requests of X", "will a packet of X arrive at Y", "X to Y: open or shut",
            "is Y hidden from X", "X depends on Y, does that work", "does Y ignore X",
            "is X cut off from Y", "does anything of X land in Y", "does Y listen to X",
        ),
    ),
    Route(
        command="callers-of",
        tool="who_can_reach",
        names=1,
        kinds=THINGS,
        meaning="Who can open a connection to X?",
        examples=(
            "who can reach X", "which pods may talk to X", "whose requests does X accept",
            "who is let in by X", "who gets to X", "clients of X", "who is allowed to touch X",
            "list the callers of X", "who sends to X", "where does traffic of X come from",
            "how exposed is X", "who has a key to the door of X", "who may knock at X",
            "which workloads feed X", "who is served by X", "whom does X listen to",
        ),
    ),
    Route(
        command="targets-of",
        tool="what_can_reach",
        names=1,
        kinds=THINGS,
        meaning="What can X open connections to?",
        examples=(
            "what can X reach", "where can X go", "which services may X call",
            "what is in the range of X", "how far does X get", "destinations of X",
            "what would an intruder in X get to", "what may X talk to", "where does X connect to",
            "what does X have access to", "list what X can open", "how free is X to roam",
            "where is the limit of what X can contact", "is X fenced in", "whom may X bother",
        ),
    ),
    Route(
        command="rules-on",
        tool="list_policies",
        names=1,
        kinds=GUARDED,
        meaning="Which policies apply to X?",
        examples=(
            "which policies apply to X", "what protects X", "which rules guard X",
            "is X covered by a policy", "what shields X", "which network policies select X",
            "show the restrictions on X", "which locks are on X", "what governs X",
        ),
    ),
    Route(
        command="describe",
        tool="inspect_object",
        names=1,
        kinds=OBJECTS,
        meaning="What is X?",
        examples=(
            "describe X", "what is X", "tell me about X", "show me X", "details of X",
            "give me the facts on X", "which ports does X have", "labels of X", "X in short",
        ),
    ),
    Route(
        command="explain",
        tool="explain_policy",
        names=1,
        kinds=("policy",),
        meaning="What does the policy X do?",
        examples=(
            "what does the policy X do", "explain X", "what is X good for", "purpose of policy X",
            "what does X permit", "X in plain words", "what is the point of X",
        ),
    ),
    Route(
        command="workloads",
        tool="list_objects",
        meaning="List the workloads.",
        arguments=(("kind", "workload"),),
        examples=(
            "list the workloads", "which apps run here", "what is deployed", "show all pods",
            "everything that runs", "what lives in X", "inventory of X", "what is running in X",
        ),
    ),
    Route(
        command="services",
        tool="list_objects",
        meaning="List the Services.",
        arguments=(("kind", "service"),),
        examples=("list the services", "which services exist", "all Services of X"),
    ),
    Route(
        command="policies",
        tool="list_objects",
        meaning="List the policies.",
        arguments=(("kind", "policy"),),
        examples=("list the policies", "which network policies exist", "all rules that are there"),
    ),
    Route(
        command="review",
        tool="review_policies",
        meaning="What is wrong with the policies?",
        examples=(
            "review my policies", "is anything wrong with our rules", "find mistakes in the "
            "policies", "what would an auditor complain about", "any bad rules",
            "where are we weak",
            "check the security of the cluster", "what should I fix", "anything suspicious here",
        ),
    ),
    Route(
        command="dead-rules",
        tool="find_dead_rules",
        meaning="Which rules have no effect?",
        examples=(
            "which rules have no effect", "unused policies", "policies that match nothing",
            "rules that do nothing", "which policies can I throw away", "useless rules",
        ),
    ),
    Route(
        command="gaps",
        tool="find_gaps",
        meaning="What is guarded on one layer but open on another?",
        examples=(
            "what is guarded at L4 but open at L7", "where is traffic in plaintext",
            "which workloads lack mTLS", "gaps between network policies and the mesh",
        ),
    ),
    Route(
        command="matrix",
        tool="show_matrix",
        meaning="Show who can talk to whom, all of it.",
        examples=(
            "show the matrix", "who can talk to whom", "the whole picture of connections",
            "draw a map of all traffic that is allowed", "a table of every pair", "overview of all "
            "connections", "the complete grid",
        ),
    ),
    Route(
        command="drops",
        tool="flow_drops",
        needs="flows",
        meaning="What was dropped?",
        examples=("what was dropped", "which packets were lost", "which requests were refused"),
    ),
    Route(
        command="dns-failures",
        tool="flow_dns",
        needs="flows",
        meaning="Which DNS requests failed?",
        examples=("which names did not resolve", "is DNS failing", "who asks DNS for what"),
    ),
    Route(
        command="talkers",
        tool="flow_top",
        needs="flows",
        meaning="Who talks most?",
        examples=("who talks most", "the loudest pods", "where does most traffic go"),
    ),
    Route(
        command="imbalance",
        tool="flow_imbalance",
        needs="flows",
        meaning="Is the load even?",
        examples=("is the load even", "why is one pod hot", "are requests spread evenly"),
    ),
)  # fmt: skip
