"""What a sentence must not keep when it is learned: whatever tells of a person (P3, P7).

A stretch is marked rather too often than too seldom: an agent can always say the same without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from babel.dates import get_month_names

from bot.conversations.redaction import redact_cards
from bot.desk.learning.on_file import OnFile, plain
from bot.errors import InvalidInput
from bot.models.customer import account_key
from bot.words import languages, say


class Kind(StrEnum):
    """What was found, as the desk calls it."""

    CARD = "a card number"
    EMAIL = "an e-mail address"
    LINK = "a web address"
    BIRTH_DATE = "a date with a year"
    POSTCODE = "a postcode"
    PHONE = "a phone number or another long number"
    REFERENCE = "an account or invoice number"
    AMOUNT = "an amount"
    NAME = "a name"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a sentence; `kind` is what has to leave, None for what may stay."""

    text: str
    kind: Kind | None = None


_MONEY_WORD = (
    r"(?:dollars?|pounds?|quid|bucks|euros?|reais|pesos?|cents?|pence|grand|usd|gbp|eur|brl|mxn|cad|aud|chf|jpy)"
)
_NUMBER_WORD = (
    r"(?:a|an|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|thousand|couple)"
)
_I = re.IGNORECASE
PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.EMAIL, re.compile(r"\S+@\S+")),
    (Kind.LINK, re.compile(r"https?://\S+|\bwww\.\S+|\b[\w-]+\.(?:com|net|org|io|co|uk|br|mx|de)\b(?:/\S*)?", _I)),
    (Kind.BIRTH_DATE, re.compile(r"\b\d{4}[./-]\d\d?[./-]\d\d?\b|\b\d\d?[./-]\d\d?[./-]\d{2,4}\b")),
    (Kind.POSTCODE, re.compile(r"\b[a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2}\b|\b[a-z]\d[a-z]\s?\d[a-z]\d\b", _I)),
    (Kind.POSTCODE, re.compile(r"(?<![\d.,])\d{5}(?:-\d{3,4})?(?![\d.,]\d|\d)")),
    (Kind.PHONE, re.compile(r"\+?\(?\d(?:[\s().\-–/]*\d){6,}")),
    (Kind.REFERENCE, re.compile(r"\b(?:gt|inv)[- ]?\d+", _I)),
    (
        Kind.REFERENCE,
        re.compile(
            r"\b(?:account|acct|invoice|reference|ref|order|customer|case)\b\W{0,3}(?:(?:no|number|num|id)\b\W{0,3})?"
            r"(?:is\s+)?(?=[\w-]*\d)[\w-]{3,}",
            _I,
        ),
    ),
    (Kind.REFERENCE, re.compile(r"\b[a-z]{1,8}[-_/#]?\d{3,}\w*\b|\b(?=(?:[a-z_-]*\d){4})(?=\d*[a-z])[\w-]{5,}", _I)),
    (Kind.AMOUNT, re.compile(r"(?:[$€£¥₹]|\br\$|\b(?:usd|gbp|eur|brl|mxn)\b)\s?\d[\d.,]*", _I)),
    (Kind.AMOUNT, re.compile(rf"\d[\d.,]*\s?(?:[$€£¥₹]|{_MONEY_WORD}\b)", _I)),
    (Kind.AMOUNT, re.compile(rf"\b{_NUMBER_WORD}(?:[\s-]+(?:and\s+)?{_NUMBER_WORD})*\s+{_MONEY_WORD}\b", _I)),
    (Kind.AMOUNT, re.compile(r"\b\d+[.,]\d{2,}\b|\b\d{3,}\b|\b\d+k\b", _I)),
    (
        # Who is introduced. Ordinary words that follow are written small.
        Kind.NAME,
        re.compile(
            r"(?:\b(?:[Nn]ame is|[Nn]ame's|[Cc]alled|[Bb]y the name of|[Mm]r|[Mm]rs|[Mm]s|[Dd]r|[Tt]here's no|[Nn]o"
            r"|[Nn]ot|[Ii]'?m|[Ii]’m|[Aa]m|[Tt]his is|[Aa]|[Kk]now|[Ww]ife|[Hh]usband|[Ss]on|[Dd]aughter|[Mm]other"
            r"|[Ff]ather|[Mm]um|[Mm]om|[Dd]ad|[Bb]rother|[Ss]ister|[Pp]artner|[Mm]iss)\.?) ([A-Z][a-z]+)\b"
        ),
    ),
)  # fmt: skip
NO_NAMES = frozenset(
    {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "god", "english", "spanish"}
)
# Parts of names that are words, too: meant as a name where they stand in capitals amid a sentence.
WORDS_TOO = frozenset({
    "an", "art", "august", "bill", "chase", "dawn", "do", "faith", "frank", "grace", "grant", "hope", "jack",
    "june", "king", "long", "love", "mark", "may", "no", "park", "pat", "reed", "rich", "rob", "rose", "sky",
    "so", "sol", "su", "sue", "summer", "to", "will", "young",
})  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_TOKENS = re.compile(r"[^\W_]+")


