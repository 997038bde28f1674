"""Tokens of Entra, got by the real client from a double of a managed identity's endpoint."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from assistant.agent import Assistant
from assistant.errors import ModelUnavailable, NotConfigured
from assistant.models.ladder import climb
from assistant.settings import Settings
from tools.spec import ToolSpec
from tools.workspace import Workspace

pytestmark = [
    pytest.mark.skipif(find_spec("azure") is None, reason="the extra `entra` is not installed"),
    # The library warns of its own use of a loop's clean-up.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
_RESOURCE = "https://cognitiveservices.azure.com"
QUESTION = "Can frontend reach redis?"
REACH = ("can_reach", {"source": "frontend", "destination": "redis"})


class Identity:
    """The endpoint; its tokens are numbered."""

    def __init__(self, status: int = 200) -> None:
        self.resources: list[str] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                """Stay silent."""

            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                owner.resources += query.get("resource", [])
                token = f"entra-token-{len(owner.resources)}"
                body = {"access_token": token, "expires_on": "4102444800", "resource": _RESOURCE}
                data = json.dumps(body if status == 200 else {"error": "no identity"}).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/token"


@pytest.fixture
def identity(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Identity]:
    made = Identity(getattr(request, "param", 200))
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,))
    thread.start()
    monkeypatch.setenv("IDENTITY_ENDPOINT", made.url)
    monkeypatch.setenv("IDENTITY_HEADER", "x")
    # The other ways to sign in would start programs of this machine.
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


Open = Callable[[str], Assistant]


@pytest.fixture
def open_at(workspace: Workspace, specs: Sequence[ToolSpec], settings: Settings) -> Open:
    def build(url: str) -> Assistant:
        merged = settings.model_dump() | {
            "azure_openai_endpoint": url.removesuffix("/v1"),
            "azure_openai_entra": True,
            "max_retries": 0,
        }
        return Assistant(workspace, model="azure:mine", settings=Settings(**merged), specs=specs)

    return build


async def test_requests_carry_a_token_for_azure_openai(
    double: ModuleType, open_at: Open, identity: Identity
) -> None:
    said = "Yes, frontend can reach redis on port 6379 (net.yaml:12)."
    with double.OpenAIDouble(double.Calls([REACH]), double.Say(said)) as server:
        answer = await open_at(server.url).aask(QUESTION)
    assert answer.verdict == "allow"
    assert answer.model == "azure:mine"
    assert server.keys == ["entra-token-1", "entra-token-1"]
    assert identity.resources == [_RESOURCE]


@pytest.mark.parametrize("identity", [400], indirect=True)
async def test_an_identity_without_a_token_is_said_without_its_details(
    double: ModuleType, open_at: Open, identity: Identity
) -> None:
    with (
        double.OpenAIDouble() as server,
        pytest.raises(ModelUnavailable, match="Entra gave no token") as caught,
    ):
        await open_at(server.url).aask(QUESTION)
    assert "no identity" not in str(caught.value)
    assert not server.requests


def test_a_key_goes_before_an_identity(workspace: Workspace) -> None:
    settings = Settings(azure_openai_api_key="k", azure_openai_entra=True)
    assert not settings.uses_entra
    with pytest.raises(NotConfigured, match="AZURE_OPENAI_ENDPOINT"):
        climb("azure:mine", settings, workspace, ())
