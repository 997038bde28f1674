import re
from pathlib import Path

import pytest

from assistant.errors import NotConfigured
from assistant.models.ladder import climb
from assistant.models.local import files, runtime
from assistant.models.local.grammar import LONGEST_SLOT, build
from assistant.settings import Settings
from tools.workspace import Workspace


@pytest.mark.parametrize(("cores", "count"), [(None, 1), (1, 1), (2, 1), (8, 7)])
def test_one_core_is_left_to_everything_else(
    monkeypatch: pytest.MonkeyPatch, cores: int | None, count: int
) -> None:
    monkeypatch.setattr(runtime.os, "cpu_count", lambda: cores)
    assert runtime.threads() == count


def test_a_grammar_holds_each_line_once_and_nothing_else() -> None:
    text = build({"callers-of": [["web"], ["web"], ["10.0.0.0/8"]], "review": [[]]})
    assert text == 'root ::= " " ("callers-of web" | "callers-of 10.0.0.0/8" | "review") "\\n"'


def test_words_that_would_end_a_string_are_escaped() -> None:
    assert r'"x a\"b\\c"' in build({"x": [['a"b\\c']]})


def test_a_slot_that_is_too_long_or_broken_is_not_offered() -> None:
    text = build({"x": [["a" * (LONGEST_SLOT + 1)], ["a\nb"], ["good"]]})
    assert re.findall(r'"(x [^"]*)"', text) == ["x good"]
    with pytest.raises(ValueError, match="one line at least"):
        build({"x": [["a\nb"]]})


def test_a_file_that_is_no_gguf_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "some.gguf"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(NotConfigured, match="is no GGUF file"):
        files.find_model(str(path), tmp_path)


def test_a_model_of_the_catalogue_is_found_where_it_was_pulled_to(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match=r"no file .*q4_k_m\.gguf") as caught:
        files.find_model("qwen2.5-coder-0.5b", tmp_path)
    assert "netassist models pull qwen2.5-coder-0.5b" in caught.value.hint


def test_without_llama_cpp_it_is_said_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "some.gguf"
    path.write_bytes(b"GGUF")
    monkeypatch.setattr(files, "find_spec", lambda _: None)
    with pytest.raises(NotConfigured, match="`llama-cpp-python` is not installed") as caught:
        files.find_model(str(path), tmp_path)
    assert "netassist[local]" in caught.value.hint


def test_auto_tries_a_local_model_before_the_rules_and_says_what_is_wrong_with_it(
    workspace: Workspace,
) -> None:
    rungs = climb("auto", Settings(local_model="/nowhere.gguf"), workspace, ())
    assert [rung.model for rung in rungs] == ["local:/nowhere.gguf", "rules"]
    assert all(rung.composes for rung in rungs)
