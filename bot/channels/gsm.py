"""GSM 03.38, the alphabet of SMS: what is in it, and how to say a text in it when that saves a segment (T2).

The default alphabet and its extension table are those of 3GPP TS 23.038, 6.2.1.
"""

from __future__ import annotations

import re
import unicodedata

ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")

# Signs that are the same to a reader.
_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u02bc`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2022\u00b7\u2212", "-"),
        **dict.fromkeys("\t\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
        **dict.fromkeys("\u00ad\u200b\u2060\ufeff", ""),
        **dict.fromkeys("\u2028\u2029", "\n"),
        "\u2026": "...",
        "\u00d7": "x",
        "\u2192": "->",
        "\u2039": "<",
        "\u203a": ">",
    }
)
_WORD = re.compile(r"[^\W\d_]+")
_ENDS = ".!?:\u2026"
_OPENERS = " \n\"'(-\u00bf\u00a1\u2022"
_LAST_PICTURES = re.compile(r"\s*[\u200d\ufe0e\ufe0f\u20e3\u2600-\u27bf\U0001f000-\U0001faff]+\s*$")


def is_gsm(text: str) -> bool:
    """Whether all of `text` is in the alphabet or its extension."""
    return all(letter in ALPHABET or letter in EXTENDED for letter in text)


def width(letter: str) -> int:
    """Septets of a letter of the alphabet: an extension letter takes two."""
    return 2 if letter in EXTENDED else 1


def simpler(text: str) -> list[str]:
    """The same text in ever plainer letters, itself first: with plain quotes, dashes and spaces; without a picture at
    its end; without the accents that the alphabet lacks.

    A word with a capital inside a sentence is somebody's name, perhaps, and keeps its accents.
    """
    plain = unicodedata.normalize("NFC", text).translate(_TYPOGRAPHY)
    bare = _LAST_PICTURES.sub("", plain) or plain
    return list(dict.fromkeys((text, plain, bare, _WORD.sub(_unaccented, bare))))


def _unaccented(match: re.Match[str]) -> str:
    word = match[0]
    if is_gsm(word) or (word[0].isupper() and not _begins_sentence(match.string[: match.start()])):
        return word
    return "".join(letter if is_gsm(letter) else _base(letter) for letter in word)


def _begins_sentence(before: str) -> bool:
    said = before.rstrip(_OPENERS)
    return not said or said[-1] in _ENDS or "\n" in before[len(said) :]


def _base(letter: str) -> str:
    base = "".join(sign for sign in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(sign))
    return base if is_gsm(base) else letter
