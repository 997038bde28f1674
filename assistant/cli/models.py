"""The commands about models in process: `netassist models list|pull|check`."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from assistant.cli import exit_codes
from assistant.cli.opening import JsonFlag
from assistant.cli.render import Output

if TYPE_CHECKING:
    from assistant.models.local.catalogue import KnownModel
    from assistant.models.local.fetch import Progress
    from assistant.settings import Settings

__all__ = ["models"]

models = typer.Typer(
    name="models",
    help="Models that run in process, without a network (needs the extra `local`).",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Sha256 = Annotated[str, typer.Option("--sha256", metavar="HEX", help="What the file must hash to.")]


def list_models(context: typer.Context, as_json: JsonFlag = False) -> None:
    """List the models that can be pulled, and which of them are here.

    Examples:
      netassist models list
    """
    from assistant.models.local.catalogue import CATALOGUE
    from assistant.settings import Settings

    output: Output = context.obj
    settings = Settings()
    rows = [_describe(model, settings) for model in CATALOGUE.values()]
    if as_json:
        output.write_json({"folder": str(settings.models_dir), "models": rows})
        return
    lines = [
        f"- `{row['name']}`: {row['size'] / 1e6:,.0f} MB, {row['licence']}, {row['note']}; "
        + (f"here: `{row['path']}`" if row["here"] else "not here")
        for row in rows
    ]
    lines += ["", "Any other GGUF file can be used by its path: `--model local:/models/some.gguf`."]
    output.write_markdown("\n".join(lines))


def pull(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME|URL", help="One of `models list`, or an address.")
    ],
    sha256: Sha256 = "",
    as_json: JsonFlag = False,
) -> None:
    """Fetch a model and keep it if its hash is right; what broke off is gone on with.

    A file that is here already needs no network. An address needs --sha256.

    Examples:
      netassist models pull qwen2.5-coder-0.5b
      netassist models pull https://hub.example/some.gguf --sha256 1d96...
    """
    from assistant.models.local.fetch import pull as fetch
    from assistant.settings import Settings

    output: Output = context.obj
    settings = Settings()
    url, file, pinned = _locate(name, sha256, settings)
    target = settings.models_dir / file
    with _progress(output, f"Pulling {file}") as progress:
        fetched = fetch(url, target, sha256=pinned, progress=progress)
    if as_json:
        output.write_json({"path": str(target), "sha256": pinned, "fetched": fetched})
        return
    state = "Pulled" if fetched else "Here already"
    called = target if "://" in name else name
    output.write_markdown(f"{state}: `{target}`. Use it with `--model local:{called}`.")


def check(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME|PATH", help="A model that was pulled, or a GGUF file.")
    ],
    sha256: Sha256 = "",
    as_json: JsonFlag = False,
) -> None:
    """Verify the hash of a model, load it, and time it.

    Exits with 1 if the hash is another one, 3 if the file or llama.cpp is missing, 4 if the file
    cannot be loaded.

    Examples:
      netassist models check qwen2.5-coder-0.5b
      netassist models check /models/some.gguf --json
    """
    from assistant.errors import ModelUnavailable
    from assistant.models.local.catalogue import CATALOGUE
    from assistant.models.local.fetch import hash_file
    from assistant.models.local.files import find_model
    from assistant.models.local.runtime import LlamaFile, LocalFailure, threads
    from assistant.settings import Settings

    output: Output = context.obj
    settings = Settings()
    path = find_model(name, settings.models_dir)
    wanted = sha256.lower() or (CATALOGUE[name].sha256 if name in CATALOGUE else "")
    with _progress(output, f"Hashing {path.name}") as progress:
        found = hash_file(path, progress)
    if wanted and found != wanted:
        text = f"`{path}` is another file: its sha256 is {found}, not {wanted}. Pull it again."
        if as_json:
            output.write_json({"path": str(path), "sha256": found, "verified": False})
        else:
            output.write_markdown(text)
        raise typer.Exit(exit_codes.NO)
    count = settings.local_threads or threads()
    model = LlamaFile(path, seconds=settings.local_timeout, threads=count)
    try:
        with output.working("Loading and timing"):
            loaded, read, written = model.measure()
    except LocalFailure as error:
        message = f"`{path}` cannot be used: {error}."
        raise ModelUnavailable(message, hint="Pull it again, or raise the bounds.") from error
    finally:
        model.close()
    found_row = {
        "path": str(path), "sha256": found, "verified": bool(wanted), "threads": count,
        "load_seconds": round(loaded, 2), "read_tokens_per_second": round(read, 1),
        "write_tokens_per_second": round(written, 1),
    }  # fmt: skip
    if as_json:
        output.write_json(found_row)
        return
    state = "is the pinned one" if wanted else "is pinned nowhere, so nothing says whose file it is"
    output.write_markdown(
        f"`{path}` works.\n\n- sha256: `{found}` ({state})\n- loaded in {loaded:.2f} s; reads "
        f"{read:.0f} and writes {written:.0f} tokens a second with {count} thread(s)"
    )


def _describe(model: "KnownModel", settings: "Settings") -> dict[str, Any]:
    path = settings.models_dir / model.file
    return {
        "name": model.name, "size": model.size, "sha256": model.sha256, "licence": model.licence,
        "note": model.note, "path": str(path), "here": path.is_file(),
        "url": settings.models_url.rstrip("/") + model.path,
    }  # fmt: skip


def _locate(name: str, sha256: str, settings: "Settings") -> tuple[str, str, str]:
    """Return address, name of the file, and hash of what shall be pulled."""
    from assistant.models.local.catalogue import CATALOGUE

    if known := CATALOGUE.get(name):
        return settings.models_url.rstrip("/") + known.path, known.file, known.sha256
    if "://" not in name:
        message = f"there is no model `{name}`; those that are known: {', '.join(CATALOGUE)}"
        raise typer.BadParameter(message)
    pinned = sha256.lower()
    if len(pinned) != 64 or set(pinned) - set("0123456789abcdef"):
        message = "an address needs --sha256 with 64 hexadecimal digits, so that it is that file"
        raise typer.BadParameter(message)
    return name, Path(urlsplit(name).path).name or "model.gguf", pinned


@contextmanager
def _progress(output: Output, text: str) -> "Iterator[Progress]":
    """Show a bar on a terminal, and nothing elsewhere."""
    bar = output.progress()
    if bar is None:
        yield lambda *_: None
        return
    with bar:
        task = bar.add_task(text, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


def _add(name: str, command: Callable[..., None]) -> None:
    text = inspect.getdoc(command) or ""
    models.command(name, help=text.replace("Examples:\n", "\b\nExamples:\n"))(command)


for _name, _command in (("list", list_models), ("pull", pull), ("check", check)):
    _add(_name, _command)
