"""Reading what only the customer knows: a postcode in any writing, a birth date in their own way. Pure functions.

Whether it is right is never looked up here, and what is found is kept nowhere (P2, P7).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from babel import Locale

from actions.reading import references
from bot.billing.identity import factors
from bot.billing.identity.knowledge import Said
from bot.models import FactorKind

LONGEST = 1_000  # characters that are searched
BRIEF = 8  # words beside it that a mere postcode may have
YOUNGEST, OLDEST = 14, 115  # years of somebody with an account

_POSTCODE_IS = re.compile(
    r"\b(?:post ?-?code|zip(?: ?-?code)?|postal ?code|cep|codigo postal|codigo de endere[cs]amento postal)\b"
)
_BORN = re.compile(
    r"\b(?:born|birth ?-?(?:day|date)?|b-?day|d\.?o\.?b\.?|naci|nacimiento|nasci|nascimento|cumpleanos)\b"
)
_SEPARATED = re.compile(r"(?<![\w.,/-])(?<!\d\s)(\d{1,4})\s*([-/. ])\s*(\d{1,2})\s*\2\s*(\d{4}|\d{2})(?![\w/-]|[.,]\d)")
_RUN = re.compile(r"(?<![\w.,/-])\d{8}(?![\w/-]|[.,]\d)")
_ORDINAL = r"(?:st|nd|rd|th|º|o)?"
# With two letters and a figure at the end it is like no other number; with figures alone nothing may stand around it.
_SHAPES = (
    r"(?<![\w-])[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}(?![\w-])",  # GB
    r"(?<![\w-])[a-z]\d[a-z]\s*-?\d[a-z]\d(?![\w-])",  # CA
    r"(?<![\w.,$£€+#/-])\d{2}\.?\d{3}[-\s]?\d{3}(?![\w/-]|[.,]\d)",  # BR
    r"(?<![\w.,$£€+#/-])\d{5}(?:-\d{4})?(?![\w/-]|[.,]\d)",  # US and many others
)
_SHAPE = re.compile("|".join(_SHAPES))
_INVOICE = re.compile(r"inv")
# An amount, though it has as many figures as a postcode.
_AMOUNT_BEFORE = re.compile(
    r"(?:\$|£|€|r\$|usd|gbp|brl|pay|paying|paid|send|amount of|amount|only|around|about|up to|"
    r"\b(?:pagar|pago|pague|paguei|abonar|dar|debo|devo|solo|so|unos|uns))\s*$"
)
_AMOUNT_AFTER = re.compile(
    r"^\s*(?:%|dollars?|bucks|pounds?|quid|euros?|reais|real|pesos|dolares|usd|gbp|brl|a month|per month|a week)\b"
)
# Before a number or a day that belongs to something else.
_OF_ELSE = (
    r"\b(?:on|since|until|till|by|from|before|after|dated|due|paid|sent|bought|ordered|number|order|invoice|no|to|for|of|"
    r"(?<!do i )owe|was|than|plus|total|factura|fatura|boleto|pedido|compre|comprei|pague|paguei|debo|devo|desde|hasta|"
    r"ate)\W+(?:the\s+)?"
)
_DAY_OF_ELSE = re.compile(rf"{_OF_ELSE}\d{{1,4}}\D")
_CODE_OF_ELSE = re.compile(rf"{_OF_ELSE}\d{{5}}\b")
_GREETING = r"(?:(?:hi|hello|hey|hola|oi|ola|ok|okay|yes|sure|sorry|it's|its|it is)[\s,.!]+)*"
_CODE_APART = re.compile(
    rf"{_SHAPES[0]}|{_SHAPES[1]}|^{_GREETING}\d{{5}}(?:-\d{{4}})?(?=[\s,.;:!]|$)|[\s,.;:]\d{{5}}(?:-\d{{4}})?[.!]?$"
)
# A postcode of Brazil by itself, though its figures might be an account's.
_CEP_ALONE = re.compile(rf"^{_GREETING}\d{{5}}-\d{{3}}[.!]?$")
_FILLERS = frozenset(
    {
        "also", "am", "and", "at", "bday", "birth", "birthday", "born", "but", "cep", "code", "codigo", "da", "das",
        "data", "date", "de", "del", "dia", "do", "dob", "em", "en", "es", "eu", "fecha", "for", "hello", "here", "hey",
        "hi", "i", "i'm", "in", "is", "it", "it's", "its", "just", "la", "me", "mi", "mine", "minha", "my", "meu",
        "naci",
        "nacimiento", "nasci", "nascimento", "number", "of", "oh", "ok", "okay", "on", "please", "post", "postal",
        "postcode", "que", "so", "sorry", "soy", "sure", "thank", "thanks", "that", "the", "then", "there", "this",
        "to",
        "uh", "um", "was", "well", "yes", "you", "zip", "zipcode",
        "aniversario", "aqui", "boa", "bom", "bueno", "buenas", "buenos", "claro", "cumpleanos", "dias", "el", "esta",
        "favor", "gracias", "na", "no", "noches", "noite", "obrigada", "obrigado", "oi", "ola", "hola", "por", "pues",
        "si", "sim", "tarde", "tardes",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """What was told, each thing in the ways in which it can be read, and the rest of the message without it."""

    said: tuple[Said, ...]
    rest: str

    @property
    def words_beside(self) -> int:
        """How many words of the rest are about something else."""
        return len([word for word in re.findall(r"[\w']{2,}", _folded(self.rest)) if word not in _FILLERS])


def told(text: str, today: dt.date, *, asked: bool) -> Told | None:
    """The postcode and the birth date in `text`, as it stands; None for neither.

    Unless it was `asked` for, a word for it has to stand beside it. Of several postcodes the one behind such a word is
    meant, else none is.
    """
    text = text[:LONGEST]
    said = _folded(text)
    spans: list[tuple[int, int]] = []
    found: list[Said] = []
    if asked or _BORN.search(said):
        for (start, end), days in _days(said, today):
            if len(found) < 1:
                spans.append((start, end))
                found.append(frozenset((FactorKind.BIRTH_DATE, day.isoformat()) for day in days))
    left = _without(said, spans)
    span = _postcode(left, asked=asked, alone=not found)
    if span is not None:
        spans.append(span)
        value = factors.normal(FactorKind.POSTCODE, _figures(left[slice(*span)].strip()))
        found.append(frozenset({(FactorKind.POSTCODE, value)}))
    elif spans and _RUN.fullmatch(said[slice(*spans[0])]):
        # Eight figures: a day without its dots, or a postcode of Brazil.
        found[0] |= {(FactorKind.POSTCODE, said[slice(*spans[0])])}
    return Told(tuple(found), " ".join(_without(text, spans).split())) if found else None


def volunteered(text: str, today: dt.date, *, is_bare: bool = False) -> Told | None:
    """What is told before anybody asked: with a word for it, as a birth date with its year, or as a postcode that looks
    like nothing else or opens or closes the message. `is_bare`: a message that says nothing else counts, too."""
    named = told(text, today, asked=False)
    said = _folded(text[:LONGEST]).strip()
    is_code = _CEP_ALONE.search(said) is not None
    if named is not None or (references.account_reference(text, asked=False) and not is_code):
        return named
    found = told(text, today, asked=True)
    if found is None or is_code or (is_bare and found.words_beside == 0):
        return found
    is_date = any(kind == FactorKind.BIRTH_DATE for one in found.said for kind, _ in one)
    if is_date:
        return None if _DAY_OF_ELSE.search(said) else found
    return found if _CODE_APART.search(said) and not _CODE_OF_ELSE.search(said) else None


def _folded(text: str) -> str:
    """`text` in lower case without accents, with plain digits, each character in its place."""
    return "".join(_plain(character) for character in text)


def _plain(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character.lower())[:1]
    digit = unicodedata.decimal(plain, None)
    if digit is not None:
        return str(digit)
    if unicodedata.category(plain) == "Pd":
        return "-"
    return {"’": "'", "‘": "'"}.get(plain, " " if plain.isspace() or unicodedata.category(plain) == "Cf" else plain)


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _days(said: str, today: dt.date) -> Iterator[tuple[tuple[int, int], list[dt.date]]]:
    """Where a birth date stands, and the days that it may be; a day that nobody was born on is none."""
    for match in _SEPARATED.finditer(said):
        one, two, three = match[1], match[3], match[4]
        yield from _possible(match, _orders(one, two, three, today))
    for match in _RUN.finditer(said):
        run = match[0]
        orders = [*_orders(run[:4], run[4:6], run[6:], today), *_orders(run[:2], run[2:4], run[4:], today)]
        yield from _possible(match, orders)
    day, month, year = rf"(\d{{1,2}}){_ORDINAL}", rf"({'|'.join(_months())})\b", r"'?(\d{4}|\d{2})(?!\d)"
    link = r"[\s.,/-]*(?:(?:of|de|del|do|the)\s+)*"
    for match in re.finditer(rf"(?<![\w.,/-]){day}{link}\b{month}{link}{year}", said):
        yield from _possible(match, _dates(match[3], _months()[match[2]], match[1], today))
    for match in re.finditer(rf"\b{month}{link}{day}\b{link}{year}", said):
        yield from _possible(match, _dates(match[3], _months()[match[1]], match[2], today))


def _possible(match: re.Match[str], days: list[dt.date]) -> Iterator[tuple[tuple[int, int], list[dt.date]]]:
    if days:
        yield match.span(), sorted(set(days))


def _orders(one: str, two: str, three: str, today: dt.date) -> list[dt.date]:
    """The year comes first with four figures, else last; the day and the month in either order."""
    if len(one) == 4:
        return [*_dates(one, int(two), three, today)] if len(three) == 2 else []
    if len(one) > 2:
        return []
    return [*_dates(three, int(one), two, today), *_dates(three, int(two), one, today)]


def _dates(year: str, month: int, day: str, today: dt.date) -> list[dt.date]:
    years = [int(year)] if len(year) == 4 else [1900 + int(year), 2000 + int(year)]
    found = []
    for each in years:
        try:
            born = dt.date(each, month, int(day))
        except ValueError:
            continue
        if today.year - OLDEST <= born.year <= today.year - YOUNGEST:
            found.append(born)
    return found


@cache
def _months() -> dict[str, int]:
    """The months by their names, long and short, in the languages that our customers write; the longest first."""
    names: dict[str, int] = {"sept": 9}
    for language in ("en", "es", "pt"):
        months = Locale(language).months["format"]
        for width in ("wide", "abbreviated"):
            names |= {_folded(name).strip("."): number for number, name in months[width].items()}
    return dict(sorted(names.items(), key=lambda item: (-len(item[0]), item[0])))


def _postcode(said: str, *, asked: bool, alone: bool) -> tuple[int, int] | None:
    """Where the postcode stands."""
    shapes = [match.span() for match in _SHAPE.finditer(said) if not _is_amount(said, match)]
    named = _POSTCODE_IS.search(said)
    if named is not None:
        behind = [span for span in shapes if span[0] >= named.end()]
        return behind[0] if behind else shapes[-1] if shapes else _unusual(said, named.end())
    if not asked:
        return None
    if shapes:
        return shapes[0] if len({re.sub(r"\W", "", said[slice(*span)]) for span in shapes}) == 1 else None
    return _unusual(said, 0) if alone and references.account_reference(said, asked=False) is None else None


def _figures(code: str) -> str:
    """`code` with figures where a letter that looks like one was typed among mere figures: 78OO6."""
    is_meant = re.fullmatch(r"(?=(?:\D*\d){3})[\dol]{5}|(?=(?:\D*\d){5})[\dol]{5}-?[\dol]{3}", code) is not None
    return code.translate(str.maketrans("ol", "01")) if is_meant else code


def _is_amount(said: str, match: re.Match[str]) -> bool:
    is_figures = re.fullmatch(r"[\d.\s-]+", match[0]) is not None
    before, after = said[: match.start()], said[match.end() :]
    return is_figures and bool(_AMOUNT_BEFORE.search(before) or _AMOUNT_AFTER.search(after))


def _unusual(said: str, start: int) -> tuple[int, int] | None:
    """A postcode of a shape that we do not know, or with spaces between all its figures: the only thing in a short
    message that has figures."""
    words = [match for match in re.finditer(r"[^\s,;:!?()\"]+", said) if match.start() >= start]
    kept = [match for match in words if match[0].strip(".'") not in _FILLERS]
    if not kept or len(words) > BRIEF or _INVOICE.match(kept[0][0]):
        return None
    span = kept[0].start(), kept[-1].end()
    value = re.sub(r"[\s-]|\.$", "", said[slice(*span)])
    is_like_one = re.fullmatch(r"(?=.*\d)[a-z0-9]{4,8}", value) is not None
    has_words = any(re.fullmatch(r"[a-z]{3,}", match[0]) for match in kept)
    return span if is_like_one and not has_words else None
