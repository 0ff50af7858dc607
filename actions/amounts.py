"""Reading an amount from free text: "80.50", "£20 now", "1.200,50", "eighty", "half", "everything overdue", "INV-1002".

Pure functions. What is read is only what was said; whether it is owed is for the caller to check.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from babel.numbers import get_decimal_symbol
from text_to_num import alpha2digit

from bot.errors import InvalidInput
from bot.money import Money, precision

LONGEST = 1_000  # characters that are searched


class Share(StrEnum):
    """A part named without a number."""

    ALL = "all"
    OVERDUE = "overdue"
    OLDEST = "oldest"
    NEWEST = "newest"
    SMALLEST = "smallest"
    LARGEST = "largest"


@dataclass(frozen=True, slots=True)
class Said:
    """What was said: an exact `amount`, or a `share`, or a `fraction` of what is asked for, or invoices by number."""

    amount: Money | None = None
    share: Share | None = None
    fraction: Fraction | None = None
    invoices: tuple[str, ...] = ()


_FRACTIONS = (
    (re.compile(r"\b(?:(?:three|3)[- ]quarters|3/4)\b"), Fraction(3, 4)),
    (re.compile(r"\b(?:(?:two|2)[- ](?:thirds|3rds)|2/3)\b"), Fraction(2, 3)),
    (re.compile(r"\b(?:half|halve|1/2|50/50)\b"), Fraction(1, 2)),
    (re.compile(r"\b(?:(?:a|one|1)[- ](?:third|3rd)|1/3|third of)\b"), Fraction(1, 3)),
    (re.compile(r"\b(?:(?:a|one|1)[- ](?:quarter|fourth|4th)|1/4|quarter of)\b"), Fraction(1, 4)),
)
_PERCENT = re.compile(r"(?<![\d.,])(\d{1,3})\s?(?:%|percent\b|per cent\b)")
_SHARES = (
    (re.compile(r"\b(?:oldest|earliest|longest overdue)\b"), Share.OLDEST),
    (re.compile(r"\b(?:newest|latest|most recent)\b"), Share.NEWEST),
    (re.compile(r"\b(?:smallest|small one|smaller one|lowest|cheapest)\b"), Share.SMALLEST),
    (re.compile(r"\b(?:biggest|largest|big one|bigger one|highest)\b"), Share.LARGEST),
    (re.compile(r"\b(?:over ?due|past due|late (?:one|ones|part|bit|amount|bill|bills|invoice|invoices)|"
                r"(?:is|are|what'?s|that'?s) late|arrears)\b"), Share.OVERDUE),
    (re.compile(r"\b(?:all|everything|entire|whole|in full|full (?:amount|balance|thing|payment)|full|total|the lot|"
                r"pay (?:it |this |them )?off|clear (?:it|this|my balance|the balance|my account))\b"), Share.ALL),
)  # fmt: skip
_NOT_ALL = re.compile(
    r"(?:\bnot|n't|\bcannot|\bcant|\bdont|\bat)\b[^.,;]{0,20}\ball\b|\ball (?:right|good|day|ok)\b|\bafter all\b"
)

_MONTH = (  # whole words: "maybe 40" and "decided 50" name no day
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
# What has digits and is no amount: references, dates, times, ordinals, spans of time, counts of instalments.
_NO_AMOUNT = re.compile(
    r"""\b[a-z]{1,5}-\d{3,}\b | \b(?!usd|gbp|brl|eur|rs)[a-z]{2,5}\d{3,}\b
    | \b\d{4}-\d{2}-\d{2}\b
    | \b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b | \b\d{1,2}/\d{1,2}\b
    | \b\d{1,2}(?:st|nd|rd|th)\b
    | \b\d{1,2}\s?(?:am|pm|a\.m\.|p\.m\.)\b | \b\d{1,2}:\d{2}\b
    | \b\d{1,3}\s?(?:day|week|fortnight|month|year|instal|install|payment|part|time|hour|minute|invoice|bill)\w*\b
    | \b(?:option|choice|number|no\.?|invoice|inv|account|acct|plan)\s\#?\d{1,6}\b
    | """
    + rf"\b{_MONTH}\b\.?\s\d{{1,2}}\b | \b\d{{1,2}}\s(?:of\s)?{_MONTH}\b",
    re.VERBOSE,
)
_INSTEAD = re.compile(r"\b(?:instead of|rather than|not)\s+(?:[$£€]|r\$)?\s?\d+(?:[.,']\d+)*")
_CENTS = re.compile(
    r"(\d+)\s*(?:dollars?|bucks?|pounds?|quid|euros?|reais|real)\s*(?:and\s*)?(\d{1,2})\s*(?:cents?|pence|p|centavos)\b"
)
_CENTS_ALONE = re.compile(r"(?<![\w.,])(\d{1,2})\s*(?:cents?|pence|centavos)\b")
_EXCEPT = re.compile(r"\b(?:except|excluding|apart from|other than|all but|everything but|but not|without|minus)\b")
_SEVERAL = re.compile(
    r"\b(?:two|three|2|3|couple of)\s+(?:\w+\s+)?(?:oldest|newest|latest|earliest|smallest|biggest|largest)\b"
    r"|\b(?:oldest|newest|latest|earliest|smallest|biggest|largest)\s+(?:two|three|2|3|couple)\b"
)
_POINT = re.compile(r"(\d+) point (\d+)")
_THOUSAND = re.compile(r"(\d+(?:[.,]\d+)?)\s?k\b")
_NUMBER = re.compile(
    r"""(?<![\w.,/-])
    (?P<sign>-)?
    (?P<unit>[$£€¥]|r\$|us\$|usd|gbp|brl|eur)?\s?
    (?P<digits>\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,']\d+)*)
    (?P<after>\s?(?:[$£€]|dollars?|bucks?|usd|pounds?|quid|gbp|euros?|eur|reais|brl))?
    (?![\w/-])""",
    re.VERBOSE,
)


def read(text: str, currency: str, locale: str, numbers: Sequence[str] = ()) -> Said | None:
    """What amount of `currency` the `text` names; None if it names none, or several of them.

    `numbers` are the invoice numbers that may be meant. Doubtful separators are read as `locale` writes them.
    """
    words = _folded(text)
    if _EXCEPT.search(words) or _SEVERAL.search(words):
        return None  # what is left out, or how many are meant, is better asked than guessed
    if named := _invoices(words, numbers):
        return Said(invoices=named)
    for pattern, fraction in _FRACTIONS:
        if pattern.search(words):
            return Said(fraction=fraction, share=_share(words))
    if percent := _PERCENT.search(words):
        part = Fraction(int(percent[1]), 100)
        return Said(fraction=part, share=_share(words)) if 0 < part <= 1 else None
    amounts = _amounts(words, currency, locale)
    if len(amounts) == 1:
        return Said(amount=amounts.pop())
    if amounts:
        return None
    share = _share(words)
    return Said(share=share) if share else None


def parse(digits: str, currency: str, locale: str) -> Money | None:
    """A number as people write it, "1.200,50" or "1,200.50", as Money; None when it is none of `currency`."""
    digits = re.sub(r"[\s\u00a0\u202f'’]", "", digits)
    places = precision(currency)
    point = _decimal_mark(digits, places, get_decimal_symbol(locale.replace("-", "_")))
    whole, _, part = digits.rpartition(point) if point else (digits, "", "")
    whole = re.sub(r"[.,]", "", whole)
    try:
        return Money.of(Decimal(f"{whole or 0}.{part or 0}"), currency)
    except InvalidInput:
        return None


def _decimal_mark(digits: str, places: int, usual: str) -> str | None:
    """Which of "." and "," parts the cents, if any does."""
    marks = [mark for mark in ".," if mark in digits]
    if not marks:
        return None
    last = max(marks, key=digits.rfind)
    after = len(digits) - digits.rfind(last) - 1
    if len(marks) == 2:
        return last if digits.count(last) == 1 else None
    if digits.count(last) > 1:
        return None
    if after == 3 and places != 3:
        return None  # 1,200 and 1.200: a thousand and something, since no price has three decimals
    if after == 3 and last != usual:
        return None
    return last


def _folded(text: str) -> str:
    words = text[:LONGEST].lower().replace("’", "'").replace("−", "-")
    words = re.sub(r"\ba (?=hundred|thousand|grand)", "one ", words)
    words = re.sub(r"\bgrand\b", "thousand", words)
    words = alpha2digit(words, "en")
    if alone := _CENTS_ALONE.fullmatch(words.strip()) or (
        _CENTS_ALONE.search(words) if len(re.findall(r"\d+", words)) == 1 else None
    ):
        words = f"0.{int(alone[1]):02d}"
    words = _CENTS.sub(lambda found: f"{found[1]}.{int(found[2]):02d}", words)
    words = _POINT.sub(r"\1.\2", words)
    return _THOUSAND.sub(lambda found: str(int(Decimal(found[1].replace(",", ".")) * 1000)), words)


def _invoices(words: str, numbers: Sequence[str]) -> tuple[str, ...]:
    found = []
    for number in numbers:
        prefix, digits = re.fullmatch(r"(.*?)(\d*)", number.lower(), re.DOTALL).groups()  # type: ignore[union-attr]
        exact = re.escape(prefix.rstrip("- ")) + r"[\s-]*" + digits if prefix and digits else re.escape(number.lower())
        loose = rf"(?:invoice|bill|number|no\.?|inv|\#)\s*\#?{digits}" if len(digits) >= 3 else r"(?!)"
        if re.search(rf"(?<!\w)(?:{exact}|{loose})(?!\w)", words):
            found.append(number)
    return tuple(found)


def _amounts(words: str, currency: str, locale: str) -> set[Money]:
    words = _INSTEAD.sub(" ", words)
    words = _NO_AMOUNT.sub(" ", words)
    plain: set[Money] = set()
    marked: set[Money] = set()
    for found in _NUMBER.finditer(words):
        if found["sign"]:
            continue
        amount = parse(found["digits"], currency, locale)
        if amount is not None:
            (marked if found["unit"] or found["after"] else plain).add(amount)
    return marked or plain


def _share(words: str) -> Share | None:
    for pattern, share in _SHARES:
        if pattern.search(words) and not (share is Share.ALL and _NOT_ALL.search(words)):
            return share
    return None
