import pytest

from assistant.models.rules.language import is_english


@pytest.mark.parametrize(
    "text",
    [
        "can web reach the db?",
        "web -> db",
        "who can talk to caf\u00e9-service",
        "prod/web prod/api",
        "is die-service reachable from web",
    ],
)
def test_english_and_bare_names_are_understood(text: str) -> None:
    assert is_english(text)


@pytest.mark.parametrize(
    "text",
    [
        "Kann web die Datenbank erreichen?",
        "Est-ce que le web peut joindre la base ?",
        "\u00bfPuede el web acceder a la base de datos?",
        "\u524d\u7aef\u53ef\u4ee5\u8bbf\u95ee\u6570\u636e\u5e93\u5417",
        "\u041c\u043e\u0436\u0435\u0442 \u043b\u0438 web",
        "Kan web de database bereiken en waarom niet?",
    ],
)
def test_other_languages_are_noticed(text: str) -> None:
    assert not is_english(text)
