"""Whether a question is in English, as far as its small words tell."""

import re

from assistant.models.rules.words import word_set

__all__ = ["is_english"]

_ENGLISH = word_set(
    "the a an is are can could does do did to from of in on at why what which who how where when "
    "not and or for with by be it this that there any should would will has have allowed able "
    "reach access talk connect policy policies between if i we my our please show list need"
)
_OTHERS = word_set(
    # German
    "der die das den dem ein eine einen kann koennen können warum wieso welche welcher welches "
    "nicht und oder mit auf von zu ist sind wer wie wo darf erreichen zugreifen auf? netzwerk "
    "zwischen für fuer im aus "
    # French
    "le la les un une des peut peuvent pourquoi quel quelle quels quelles est sont pas et ou avec "
    "sur depuis vers qui comment accéder acceder joindre atteindre dans entre pour que "
    # Spanish, Portuguese
    "el los las puede pueden por qué que cuál cual quién quien cómo como donde está estan desde "
    "hacia con para alcanzar acceder conectar pode por quê não nao o os "
    # Italian, Dutch
    "può puo perché perche il lo gli che chi come dove raggiungere kan waarom welke het een niet "
    "naar van met bereiken kunnen"
)
_BOTH = _ENGLISH & _OTHERS


def is_english(text: str) -> bool:
    """Return whether the text reads as English; names, numbers and symbols alone do.

    >>> is_english("can web reach the db?"), is_english("Kann web die db erreichen?")
    (True, False)
    """
    letters = [character for character in text if character.isalpha()]
    foreign = sum(1 for character in letters if ord(character) > 0x24F)
    if letters and foreign > len(letters) * 0.2:
        return False
    words = re.findall(r"[^\W\d_]+(?:['-][^\W\d_]+)*", text.lower())
    english = sum(1 for word in words if word in _ENGLISH and word not in _BOTH)
    other = sum(1 for word in words if word in _OTHERS and word not in _BOTH)
    accents = sum(1 for character in letters if 0xBF < ord(character) <= 0x24F)
    if other + (accents > 0) <= 1 or other <= english:
        return True
    return english * 2 > other + accents
