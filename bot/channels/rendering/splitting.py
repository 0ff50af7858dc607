"""A long text in pieces that can be read: cut between sentences, else between words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from bot.channels.segments import utf16

# Where a text may be cut, the best first. A number, an amount or a date has no cut in it, nor next to it, if possible.
_CUTS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"(?<!\n\d\.)(?<!\n\d\d\.)(?:(?<=[.!?…])|(?<=[.!?…][\"')\u2019\u201d]))[ \n]+|\n"),
    re.compile(r"(?<=[,;:])[ \n]+(?=[^\W\d_])"),
    re.compile(r"(?<=[^\W\d_]{3})[ \n]+(?=[^\W\d_]{3})"),
    re.compile(r"(?<![\d\s])[ \n]+(?![\d\s])"),
    re.compile(r"[ \n]+"),
)
_AHEAD = 50  # letters after the limit that a cut may look at
_SMALLEST = 3  # a piece is not shorter than this part of the limit while a worse cut makes it longer
_JOINED = "\u200d"
_FLAGS = re.compile("[\U0001f1e6-\U0001f1ff]+$")


def split(text: str, limit: int, last: int | None = None) -> list[str]:
    """The pieces of `text`, each of at most `limit` UTF-16 units, the last one of at most `last`.

    An empty text has none. Only the white space at the cuts is left out. A single word that is longer than the limit,
    and only that, is cut inside.
    """
    pieces = list(_pieces(text.strip(), limit))
    if pieces and last is not None and utf16(pieces[-1]) > last:
        pieces[-1:] = _pieces(pieces[-1], last)
    return pieces


def _pieces(text: str, limit: int) -> Iterator[str]:
    while utf16(text) > limit:
        end, start = _cut(text, limit)
        yield text[:end]
        text = text[start:]
    if text:
        yield text


def _cut(text: str, limit: int) -> tuple[int, int]:
    """Where the first piece ends and the next one begins."""
    within = _within(text, limit)
    for smallest in (within // _SMALLEST, 1):
        for cuts in _CUTS:
            places = (match.start() for match in cuts.finditer(text, smallest, within + _AHEAD))
            if found := [place for place in places if place <= within]:
                end = start = found[-1]
                while start < len(text) and text[start].isspace():
                    start += 1
                return end, start
    end = next((place for place in range(within, 0, -1) if not _is_inside_sign(text, place)), within)
    return end, end


def _within(text: str, limit: int) -> int:
    """How many letters of `text` make up at most `limit` units."""
    place = units = 0
    while units + utf16(text[place]) <= limit:
        units += utf16(text[place])
        place += 1
    return max(place, 1)


def _is_inside_sign(text: str, place: int) -> bool:
    """Whether the letters around `place` are one sign to a reader: an emoji with its colour, an accent, a flag."""
    before, after = text[place - 1], text[place]
    is_mark = unicodedata.category(after)[0] == "M" or "\U0001f3fb" <= after <= "\U0001f3ff"
    flag = _FLAGS.search(text, 0, place)
    return is_mark or _JOINED in (before, after) or bool(flag and len(flag[0]) % 2 and _FLAGS.match(after))
