"""Ask questions of a Kubernetes network and get computed, explained answers.

Everything in `__all__` is the promise of this package; it is imported when first used, so that
commands which need no model start without one.

Without a workspace, the bundled sample is asked:

>>> from assistant import Assistant, ask
>>> answer = ask("Can staging/web reach the db?", model="rules")
>>> answer.verdict
'deny'
>>> answer.text.splitlines()[0]
'No: `staging/web` cannot reach `shop/db` on 5432/TCP.'
>>> answer.evidence[-1].location.rpartition("/")[2]
'shop-cilium.yaml:135'
>>> answer.to_mermaid().splitlines()[0]
'flowchart TD'

A conversation goes on where its session is named:

>>> assistant = Assistant(model="rules")
>>> first = assistant.ask("Can staging/web reach shop/db on port 5432?")
>>> assistant.ask("and from shop/orders?", session=first.session).verdict
'allow'

What is written was proven before it is shown, and what cannot be computed is declined:

>>> draft = assistant.ask("Only shop/web may reach shop/cart on port 8080").artifacts[0]
>>> draft.kind, draft.verified, all(check.ok for check in draft.checks)
('CiliumNetworkPolicy', True, True)
>>> assistant.ask("Write me a poem about the sea").declined
True

A program that shows progress reads the stream; `Finished` comes last, with the same answer:

>>> import asyncio
>>> async def watch(question):
...     return [type(event).__name__ async for event in assistant.stream(question)]
>>> kinds = asyncio.run(watch("Can staging/web reach the db?"))
>>> kinds[0], kinds[1], kinds[-1]
('ToolStarted', 'ToolFinished', 'Finished')

The tools can be called without any question; what they return is typed, and drawn in a notebook:

>>> from tools import registry
>>> from tools.workspace import Workspace
>>> tools = {spec.name: spec for spec in registry()}
>>> arguments = {"source": "staging/web", "destination": "shop/db", "port": "5432"}
>>> result = tools["can_reach"].call(Workspace.sample(), arguments)
>>> result.allowed, result.verdict
(False, 'deny')
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.agent import Assistant, aask, ask
    from assistant.answer import Answer
    from assistant.errors import AssistantError
    from assistant.events import Event, Finished, Notice, TextDelta, ToolFinished, ToolStarted
    from tools.spec import Evidence

__all__ = [
    "Answer",
    "Assistant",
    "AssistantError",
    "Event",
    "Evidence",
    "Finished",
    "Notice",
    "TextDelta",
    "ToolFinished",
    "ToolStarted",
    "aask",
    "ask",
]

_HOMES = {
    "Answer": "assistant.answer",
    "Assistant": "assistant.agent",
    "AssistantError": "assistant.errors",
    "Evidence": "tools.spec",
    "aask": "assistant.agent",
    "ask": "assistant.agent",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOMES.get(name, "assistant.events")), name)
