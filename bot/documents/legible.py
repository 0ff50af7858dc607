"""Legible text: what others wrote (names, descriptions), as one plain line that the paper's fonts can show.

A PDF that promises to be accessible may hold no character without a glyph, so what the fonts lack is replaced here.
"""

from __future__ import annotations

import unicodedata

# What the fonts that come with the renderer show in every weight that the templates use.
RANGES = (
    (0x0020, 0x007E),  # ASCII
    (0x00A1, 0x00AC),
    (0x00AE, 0x024F),  # Latin
    (0x0384, 0x038A),  # Greek
    (0x038E, 0x03A1),
    (0x03A3, 0x03CE),
    (0x0400, 0x045F),  # Cyrillic
    (0x0490, 0x04C4),
    (0x05D0, 0x05EA),  # Hebrew
    (0x0621, 0x063A),  # Arabic
    (0x0641, 0x064A),
    (0x0E3F, 0x0E3F),  # baht
    (0x1E00, 0x1EF9),  # Latin with two marks, as in Vietnamese
    (0x2010, 0x2015),  # dashes
    (0x2018, 0x2022),  # quotation marks
    (0x2026, 0x2026),
    (0x20A0, 0x20BF),  # currencies
    (0x2116, 0x2116),  # numero
    (0x2122, 0x2122),  # trade mark
    (0x2212, 0x2212),  # minus
    (0x25A1, 0x25A1),  # MISSING
)
MISSING = "\N{WHITE SQUARE}"


def legible(text: str, most: int) -> str:
    """`text` in one line, at most `most` characters. Unknown letters become a square; emoji and controls go."""
    shown = "".join(_shown(character) for character in unicodedata.normalize("NFC", text))
    line = " ".join(shown.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _shown(character: str) -> str:
    if _has_glyph(character):
        return character
    if character.isspace():
        return " "
    plain = "".join(part for part in unicodedata.normalize("NFKD", character) if _has_glyph(part))
    # A letter or a digit that is lost must be seen to be lost; a picture is not missed.
    return plain or (MISSING if unicodedata.category(character)[0] in "LN" else "")


def _has_glyph(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in RANGES)
