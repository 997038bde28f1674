"""What the bot shows besides text: pure functions from values to blocks."""

import json
from collections.abc import Mapping
from typing import Any

from assistant.approval import Proposal

__all__ = ["APPROVE", "FEEDBACK", "REJECT", "approval", "decided", "feedback", "plain", "safe"]

APPROVE, REJECT, FEEDBACK = "netassist_approve", "netassist_reject", "netassist_feedback"
_LONGEST = 2_900
"""Characters of one section; Slack takes 3,000."""
_KEPT = 700
"""Characters of a question that come back with a vote; a button's value holds 2,000."""

Blocks = list[dict[str, Any]]


def safe(text: str) -> str:
    """Return a text in which nothing calls upon people: `<!channel>` in a label is a label."""
    return text.replace("<!", "<\u200b!").replace("<@", "<\u200b@").replace("<#", "<\u200b#")


def plain(text: str) -> dict[str, str]:
    """Return a text that is shown as it is."""
    return {"type": "plain_text", "text": text[:_LONGEST]}


def feedback(about: Mapping[str, Any]) -> Blocks:
    """Return the buttons under an answer.

    Args:
        about: What the answer was to; comes back with the vote, its long texts cut.
    """
    short = {key: one[:_KEPT] if isinstance(one, str) else one for key, one in about.items()}

    def button(text: str, label: str, vote: str) -> dict[str, Any]:
        value = json.dumps({"vote": vote, **short}, ensure_ascii=False).replace("<", "\\u003c")
        return {"text": plain(text), "accessibility_label": label, "value": value}

    element = {
        "type": "feedback_buttons",
        "action_id": FEEDBACK,
        "positive_button": button("Right", "This answer is right", "right"),
        "negative_button": button("Wrong", "This answer is wrong or of no use", "wrong"),
    }
    return [{"type": "context_actions", "elements": [element]}]


def approval(proposal: Proposal, user: str, token: str) -> Blocks:
    """Return the question whether a change may be made, for the one person who asked for it."""
    summary = safe(proposal.summary)[:_LONGEST]
    rule = f"Only <@{user}> can decide. Nothing is changed until then."
    return [
        {"type": "markdown", "text": f"**Let `{proposal.tool}` do this?**\n\n{summary}"},
        {"type": "context", "elements": [
            {"type": "mrkdwn", "text": rule},
        ]},
        {"type": "actions", "elements": [
            {"type": "button", "action_id": APPROVE, "text": plain("Approve"), "value": token,
             "style": "primary"},
            {"type": "button", "action_id": REJECT, "text": plain("Reject"), "value": token},
        ]},
    ]  # fmt: skip


def decided(proposal: Proposal, words: str) -> Blocks:
    """Return what stands in the place of the question when it is decided."""
    summary = safe(proposal.summary)[:_LONGEST]
    return [{"type": "markdown", "text": f"`{proposal.tool}`: {words}.\n\n{summary}"}]
