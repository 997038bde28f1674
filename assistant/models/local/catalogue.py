"""The models that were measured with this program, each pinned to its bytes."""

from dataclasses import dataclass

__all__ = ["CATALOGUE", "KnownModel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """A GGUF file on the hub."""

    name: str
    repository: str
    file: str
    sha256: str
    size: int
    """Bytes."""
    licence: str
    note: str

    @property
    def path(self) -> str:
        """Return where it lies on the hub."""
        return f"/{self.repository}/resolve/main/{self.file}"


_MODELS = (
    KnownModel(
        name="qwen2.5-coder-0.5b",
        repository="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        size=491_400_064,
        licence="Apache-2.0",
        note="about 0.7 GB of memory, 2 s a reading on one core",
    ),
    KnownModel(
        name="qwen2.5-coder-1.5b",
        repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        size=1_117_320_768,
        licence="Apache-2.0",
        note="about 1.9 GB of memory",
    ),
)
CATALOGUE = {model.name: model for model in _MODELS}
"""By name."""
