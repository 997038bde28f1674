"""A request as the strict reader takes it: whole, or not at all."""

from tools.intents.asides import explains, only_tells
from tools.intents.clause_reading import read_clauses
from tools.intents.meanings import Meaning, prepare, sentences_of, set_aside
from tools.intents.mesh import has_mesh, read_mesh
from tools.intents.shapes import Shape
from topology.names import NameIndex

__all__ = ["read_strictly"]


def read_strictly(index: NameIndex, request: str) -> Meaning | None:
    """Read a request; None where some word of it has no place in the grammar.

    Args:
        index: The names of the cluster.
        request: As a person wrote it.
    """
    shape, meaning = prepare(index, request)
    for sentence in sentences_of(shape.text):
        if set_aside(shape, sentence, meaning):
            continue
        trial = meaning.copy()
        if _read(shape, sentence, trial):
            meaning = trial
            continue
        said = shape.plain(sentence)
        if not (explains(said) or only_tells(shape, sentence)):
            return None
        meaning.asides.append(" ".join(said.split()))
    return meaning


def _read(shape: Shape, sentence: str, meaning: Meaning) -> bool:
    wish, rest = read_mesh(shape, sentence)
    if wish:
        meaning.wishes.append(wish)
        meaning.statements += wish.statements
        meaning.words += wish.words
        if rest != sentence and has_mesh(rest):
            return _read(shape, rest, meaning)
        sentence = rest
    return not sentence.strip(" ,.:") or read_clauses(shape, sentence, meaning)
