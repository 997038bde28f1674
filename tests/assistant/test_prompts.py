from dataclasses import replace

from assistant.prompts import SYSTEM_PROMPT, SYSTEM_PROMPT_VERSION, tools_version
from assistant.turn import CONTROL_TOOLS
from tools import registry


def test_the_prompt_is_short_and_names_every_control_tool() -> None:
    assert len(SYSTEM_PROMPT) < 2000
    assert all(f"`{name}`" in SYSTEM_PROMPT for name in CONTROL_TOOLS)


def test_the_version_is_that_of_the_text() -> None:
    assert len(SYSTEM_PROMPT_VERSION) == 12
    assert set(SYSTEM_PROMPT_VERSION) <= set("0123456789abcdef")


def test_the_version_of_the_tools_changes_with_what_a_model_is_told() -> None:
    specs = registry()
    version = tools_version(specs)
    assert version == tools_version(tuple(reversed(specs)))
    assert version != tools_version((replace(specs[0], description="Other."), *specs[1:]))
