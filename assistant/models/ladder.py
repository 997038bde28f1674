"""The ladder of models: which may answer, in which order, and what counts as a fall.

auto               hosted if one is configured, then local if one is, then rules; falls on failure
rules              the rules tier alone
local:PATH         a GGUF file in process (or the name of one that was pulled); falls to rules
openai:NAME        a model at OpenAI, or at the endpoint in OPENAI_BASE_URL
azure:DEPLOYMENT   a deployment at Azure OpenAI
PLUGIN:NAME        a model that an installed package brings along (assistant.models.plugins)
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from assistant.errors import NotConfigured
from assistant.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.language_models import BaseChatModel

    from tools.spec import ToolSpec
    from tools.workspace import Workspace

__all__ = ["Rung", "Tier", "TierFailure", "climb"]

Tier = Literal["hosted", "local", "rules"]

_OURS: dict[str, Tier] = {"netassist-rules": "rules", "netassist-local": "local"}
_FORMS = "`auto`, `rules`, `local:PATH`, `openai:NAME` or `azure:DEPLOYMENT`"


class TierFailure(Exception):
    """A model that could not answer; the next one may. Its text is fit to be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One model that may answer, opened only when its turn comes and closed after it."""

    tier: Tier
    model: str
    """How the model is named in the answer, such as `openai:gpt-4.1-mini`."""
    open: "Callable[[], AbstractAsyncContextManager[BaseChatModel]]"

    @property
    def composes(self) -> bool:
        """Return whether its texts are put together by code of ours, out of results alone."""
        return self.tier != "hosted"


def climb(
    model: "str | BaseChatModel",
    settings: Settings,
    workspace: "Workspace",
    specs: "tuple[ToolSpec, ...]",
) -> tuple[Rung, ...]:
    """Return the models to try, best first.

    Args:
        model: A model string as above, or a chat model (which is used as it is, and checked like
            a hosted one unless it is a RulesModel).
        settings: Where keys and addresses are read from.
        workspace: What the rules tier knows names from.
        specs: The tools that the rules tier may call.

    Raises:
        NotConfigured: The string has no such form, or what it names needs a setting.
    """
    if not isinstance(model, str):
        return (_as_given(model),)
    if model == "auto":
        return (
            *_hosted(settings),
            *_local_if_set(settings, workspace, specs),
            _rules(workspace, specs),
        )
    if model == "rules":
        return (_rules(workspace, specs),)
    prefix, _, name = model.partition(":")
    if not name:
        message = f"`{model}` is no model."
        raise NotConfigured(message, hint=f"Name one of {_FORMS}.")
    if prefix == "openai":
        return (_openai(name, settings),)
    if prefix == "azure":
        return (_azure(name, settings),)
    if prefix == "local":
        from assistant.models.local.files import find_model

        path = find_model(name, settings.models_dir)
        return (_local(path, settings, workspace, specs), _rules(workspace, specs))
    return (_plugged(prefix, name, settings),)


def _as_given(model: "BaseChatModel") -> Rung:
    tier = _OURS.get(model._llm_type, "hosted")
    name = str(getattr(model, "model_name", "") or model._llm_type)

    @asynccontextmanager
    async def give() -> "AsyncIterator[BaseChatModel]":
        yield model

    return Rung(tier=tier, model=name, open=give)


def _hosted(settings: Settings) -> tuple[Rung, ...]:
    """Return the hosted model that `auto` begins with, if one is configured."""
    if settings.openai_api_key or settings.openai_base_url:
        return (_openai(settings.openai_model, settings),)
    if settings.azure_is_configured:
        return (_azure(settings.azure_openai_deployment, settings),)
    return ()


def _openai(name: str, settings: Settings) -> Rung:
    if not settings.openai_api_key and not settings.openai_base_url:
        message = f"`openai:{name}` needs a key."
        hint = "Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server that needs none."
        raise NotConfigured(message, hint=hint)

    def enter() -> "AbstractAsyncContextManager[BaseChatModel]":
        from assistant.models.hosted import open_openai

        return open_openai(name, settings)

    return Rung(tier="hosted", model=f"openai:{name}", open=enter)


def _has_entra() -> bool:
    try:
        return find_spec("azure.identity") is not None
    except ModuleNotFoundError:
        return False


def _azure(name: str, settings: Settings) -> Rung:
    missing = []
    if not settings.azure_openai_endpoint:
        missing.append("AZURE_OPENAI_ENDPOINT")
    if not settings.has_azure_credential:
        missing.append(
            "AZURE_OPENAI_API_KEY (or AZURE_OPENAI_AD_TOKEN, or NETASSIST_AZURE_OPENAI_ENTRA=true)"
        )
    if missing:
        message = f"`azure:{name}` needs more settings."
        raise NotConfigured(message, hint=f"Set {' and '.join(missing)}.")

    if settings.uses_entra and not _has_entra():
        message = f"`azure:{name}` needs `azure-identity` for tokens of Entra."
        raise NotConfigured(message, hint="Install it with `pip install 'netassist[entra]'`.")

    def enter() -> "AbstractAsyncContextManager[BaseChatModel]":
        from assistant.models.hosted import open_azure

        return open_azure(name, settings)

    return Rung(tier="hosted", model=f"azure:{name}", open=enter)


def _plugged(prefix: str, name: str, settings: Settings) -> Rung:
    from assistant.models.plugins import open_plugged, plugged_names

    known = plugged_names()
    if prefix not in known:
        message = f"`{prefix}:{name}` is no model: there is no `{prefix}:`."
        more = f" Plugins bring {', '.join(f'`{one}:`' for one in known)}." if known else ""
        raise NotConfigured(message, hint=f"Name one of {_FORMS}.{more}")
    enter = open_plugged(prefix, name, settings)
    return Rung(tier="hosted", model=f"{prefix}:{name}", open=enter)


def _local_if_set(
    settings: Settings, workspace: "Workspace", specs: "tuple[ToolSpec, ...]"
) -> tuple[Rung, ...]:
    """Return the local model that `auto` uses; what is wrong with it is said when it is tried."""
    if not settings.local_model:
        return ()
    from assistant.models.local.files import find_model

    try:
        path = find_model(settings.local_model, settings.models_dir)
    except NotConfigured as error:
        return (_fallen(f"local:{settings.local_model}", error.message),)
    return (_local(path, settings, workspace, specs),)


def _fallen(model: str, message: str) -> Rung:
    @asynccontextmanager
    async def fail() -> "AsyncIterator[BaseChatModel]":
        raise TierFailure(message[:1].lower() + message[1:].rstrip("."))
        yield

    return Rung(tier="local", model=model, open=fail)


def _local(
    path: "Path", settings: Settings, workspace: "Workspace", specs: "tuple[ToolSpec, ...]"
) -> Rung:
    made: list[BaseChatModel] = []

    @asynccontextmanager
    async def make() -> "AsyncIterator[BaseChatModel]":
        from assistant.models.local.model import LocalModel
        from assistant.models.local.runtime import LlamaFile

        if not made:
            # Kept: to load the file takes seconds, and it is loaded when it is first needed.
            file = LlamaFile(path, seconds=settings.local_timeout, threads=settings.local_threads)
            name = f"local:{path.stem}"
            made.append(
                LocalModel(workspace=workspace, specs=specs, generator=file, model_name=name)
            )
        yield made[0]

    return Rung(tier="local", model=f"local:{path.stem}", open=make)


def _rules(workspace: "Workspace", specs: "tuple[ToolSpec, ...]") -> Rung:
    made: list[BaseChatModel] = []

    @asynccontextmanager
    async def make() -> "AsyncIterator[BaseChatModel]":
        from assistant.models.rules import RulesModel

        if not made:
            # Kept, as it learns the workspace's names when it is made.
            made.append(RulesModel(workspace=workspace, specs=specs))
        yield made[0]

    return Rung(tier="rules", model="rules", open=make)
