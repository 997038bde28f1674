"""The questions that a client offers its user, filled with names of the network."""

from collections.abc import Mapping
from dataclasses import dataclass

from mcp_types import Prompt, PromptArgument

from tools.workspace import Workspace

__all__ = ["UnknownPrompt", "complete", "fill_prompt", "list_prompts"]

MOST_COMPLETIONS = 100
"""How many values the protocol lets one completion hold."""


class UnknownPrompt(Exception):
    """There is no such prompt, or an argument of it is missing; the message says which."""


@dataclass(frozen=True, slots=True)
class _Question:
    name: str
    description: str
    text: str
    arguments: Mapping[str, str]


_QUESTIONS = (
    _Question(
        "explain_connection",
        "Find out whether a connection works, and which rule, file and line decides it.",
        "Can {source} reach {destination}? Use the tool `can_reach`, name the rule, file and line "
        "that decided it, and if it is denied, propose the smallest change with the tools that "
        "prove it.",
        {"source": "Workload, `namespace/name`.", "destination": "Workload or Service."},
    ),
    _Question(
        "audit_exposure",
        "Find out who can reach a workload, and what of it is open to the world.",
        "Who can reach {workload}, and is it open to the internet? Use the tools; repeat their "
        "verdicts and say what they could not verify.",
        {"workload": "Workload, `namespace/name`."},
    ),
    _Question(
        "write_policy",
        "Write a policy from words, proven on this network before it is shown.",
        "Write the policy for this request, with the tool that drafts and proves policies, and "
        "show its contract and checks unchanged: {request}",
        {"request": "Such as: only checkout may call payments on 8080."},
    ),
    _Question(
        "plan_subnets",
        "Plan the subnets of a cluster.",
        "Plan the subnets for {nodes} nodes in {space}; take every number from the tools.",
        {"nodes": "Nodes at the autoscaler's maximum.", "space": "A range, `10.60.0.0/16`."},
    ),
)


def list_prompts() -> tuple[Prompt, ...]:
    """Return the prompts with their arguments, all of which are required."""
    return tuple(
        Prompt(
            name=one.name,
            title=one.name.replace("_", " ").capitalize(),
            description=one.description,
            arguments=[
                PromptArgument(name=name, description=text, required=True)
                for name, text in one.arguments.items()
            ],
        )
        for one in _QUESTIONS
    )


def fill_prompt(name: str, arguments: Mapping[str, str]) -> tuple[str, str]:
    """Return the description and the text of a prompt.

    Raises:
        UnknownPrompt: There is none of that name, or an argument is missing.
    """
    question = _find(name)
    missing = [one for one in question.arguments if not arguments.get(one, "").strip()]
    if missing:
        message = f"The prompt `{name}` needs `{'`, `'.join(missing)}`."
        raise UnknownPrompt(message)
    values = {one: arguments[one].strip() for one in question.arguments}
    return question.description, question.text.format_map(values)


def complete(workspace: Workspace, name: str, argument: str, begun: str) -> tuple[str, ...]:
    """Return the names of the network that an argument of a prompt could be.

    Raises:
        UnknownPrompt: There is no prompt of that name.
    """
    _find(name)
    if argument not in ("source", "destination", "workload"):
        return ()
    names = sorted({one.full_name for one in workspace.cluster.workloads})
    typed = begun.strip().casefold()
    return tuple(one for one in names if typed in one.casefold())[:MOST_COMPLETIONS]


def _find(name: str) -> _Question:
    for question in _QUESTIONS:
        if question.name == name:
            return question
    known = ", ".join(f"`{one.name}`" for one in _QUESTIONS)
    message = f"There is no prompt `{name}`. There are {known}."
    raise UnknownPrompt(message)
