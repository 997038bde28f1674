"""Settings: read once, at the top; the only reader of the environment.

Order: arguments > environment > configuration file > default. The file is the one named by
`NETASSIST_CONFIG`, or else `config.toml`, `config.yaml` or `config.yml` in the user's
configuration folder. It may hold any field of `Settings`, and nothing else.
"""

import getpass
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any

import platformdirs
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from assistant.errors import NotConfigured

__all__ = ["Settings"]

_NAMES = ("config.toml", "config.yaml", "config.yml")
_PREFIX = "NETASSIST_"


def _state_folder() -> Path:
    return Path(platformdirs.user_state_dir("netassist", appauthor=False))


def _cache_folder() -> Path:
    return Path(platformdirs.user_cache_dir("netassist", appauthor=False))


def _data_folder() -> Path:
    return Path(platformdirs.user_data_dir("netassist", appauthor=False))


def _library() -> Path:
    return _data_folder() / "library.sqlite3"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _named(field: str, *usual: str) -> AliasChoices:
    """Return the names under which a provider's setting is found: ours, then the usual ones."""
    return AliasChoices(f"{_PREFIX}{field.upper()}", *usual, field)


class Settings(BaseSettings):
    """Everything that may be set, with its default.

    Raises:
        NotConfigured: The configuration file cannot be read or holds a field that does not
            exist, or a value (of any origin) is not valid.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    workspace: Annotated[tuple[str, ...], NoDecode] = ()
    """Paths of network files, in the environment joined by the system's path separator; none: the
    bundled sample."""
    model: str = "auto"
    """Which model answers: `auto`, `rules`, `local:PATH`, `openai:NAME` or `azure:DEPLOYMENT`."""
    request_timeout: float = Field(default=60.0, gt=0)
    """Seconds to wait for a hosted model's next bytes."""
    turn_timeout: float = Field(default=300.0, gt=0)
    """Seconds that one question may take on one model, tools included."""
    max_retries: int = Field(default=2, ge=0, le=10)
    """How often a request to a hosted model is repeated after 429, 5xx or a lost connection."""
    max_steps: int = Field(default=12, ge=1, le=100)
    """How often a model may be called for one question."""
    turn_tokens: int = Field(default=0, ge=0)
    """Tokens that one question may take on a hosted model; 0: no bound."""
    turn_cost: float = Field(default=0.0, ge=0)
    """US dollars that one question may cost on a hosted model with a price; 0: no bound."""
    prices: dict[str, tuple[float, float]] = Field(default_factory=dict)
    """US dollars for a million tokens in and out, by the name of a model or deployment, as in
    `{"gpt-4.1-mini": [0.4, 1.6]}`; with a price, answers tell their cost."""
    context_tokens: int = Field(default=0, ge=0)
    """Tokens that a hosted model reads; 0: unknown, then its refusal tells."""
    max_tools: int = Field(default=16, ge=0)
    """Tools that a hosted model is offered for a question, the nearest to it; 0: all."""
    pseudonymise: bool = False
    """Whether hosted models are told stand-ins for the names of the network."""
    cache_dir: Path = Field(default_factory=_cache_folder)
    """Folder for what can be computed again, such as the index of the knowledge."""
    state_dir: Path = Field(default_factory=_state_folder)
    """Folder for what cannot be computed again, such as sessions."""
    library: Path = Field(default_factory=_library)
    """File that holds the runbooks added with `netassist knowledge add`."""
    knowledge_server: str = ""
    """Address of a Chroma server, `http://host:8000`, that keeps the vectors of articles and
    runbooks; empty: the cache folder."""
    knowledge_token: SecretStr | None = None
    """Sent to that server as `X-Chroma-Token`."""
    book: str = ""
    """Address book: a file, or a URL `postgresql://...`; empty: a file in the data folder."""
    user: str = Field(default_factory=_user)
    """Who is said to make changes to the address book."""
    sessions: str = ""
    """Where sessions are kept: a file, or a URL `postgresql://...`; empty: a file in the state
    folder."""
    keep_sessions: bool = True
    """Whether questions and answers are kept on disk, so that a session can be resumed."""
    otel: bool = False
    """Whether spans are sent by OpenTelemetry, to where its own variables say (extra `otel`)."""
    no_color: bool = Field(default=False, validation_alias=_named("no_color", "NO_COLOR"))
    """Whether output is plain."""
    editor: str = Field(default="vi", validation_alias=_named("editor", "VISUAL", "EDITOR"))
    """Program that a long question is written in."""
    keymap: dict[str, str] = Field(default_factory=dict)
    """Keys of the chat by the name of what they do, such as `chat.new: ctrl+t`."""
    local_model: str = ""
    """GGUF in process that `auto` uses after a hosted model: a path, or a pulled one's name."""
    local_timeout: float = Field(default=30.0, gt=0)
    """Seconds that a local model may take for one reading; then the rules answer."""
    local_threads: int = Field(default=0, ge=0, le=256)
    """Threads of a local model; 0: all cores but one."""
    models_dir: Path = Field(default_factory=lambda: _data_folder() / "models")
    """Folder of pulled models."""
    models_url: str = "https://huggingface.co"
    """Hub, or a mirror of it, from which models are pulled."""
    temperature: float | None = Field(default=None, ge=0, le=2)
    """Temperature for hosted models; none is sent by default, as some models accept none."""

    slack_bot_token: SecretStr | None = None
    """Token of the Slack bot, `xoxb-...`."""
    slack_app_token: SecretStr | None = None
    """Token that opens a socket to Slack, `xapp-...`; without it, Slack must reach the bot."""
    slack_signing_secret: SecretStr | None = None
    """Proves that a request over HTTP comes from Slack."""
    slack_url: str = "https://slack.com/api/"
    """Slack's interface; another one for GovSlack, or behind a proxy."""
    slack_users: tuple[str, ...] = ()
    """Who may ask, by Slack's ids; empty: everyone."""
    slack_channels: tuple[str, ...] = ()
    """Channels in which questions are answered; empty: all; direct messages always are."""
    slack_workspaces: dict[str, str] = Field(default_factory=dict)
    """Path of the network that a channel asks about, by the channel's id."""
    slack_per_minute: int = Field(default=20, ge=1)
    """Questions of one person in a minute."""

    openai_api_key: SecretStr | None = Field(
        default=None, validation_alias=_named("openai_api_key", "OPENAI_API_KEY")
    )
    """Key of OpenAI or of a compatible endpoint."""
    openai_base_url: str = Field(
        default="",
        validation_alias=_named("openai_base_url", "OPENAI_BASE_URL", "OPENAI_API_BASE"),
    )
    """Address of a compatible endpoint, up to and with `/v1`; empty: OpenAI's own."""
    openai_model: str = Field(
        default="gpt-4.1-mini", validation_alias=_named("openai_model", "OPENAI_MODEL")
    )
    """Model that `auto` uses at OpenAI or a compatible endpoint."""
    azure_openai_api_key: SecretStr | None = Field(
        default=None, validation_alias=_named("azure_openai_api_key", "AZURE_OPENAI_API_KEY")
    )
    """Key of an Azure OpenAI resource."""
    azure_openai_ad_token: SecretStr | None = Field(
        default=None, validation_alias=_named("azure_openai_ad_token", "AZURE_OPENAI_AD_TOKEN")
    )
    """Entra token for an Azure OpenAI resource, in place of a key."""
    azure_openai_entra: bool = False
    """Whether tokens are got from Entra, by the identity that is signed in (`az login`, a managed
    or a workload identity); needs the extra `entra`."""
    azure_openai_endpoint: str = Field(
        default="", validation_alias=_named("azure_openai_endpoint", "AZURE_OPENAI_ENDPOINT")
    )
    """Address of an Azure OpenAI resource, such as `https://NAME.openai.azure.com`."""
    azure_openai_api_version: str = Field(
        default="2024-10-21",
        validation_alias=_named(
            "azure_openai_api_version", "AZURE_OPENAI_API_VERSION", "OPENAI_API_VERSION"
        ),
    )
    """Version of the Azure OpenAI interface."""
    azure_openai_deployment: str = Field(
        default="",
        validation_alias=_named(
            "azure_openai_deployment", "AZURE_OPENAI_DEPLOYMENT", "AZURE_OPENAI_DEPLOYMENT_NAME"
        ),
    )
    """Deployment that `auto` uses at Azure OpenAI."""

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            fault = error.errors(include_input=False, include_url=False)[0]
            name = ".".join(str(part) for part in fault["loc"])
            message = f"The setting `{name}` is not valid: {fault['msg']}."
            hint = "Correct it in the environment or in the configuration file."
            raise NotConfigured(message, hint=hint) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the configuration file below the environment; read no `.env` of a strange folder."""
        values = _read_file(_find_file(), known=frozenset(cls.model_fields))
        return init_settings, env_settings, InitSettingsSource(settings_cls, init_kwargs=values)

    @field_validator("workspace", mode="before")
    @classmethod
    def _split_paths(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part for part in value.split(os.pathsep) if part)
        return value

    @field_validator("no_color", mode="before")
    @classmethod
    def _read_any_value(cls, value: Any) -> Any:
        """Read NO_COLOR as its convention says: any value but an empty one counts."""
        return bool(value) if isinstance(value, str) else value

    @property
    def hosted_is_configured(self) -> bool:
        """Return whether `auto` has a hosted model to begin with."""
        return bool(self.openai_api_key or self.openai_base_url or self.azure_is_configured)

    @property
    def azure_is_configured(self) -> bool:
        """Return whether `auto` has an Azure OpenAI deployment to begin with."""
        place = self.azure_openai_endpoint and self.azure_openai_deployment
        return bool(self.has_azure_credential and place)

    @property
    def has_azure_credential(self) -> bool:
        """Return whether there is a key, a token, or an identity for Azure OpenAI."""
        return bool(
            self.azure_openai_api_key or self.azure_openai_ad_token or self.azure_openai_entra
        )

    @property
    def uses_entra(self) -> bool:
        """Return whether tokens are got from Entra, as there is neither key nor token."""
        given = self.azure_openai_api_key or self.azure_openai_ad_token
        return self.azure_openai_entra and not given

    def secrets(self) -> tuple[str, ...]:
        """Return every secret value, so that it can be kept out of texts."""
        fields = (
            self.openai_api_key, self.azure_openai_api_key, self.azure_openai_ad_token,
            self.slack_bot_token, self.slack_app_token, self.slack_signing_secret,
        )  # fmt: skip
        return tuple(field.get_secret_value() for field in fields if field is not None)


def _find_file() -> Path | None:
    named = os.environ.get(f"{_PREFIX}CONFIG", "")
    if named:
        if not Path(named).is_file():
            message = f"The configuration file `{named}` does not exist."
            raise NotConfigured(message, hint="Name a file in TOML or YAML.")
        return Path(named)
    folder = Path(platformdirs.user_config_dir("netassist", appauthor=False))
    return next((path for name in _NAMES if (path := folder / name).is_file()), None)


def _read_file(path: Path | None, *, known: frozenset[str]) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text) if path.suffix == ".toml" else _read_yaml(text)
    except (OSError, ValueError) as error:
        message = f"The configuration file `{path}` cannot be read: {_first_line(error)}."
        raise NotConfigured(message, hint="Correct the file, or move it away.") from None
    unknown = sorted(set(values) - known)
    if unknown:
        message = f"The configuration file `{path}` holds `{unknown[0]}`, which is no setting."
        raise NotConfigured(message, hint=f"The settings are: {', '.join(sorted(known))}.")
    return values


def _read_yaml(text: str) -> dict[str, Any]:
    import yaml

    try:
        values = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        message = "it holds no mapping of settings"
        raise ValueError(message)
    return values


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
