from pathlib import Path

import pytest

from assistant.errors import NotConfigured
from assistant.settings import Settings


def write(home: Path, name: str, text: str) -> Path:
    path = home / ".config" / "netassist" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_defaults_need_nothing(private_home: Path) -> None:
    settings = Settings()
    assert settings.model == "auto"
    assert settings.workspace == ()
    assert not settings.hosted_is_configured
    assert settings.state_dir.is_relative_to(private_home)
    assert settings.cache_dir.is_relative_to(private_home)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.toml", 'model = "rules"\nmax_steps = 3\nworkspace = ["a", "b"]\n'),
        ("config.yaml", "model: rules\nmax_steps: 3\nworkspace: [a, b]\n"),
    ],
)
def test_the_file_is_read_and_the_environment_wins(
    private_home: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    write(private_home, name, text)
    monkeypatch.setenv("NETASSIST_MAX_STEPS", "5")
    settings = Settings()
    assert (settings.model, settings.max_steps) == ("rules", 5)
    assert settings.workspace == ("a", "b")
    assert Settings(max_steps=7).max_steps == 7


def test_a_file_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "other.toml"
    path.write_text('model = "rules"')
    monkeypatch.setenv("NETASSIST_CONFIG", str(path))
    assert Settings().model == "rules"
    path.unlink()
    with pytest.raises(NotConfigured, match="does not exist"):
        Settings()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("modle: rules\n", "`modle`, which is no setting"),
        ("- model\n", "no mapping"),
        ("model: [\n", "cannot be read"),
        ("max_steps: 0\n", "`max_steps` is not valid"),
        ("max_steps: many\n", "`max_steps` is not valid"),
    ],
)
def test_a_file_with_a_fault_is_named_with_it(private_home: Path, text: str, words: str) -> None:
    write(private_home, "config.yaml", text)
    with pytest.raises(NotConfigured) as caught:
        Settings()
    assert words in str(caught.value)


def test_providers_keep_their_usual_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost/v1")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "az-1")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://a.test")
    monkeypatch.setenv("AZURE_OPENAI_DEPLOYMENT", "chat")
    settings = Settings()
    assert settings.secrets() == ("sk-1", "az-1")
    assert settings.openai_base_url == "http://localhost/v1"
    assert settings.azure_is_configured
    monkeypatch.setenv("NETASSIST_OPENAI_API_KEY", "sk-2")
    assert Settings().secrets()[0] == "sk-2"


def test_an_empty_variable_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "")
    monkeypatch.setenv("NETASSIST_MODEL", "")
    assert Settings().openai_api_key is None
    assert Settings().model == "auto"


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    settings = Settings()
    assert "sk-secret" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_paths_in_the_environment_are_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETASSIST_WORKSPACE", "one.yaml:two")
    assert Settings().workspace == ("one.yaml", "two")


@pytest.mark.parametrize(("value", "plain"), [("1", True), ("yes please", True), ("", False)])
def test_no_color_is_read_by_its_convention(
    monkeypatch: pytest.MonkeyPatch, value: str, plain: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", value)
    assert Settings().no_color is plain
