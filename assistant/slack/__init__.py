"""The Slack bot: `netassist slack`."""

from assistant.slack.app import Bot, make_bot
from assistant.slack.serving import serve

__all__ = ["Bot", "make_bot", "serve"]