def pieces(text: str, on_file: OnFile) -> list[Piece]:
    """`text` in stretches, in order; together they are `text`."""
    parts, end = [], 0
    for start, stop, kind in _apart(text, on_file):
        parts += [Piece(text[end:start])] if start > end else []
        parts.append(Piece(text[start:stop], kind))
        end = stop
    return [*parts, Piece(text[end:])] if end < len(text) or not parts else parts


def left(text: str, on_file: OnFile) -> str:
    """`text` without them: where an agent's sentence begins."""
    return "".join(piece.text for piece in pieces(text, on_file) if piece.kind is None)


def require_none(text: str, on_file: OnFile, *, what: str = "sentence") -> None:
    """Nothing personal stands in `text`. Raises `InvalidInput`, naming the kinds and not the words."""
    kinds = list(dict.fromkeys(str(kind) for _, _, kind in _apart(text, on_file)))
    if kinds:
        named = kinds[0] if len(kinds) == 1 else f"{', '.join(kinds[:-1])} and {kinds[-1]}"
        raise InvalidInput(
            f"The {what} still holds {named}. Say it without: nothing about a person may be learned."
            + (" A word that is no name is written small." if Kind.NAME in kinds else "")
        )


def candidates(text: str) -> set[str]:
    """Keys under which an account or invoice number in `text` would be on file."""
    tokens = _TOKENS.findall(text)
    spans = ("".join(tokens[i : i + n]) for n in (1, 2, 3) for i in range(len(tokens)))
    return {account_key(span) for span in spans if any(c.isdigit() for c in span)}


def _apart(text: str, on_file: OnFile) -> Iterator[tuple[int, int, Kind]]:
    """Start, end and kind of each stretch, in order; what overlaps is one stretch, of the kind that began first."""
    found = sorted(_found(text, on_file), key=lambda each: (each[0], -each[1]))
    if not found:
        return
    start, stop, kind = found[0]
    for next_start, next_stop, next_kind in found[1:]:
        if next_start < stop:
            stop = max(stop, next_stop)
        else:
            yield start, stop, kind
            start, stop, kind = next_start, next_stop, next_kind
    yield start, stop, kind


def _found(text: str, on_file: OnFile) -> Iterator[tuple[int, int, Kind]]:
    yield from _cards(text)
    for kind, pattern in (*PATTERNS, (Kind.BIRTH_DATE, _written_date())):
        for match in pattern.finditer(text):
            group = 1 if kind is Kind.NAME else 0
            if kind is Kind.NAME and match[1].lower() in NO_NAMES:
                continue
            yield match.start(group), match.end(group), kind
    yield from _names(text, on_file)
    yield from _of_file(text, on_file)


def _cards(text: str) -> Iterator[tuple[int, int, Kind]]:
    """Numbers of cards, and what stands where we took one out (P3)."""
    if redact_cards(text, "\x00") != text:
        yield 0, len(text), Kind.CARD
    for placeholder in {say("card_removed", language) for language in languages("card_removed")}:
        for match in re.finditer(re.escape(placeholder), text, _I):
            yield match.start(), match.end(), Kind.CARD


def _names(text: str, on_file: OnFile) -> Iterator[tuple[int, int, Kind]]:
    for match in _WORD.finditer(text):
        word = plain(match[0])
        amid = match.start() > 0 and match[0][0].isupper()
        if word in on_file.names and (word not in WORDS_TOO or amid):
            yield match.start(), match.end(), Kind.NAME


def _of_file(text: str, on_file: OnFile) -> Iterator[tuple[int, int, Kind]]:
    """The customer's own numbers, however they are spaced, their postcode, and what they were billed."""
    tokens = list(_TOKENS.finditer(text))
    for count in (1, 2, 3):
        for first, last in zip(tokens, tokens[count - 1 :], strict=False):
            span = text[first.start() : last.end()]
            if not any(c.isdigit() for c in span):
                continue
            if account_key(span) in on_file.references:
                yield first.start(), last.end(), Kind.REFERENCE
            if on_file.postcodes and len(span) < 12 and on_file.has_postcode(span):
                yield first.start(), last.end(), Kind.POSTCODE
    for match in re.finditer(r"\d+(?:[.,]\d+)*", text):
        if match[0] in on_file.amounts:
            yield match.start(), match.end(), Kind.AMOUNT


@lru_cache(maxsize=1)
def _written_date() -> re.Pattern[str]:
    """12 April 1988, April 12th, 1988, 12 de abril de 1988: in the languages of our customers."""
    names: Iterable[str] = {
        name.rstrip(".")
        for language in ("en", "es", "pt")
        for width in ("wide", "abbreviated")
        for name in get_month_names(width, locale=language).values()
    }
    month = f"(?:{'|'.join(sorted(map(re.escape, names), key=len, reverse=True))})"
    day = r"\d{1,2}(?:st|nd|rd|th|º)?"
    return re.compile(
        rf"\b{day}(?:\s+of)?[\s-]+(?:de\s+)?{month}\.?,?[\s-]+(?:de\s+)?\d{{2,4}}\b"
        rf"|\b{month}\.?\s+{day},?\s+\d{{2,4}}\b|\b{month}\.?\s+(?:de\s+)?(?:19|20)\d\d\b",
        _I,
    )
