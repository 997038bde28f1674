"""The hosted tier: OpenAI, Azure OpenAI, and every server that speaks the same interface."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import openai
from langchain_core.exceptions import ContextOverflowError, LangChainException
from langchain_core.language_models import BaseChatModel
from langchain_openai import AzureChatOpenAI, ChatOpenAI
from pydantic import SecretStr

from assistant.settings import Settings

try:
    import httpx2 as httpx
except ImportError:  # openai before 3.50 speaks through httpx
    import httpx  # type: ignore[no-redef]

__all__ = ["FAILURES", "describe_failure", "is_too_long", "open_azure", "open_openai"]

_AZURE_SCOPE = "https://cognitiveservices.azure.com/.default"

FAILURES: tuple[type[Exception], ...] = (
    openai.OpenAIError,
    httpx.HTTPError,
    LangChainException,
    OSError,
    TimeoutError,
    # What the client libraries raise on an answer that has not the form of the interface.
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
)
"""What a call to a hosted model may fail with; none of them is ours to repair."""

# On Python 3.11 the library's own bound (`asyncio.wait_for`) may swallow a cancellation; the
# client's read timeout and the turn's own bound do its work.
_PATIENCE: dict[str, Any] = (
    {"stream_chunk_timeout": None} if "stream_chunk_timeout" in ChatOpenAI.model_fields else {}
)


@asynccontextmanager
async def open_openai(name: str, settings: Settings) -> AsyncIterator[BaseChatModel]:
    """Open the model `name` at OpenAI, or at the compatible endpoint that is set."""
    # A server of one's own often wants no key, but the client wants a word to send.
    key = settings.openai_api_key or SecretStr("none")
    async with openai.DefaultAsyncHttpxClient() as client:
        yield ChatOpenAI(
            model=name,
            api_key=key,
            base_url=settings.openai_base_url or None,
            **_PATIENCE,
            timeout=settings.request_timeout,
            max_retries=settings.max_retries,
            temperature=settings.temperature,
            stream_usage=True,
            # Compatible servers speak chat completions; at OpenAI the library chooses by model.
            use_responses_api=False if settings.openai_base_url else None,
            # The library's own client is shared and outlives the event loop of `ask()`.
            http_async_client=client,
        )


class EntraFailure(OSError):
    """Entra gave no token."""


@asynccontextmanager
async def _entra_tokens(wanted: bool) -> AsyncIterator[dict[str, Any]]:
    """Yield what gives the client a fresh token for each request; nothing if none are wanted."""
    if not wanted:
        yield {}
        return
    # Only in the extra `entra`.
    from azure.core.exceptions import AzureError
    from azure.identity.aio import DefaultAzureCredential, get_bearer_token_provider

    async with DefaultAzureCredential() as credential:
        give = get_bearer_token_provider(credential, _AZURE_SCOPE)

        async def provide() -> str:
            try:
                return str(await give())
            except AzureError as error:
                # Its text names tenants and identities.
                raise EntraFailure(type(error).__name__) from None

        yield {"azure_ad_async_token_provider": provide, "azure_ad_token_provider": str}


@asynccontextmanager
async def open_azure(deployment: str, settings: Settings) -> AsyncIterator[BaseChatModel]:
    """Open a deployment at Azure OpenAI, by key, by Entra token, or by Entra identity."""
    async with (
        openai.DefaultAsyncHttpxClient() as client,
        _entra_tokens(settings.uses_entra) as tokens,
    ):
        yield AzureChatOpenAI(
            **tokens,
            azure_deployment=deployment,
            azure_endpoint=settings.azure_openai_endpoint,
            api_version=settings.azure_openai_api_version,
            api_key=settings.azure_openai_api_key,
            azure_ad_token=settings.azure_openai_ad_token,
            **_PATIENCE,
            timeout=settings.request_timeout,
            max_retries=settings.max_retries,
            temperature=settings.temperature,
            stream_usage=True,
            http_async_client=client,
        )


_TOO_LONG = re.compile(
    r"context[_ ](?:length|window|size)|maximum context|exceeds?.{0,40}\bcontext\b|"
    r"prompt is too long|too many tokens|input is too long|n_ctx",
    re.IGNORECASE,
)


def is_too_long(error: BaseException) -> bool:
    """Return whether a server refused a conversation for its length, and would take a shorter."""
    if isinstance(error, ContextOverflowError):
        return True
    if not isinstance(error, openai.APIStatusError):
        return False
    if error.status_code == 413:
        return True
    code = str(error.code or "")
    return error.status_code in (400, 422, 500) and bool(_TOO_LONG.search(f"{code} {error}"))


def describe_failure(error: BaseException) -> str:
    """Say in a few words of our own what went wrong.

    Nothing of the server's answer is repeated: it may hold parts of the key or of the question.
    """
    if isinstance(error, openai.APITimeoutError | TimeoutError | httpx.TimeoutException):
        return "it did not answer in time"
    if is_too_long(error):
        return "the conversation is too long for it"
    if isinstance(error, EntraFailure):
        return "Entra gave no token for it; sign in with `az login`, or check the identity's role"
    if isinstance(error, openai.APIStatusError):
        return _describe_status(error.status_code)
    if isinstance(error, openai.APIConnectionError):
        return "the connection to it failed"
    if isinstance(error, httpx.HTTPError | OSError):
        return "the connection to it was lost"
    if isinstance(error, openai.APIError):
        return "it reported an error in the middle of the answer"
    return "its answer did not have the form of the interface"


def _describe_status(status: int) -> str:
    known = {
        400: "it refused the request (400)",
        401: "it refused the key (401); set OPENAI_API_KEY anew",
        403: "it refused access (403)",
        404: "it knows no such model, or the address is wrong (404)",
        413: "the conversation is too long for it (413)",
        422: "it refused the request (422)",
        429: "its rate or budget limit is reached (429)",
    }
    if status >= 500:
        return f"it failed by itself ({status})"
    return known.get(status, f"it refused the request ({status})")
