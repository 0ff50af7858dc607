"""A message as words, figures and signs, each as it was written and as it is compared. Pure functions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """What a piece is."""

    KEPT = "kept"  # an address or a reference, which is never read as words
    WORD = "word"
    FIGURE = "figure"
    MONEY = "money"  # a figure with its sign: R$ 50
    ORDINAL = "ordinal"  # 1º, 2a, 3er
    CLOCK = "clock"  # 15h30
    TIMES = "times"  # 6x
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Piece:
    """`raw` as written, `said` in lower case without accents, `gap` the space before it."""

    raw: str
    said: str
    kind: Kind
    gap: str = ""

    @property
    def number(self) -> int | None:
        """The number of an ordinal, or of a whole figure; None for all else."""
        found = re.match(r"\d+", self.said)
        is_one = self.kind is Kind.ORDINAL or (self.kind is Kind.FIGURE and self.said.isdecimal())
        return int(found[0]) if found and is_one and len(found[0]) < 10 else None


_PIECE = re.compile(
    r"""(?P<gap>\s*)(?:
    (?P<kept>[\w.+-]+@[\w-]+(?:\.[\w-]+)+ | https?://\S+ | (?<!\w)(?!rs|usd|brl|mxn|eur|gbp)[a-z]{2,5}-?\d{3,}(?!\w)
      | (?<!\w)\d{4}-\d{2}-\d{2}(?!\w))
    | (?P<ordinal>(?<!\w)\d{1,2}(?:\s?[ºª°](?!\s?[cf]\b)|(?:ro|er|ra|do|da|to|ta|mo|ma|vo|va|no|na|o|a)(?!\w)))
    | (?P<clock>(?<!\w)\d{1,2}\s?h(?:rs?|s|oras?)?(?:\d\d)?(?!\w))
    | (?P<times>(?<!\w)\d{1,3}\s?x(?!\w))
    | (?P<money>(?:(?<!\w)(?:r|us|mx|u)?\$s?|[£€])\s?\d+(?:[.,']\d+)*)
    | (?P<figure>\d+(?:[.,'/:]\d+)*)
    | (?P<word>(?<!\w)[pc]/(?=\s?[^\W\d_])|[^\W\d_]+(?:'[^\W\d_]+)*)
    | (?P<sign>\S))""",
    re.VERBOSE,
)


def pieces(text: str) -> list[Piece]:
    """The pieces of `text`, in order; put together they are `text` again, without the space at its end."""
    raw = unicodedata.normalize("NFC", text)
    said = folded(raw)
    found = []
    for match in _PIECE.finditer(said):
        kind = Kind(match.lastgroup or "sign")
        span = match.span(kind)
        found.append(Piece(raw[slice(*span)], match[kind], kind, raw[slice(*match.span("gap"))]))
    return found


def joined(parts: Iterable[Piece]) -> str:
    """The text that `parts` are."""
    return "".join(part.gap + part.raw for part in parts)


def after(gap: str, parts: list[Piece]) -> list[Piece]:
    """`parts` with `gap` before the first of them."""
    return [replace(parts[0], gap=gap), *parts[1:]] if parts else []


def folded(text: str) -> str:
    """`text` in lower case without accents, each character in its place; a hyphen between letters is a space."""
    plain = "".join(_plain(sign) for sign in text)
    return re.sub(r"(?<=[^\W\d_])-(?=[^\W\d_])", " ", plain)


def _plain(sign: str) -> str:
    if sign in "’‘ʼ´`":
        return "'"
    if not sign.isalpha() or sign in "ºª":
        digit = unicodedata.decimal(sign, None)
        return sign if digit is None else str(digit)
    return unicodedata.normalize("NFKD", sign.lower())[:1]
