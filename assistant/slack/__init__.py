"""The Slack bot: `netassist slack`."""

from assistant.slack.app import Bot, make_bot
from assistant.slack.serving import serve
from assistant.slack.workspaces import Workspaces

__all__ = ["Bot", "Workspaces", "make_bot", "serve"]
