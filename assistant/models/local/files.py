"""Where models in process lie: a file by path, or one that was pulled by its name."""

from importlib.util import find_spec
from pathlib import Path

from assistant.errors import NotConfigured
from assistant.models.local.catalogue import CATALOGUE

__all__ = ["find_model", "is_gguf", "require_runtime"]

_MAGIC = b"GGUF"


def find_model(name: str, folder: Path) -> Path:
    """Return the file that `local:NAME` means.

    Args:
        name: A path, or the name of a model of the catalogue.
        folder: Where pulled models lie.

    Raises:
        NotConfigured: There is no such file, it is no GGUF, or nothing here can run it.
    """
    known = CATALOGUE.get(name)
    path = folder / known.file if known else Path(name).expanduser()
    if not path.is_file():
        message = f"The local model `{name}` cannot be used: there is no file `{path}`."
        hint = f"Pull it with `netassist models pull {name}`." if known else _hint()
        raise NotConfigured(message, hint=hint)
    if not is_gguf(path):
        message = f"The local model `{name}` cannot be used: `{path.name}` is no GGUF file."
        raise NotConfigured(message, hint=_hint())
    require_runtime()
    return path


def require_runtime() -> None:
    """Make sure that llama.cpp is installed.

    Raises:
        NotConfigured: It is not.
    """
    if find_spec("llama_cpp") is None:
        raise NotConfigured(
            "Local models cannot be used: `llama-cpp-python` is not installed.",
            hint="Install it with `pip install 'netassist[local]'` (it is compiled, which takes "
            "some minutes), or use `--model rules`.",
        )


def is_gguf(path: Path) -> bool:
    """Return whether a file begins as a GGUF does."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def _hint() -> str:
    return "Name a GGUF file, as in `local:/models/some.gguf`, or one of `netassist models list`."
