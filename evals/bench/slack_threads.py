"""How soon people in Slack see that they were heard, with many of them asking at once."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from pydantic import SecretStr
from slack_bolt.async_app import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from assistant.settings import Settings
from assistant.slack import Bot, Workspaces, make_bot
from evals.bench.measures import Measure
from evals.bench.slack_double import SlackDouble, serve_double
from topology.samples import sample_path

__all__ = ["measure_threads"]

_SECRET = "secret"
_PAIRS = ("staging/web", "shop/orders", "shop/cart", "shop/catalog")
_REACTIONS = ("agents.sessions.setStatus", "chat.startStream", "chat.postMessage")


def measure_threads(threads: int = 200) -> Iterator[Measure]:
    """Ask in many threads at once, by signed events, and look at what a double of Slack was told.

    Args:
        threads: How many, each of another person, all within one burst.
    """
    with serve_double() as slack, TemporaryDirectory() as folder:
        settings = Settings(
            state_dir=Path(folder), workspace=(), slack_url=slack.url, slack_per_minute=1_000,
            slack_bot_token=SecretStr("xoxb-bench"), slack_signing_secret=SecretStr(_SECRET),
        )  # fmt: skip
        sent = asyncio.run(_ask(slack, settings, threads))
        seen: dict[str, float] = {}
        ended: dict[str, float] = {}
        threads_of = _threads_of(slack)
        for method, moment, body in slack.times:
            thread = body.get("thread_ts") or threads_of.get(body.get("ts", ""), "")
            if method in _REACTIONS:
                seen.setdefault(thread, moment)
            if method == "chat.stopStream":
                ended[thread] = moment
    note = f"{threads} threads in one burst, rules tier, the sample; Slack on loopback"
    yield from _spread("slack_first_reaction", sent, seen, note)
    yield from _spread("slack_answer", sent, ended, note)
    answers = Counter(
        threads_of.get(body["ts"], "") for name, body in slack.calls if name == "chat.stopStream"
    )
    lost = sum(not answers[thread] for thread in sent)
    twice = sum(count > 1 for count in answers.values())
    yield Measure(name="slack_answers_lost", value=lost, unit="", target=0)
    yield Measure(name="slack_answers_twice", value=twice, unit="", target=0)


async def _ask(slack: SlackDouble, settings: Settings, threads: int) -> dict[str, float]:
    """Return when each thread's question was sent; comes back when all are answered."""
    workspaces = Workspaces(settings, [sample_path()], "rules")
    bot = make_bot(settings, workspaces.assistant_of)
    # The first question pays for what is imported and read once.
    await _mention(bot, "1.1", _PAIRS[0])
    await asyncio.to_thread(slack.wait_for, "chat.stopStream")
    slack.calls.clear()
    slack.times.clear()
    sent: dict[str, float] = {}
    for number in range(threads):
        thread = f"{100 + number}.1"
        sent[thread] = time.monotonic()
        await _mention(bot, thread, _PAIRS[number % len(_PAIRS)])
    while bot.desk.running:
        await asyncio.sleep(0.05)
    await bot.desk.close()
    return sent


async def _mention(bot: Bot, thread: str, source: str) -> None:
    event = {
        "type": "app_mention", "user": f"U{thread}", "text": f"<@UBOT> Can {source} reach shop/db?",
        "ts": thread, "channel": "C1", "event_ts": thread, "team": "T1",
    }  # fmt: skip
    body = json.dumps(
        {"type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event_id": f"Ev{thread}",
         "authorizations": [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}], "event": event}
    )  # fmt: skip
    stamp = str(int(time.time()))
    signature = SignatureVerifier(_SECRET).generate_signature(timestamp=stamp, body=body) or ""
    headers: dict[str, str | Sequence[str]] = {
        "content-type": ["application/json"], "x-slack-signature": [signature],
        "x-slack-request-timestamp": [stamp],
    }  # fmt: skip
    await bot.app.async_dispatch(AsyncBoltRequest(body=body, headers=headers))


def _threads_of(slack: SlackDouble) -> dict[str, str]:
    """Return the thread of each streamed message."""
    return {
        reply: body["thread_ts"]
        for name, body, reply in slack.replies
        if name == "chat.startStream"
    }


def _spread(
    name: str, sent: dict[str, float], came: dict[str, float], note: str
) -> Iterator[Measure]:
    taken = [came[thread] - moment for thread, moment in sent.items() if thread in came]
    if len(taken) < len(sent):
        note = f"{note}; {len(sent) - len(taken)} never came"
    cuts = quantiles(taken, n=100, method="inclusive")
    yield Measure(name=f"{name}_p50", value=cuts[49], unit="s", note=note)
    yield Measure(name=f"{name}_p95", value=cuts[94], unit="s", note=note)
