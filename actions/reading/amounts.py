"""Reading an amount from free text: "80.50", "£20 now", "1.200,50", "eighty", "half", "everything overdue", "INV-1002".

Pure functions. What is read is only what was said; whether it is owed is for the caller to check.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from babel.numbers import get_decimal_symbol

from actions.reading import which
from actions.reading.figures import in_figures
from actions.reading.which import Share
from bot.errors import InvalidInput
from bot.money import Money, precision

__all__ = ["Said", "Share", "parse", "read", "several"]


@dataclass(frozen=True, slots=True)
class Said:
    """What was said: an exact `amount`, or a `share`, or a `fraction` of what is asked for, or invoices by number.

    With `invoices` an amount or a fraction is meant for these. `by_rest` says that they were not named: they are those
    that were not left out ("all except INV-1002"). `place` counts them as they were shown, from 1; -1 is the last.
    """

    amount: Money | None = None
    share: Share | None = None
    fraction: Fraction | None = None
    invoices: tuple[str, ...] = ()
    by_rest: bool = False
    place: int | None = None


_FRACTIONS = (
    (re.compile(r"\b(?:(?:three|3)[- ](?:quarters|fourths)|3/4)\b"), Fraction(3, 4)),
    (re.compile(r"\b(?:(?:two|2)[- ](?:thirds|3rds)|2/3)\b"), Fraction(2, 3)),
    (re.compile(r"\b(?:half|halve|(?<!\d )1/2|50/50)\b"), Fraction(1, 2)),
    (re.compile(r"\b(?:(?:an?|one|1)[- ](?:third|3rd)|1/3|(?:third|3rd) of (?:it|that|the|my))\b"), Fraction(1, 3)),
    (re.compile(r"\b(?:(?:an?|one|1)[- ](?:quarter|fourth|4th)|1/4|quarter of)\b"), Fraction(1, 4)),
    (re.compile(r"\b(?:an?|one|1)[- ](?:fifth|5th)\b(?! of \w+(?:uary|ch|il|ay|une|uly|ust|ber)\b)"), Fraction(1, 5)),
    (re.compile(r"\b(?:an?|one|1)[- ](?:tenth|10th)\b"), Fraction(1, 10)),
)  # fmt: skip
_PERCENT = re.compile(r"(?<![\d.,])(\d{1,3}(?:[.,]\d{1,2})?)\s?(?:%|percent\b|per cent\b|pct\b)")

_MONTH = (  # whole words: "maybe 40" and "decided 50" name no day
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_CURRENCY = r"(?:[$£€]|dollars?|bucks?|usd|pounds?|quid|gbp|euros?|eur|reais|brl)"
# What has digits and is no amount: references, dates, times, ordinals, spans of time, counts of instalments.
_NO_AMOUNT = re.compile(
    r"""\b[a-z]{1,5}-\d{3,}\b | \b(?!usd|gbp|brl|eur|mxn|rs)[a-z]{2,5}\d{3,}\b
    | \b\d{4}-\d{2}-\d{2}\b
    | \b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b | \b\d{1,2}/\d{1,2}\b
    | \b\d{1,2}(?:st|nd|rd|th)\b
    | \b(?:0?\d|1[0-2])\s?(?:am|pm|a\.m\.|p\.m\.)\b | \b\d{1,2}:\d{2}\b
    | \b(?:at|until|till)\s(?:[1-9]|1[0-2])\b(?![.,:]?\d)(?!\s?(?:[$£€]|dollars?|bucks?|pounds?|quid))
    | \b\d{1,3}\s?(?:more\s|extra\s|business\s|working\s)?(?:day|week|fortnight|month|year|instal|install|payment|part|
      time|hour|minute|invoice|bill|kid|child|people|person|job|mouth)\w*\b
    | \b\d{1,2}\s(?:of\s(?:them|these|those|the|my|your)|ones?|oldest|newest|others?)\b
    | (?:\b(?:option|choice|number|nr\.?|invoice|inv|account|acct|plan)(?:\s(?:no\.?|number|num))?
      |(?<=\w\s)no\.)\s?\#?\d{1,6}\b
    | \b(?:ending|ends|visa|mastercard|amex|card)\s(?:in\s|with\s|no\.?\s|number\s)?\d{4}\b
    | \ball\s(?:of\s)?(?:the\s|my\s)?[2-9]\b(?![.,]\d)(?!\s?"""
    + _CURRENCY
    + r""")
    | """
    + rf"\b{_MONTH}\b\.?\s\d{{1,2}}\b | \b\d{{1,2}}\s(?:of\s)?{_MONTH}\b",
    re.VERBOSE,
)
# Figures of markup and code are no amounts: "<script>alert(1)</script>", "{{7*7}}", "1=1".
_MARKUP = re.compile(
    r"<3(?!\d)|<(script|style)\b.*?(?:</\1\s*>|$)|</?[a-z!][^<>]*>|\{[^{}]*\}+|\[[^\[\]]*\]|(?<=\w)\([^()]*\)|\b\d+'?\s?={1,2}\s?'?\d+",
    re.IGNORECASE | re.DOTALL,
)
_INSTEAD = re.compile(
    r"\b(?:but\s+)?(?:instead of|rather than|not)\s+(?:[$£€]|r\$)?\s?\d+(?:[.,']\d+)*(?:\s?" + _CURRENCY + r"(?!\w))?"
)
_FROM_TO = re.compile(
    r"\b(?:chang|lower|rais|reduc|increas|drop|cut|mov|bring|switch|go)\w*\b[^.;]{0,20}\bfrom\s+"
    r"(?:[$£€]|r\$)?\s?\d+(?:[.,]\d+)*(?:\s?[a-z]+)?\s+to\s+(?=(?:[$£€]|r\$)?\s?\d)"
)
# After these words a later amount takes the place of the earlier ones: "50, no wait, 60".
_CHANGED = re.compile(
    r"^.*\b(?:no,? wait|wait,? no|scratch that|sorry|i mean|i meant|or rather|make (?:it|that)|actually|correction|"
    r"on second thoughts?|change (?:it|that) to|better)\b(?=[^\d]*\d)",
    re.DOTALL,
)
_VAGUE = re.compile(
    r"\b(?:couple|few|several)(?: of)? (?:hundred|thousand|quid|bucks|dollars|pounds|grand|tenners|euros|\d+|k\b)"
)
_EXCEPT = re.compile(
    r"\b(?:except(?: for)?|excluding|apart from|aside from|other than|(?:all|everything) but(?! (?:i|we|can|could|"
    r"only|just|not)\b)|but not|without|minus|"
    r"leaving out|besides)\b|"
    r"\b(?:all|everything|total|whole|lot|balance|full)\b[^.,;!?]{0,20}?\s(?:bar|save|less)\b(?! (?:than|i|we|if)\b)"
)
_SEVERAL = re.compile(
    r"\b(?:two|three|2|3|couple of)\s+(?:\w+\s+)?(?:oldest|newest|latest|earliest|smallest|biggest|largest)\b"
    r"|\b(?:oldest|newest|latest|earliest|smallest|biggest|largest)\s+(?:two|three|2|3|couple)\b"
)
_NUMBER = re.compile(
    r"""(?<![\w.,/-])
    (?P<sign>-)?
    (?P<unit>[$£€¥]|r\$|us\$|usd|gbp|brl|eur|chf|cad|aud|mxn)?\s?
    (?P<digits>\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,']\d+)*)
    (?P<after>\s?(?:[$£€¥]|dollars?|bucks?|usd|pounds?|quid|gbp|euros?|eur|reais|brl)(?!\w))?
    (?![\w/-])""",
    re.VERBOSE,
)
_RANGE = re.compile(
    r"\d\s?(?:[$£€]|dollars?|bucks?|pounds?|quid)?\s*(?:,\s*)?(?:\bor\b|\bto\b|[-–—]|\band\b|\bmaybe\b|\bperhaps\b)"
    r"\s*(?:maybe |perhaps |even )?[$£€]?\s?\d"
)
# What stands before an amount that they cannot pay, that they can, and that is only what they owe (K7).
_REFUSED = re.compile(
    r"\bowes? me\s*$|"
    r"(?:n't|\bnot|\bcannot|\bcant|\bdont|\bwont|\bcouldnt|\bunable to|\bnever)\s+"
    r"(?:(?!but\b|only\b|just\b|if\b|more\b|less\b|over\b|than\b)[\w']+\s+){0,3}$"
)
_TOO_MUCH = re.compile(
    r"^\s*(?:is|'s|was|would be|seems|feels)?\s*(?:far |way |a bit |a little |just |still )?"
    r"(?:too (?:much|high|steep|big|rich)|steep|(?<=a bit )(?:much|high|rich)|more than i (?:can|could|have)|"
    r"(?:over|beyond|above) my (?:budget|means))\b"
)
_OFFERED = re.compile(
    r"(?:\b(?:can|could|will|i'll|let me|want to|like to|happy to|going to|gonna|prefer|just|only)|"
    r"(?<!not )(?<!be )\bable to)\s+"
    r"(?:(?:only|just|maybe|probably|pay|do|manage|afford|spare|send|put|give|start with|go with|stretch to|"
    r"about|around|up to|like|at most|to)\s+){0,4}$"
)  # fmt: skip
_OWED = re.compile(
    r"\b(?:owe|owed|owing|balance|bill|total|invoice|it says|out of|of the|of my|of)\s*(?:you|is|of|was|the|:)?\s*$"
)


def read(text: str, currency: str, locale: str, numbers: Sequence[str] = ()) -> Said | None:
    """What amount of `currency` the `text` names; None if it names none, or several of them.

    `numbers` are the invoice numbers that may be meant, oldest first. Doubtful separators are read as `locale` writes
    them.
    """
    words = _INSTEAD.sub(" ", in_figures(_MARKUP.sub(" ", text)))
    if _SEVERAL.search(words) or _VAGUE.search(words):
        return None  # how many or how much is meant is better asked than guessed
    if (left_out := _EXCEPT.search(words)) and (
        re.search(r"\d", words[left_out.end() :]) or not re.search(r"\d", words[: left_out.start()])
    ):
        return _rest(words[left_out.end() :], numbers)
    named = which.invoices(words, numbers)
    for pattern, fraction in _FRACTIONS:
        if pattern.search(words):
            return Said(fraction=fraction, share=None if named else which.share(words), invoices=named)
    if percent := _PERCENT.search(words):
        part = Fraction(Decimal(percent[1].replace(",", "."))) / 100
        return Said(fraction=part, share=which.share(words), invoices=named) if 0 < part <= 1 else None
    amounts = _amounts(which.without(words, named), currency, locale)
    if len(amounts) > 1:
        return None
    if amounts:
        bare = which.bare_number(words, numbers)
        return Said(invoices=(bare,)) if bare else Said(amount=amounts[0], invoices=named)
    return _without_a_number(words, named)


def several(text: str, currency: str, locale: str) -> list[Money]:
    """The amounts that `text` names where it names more than one, in the order in which they were said; else none."""
    words = _INSTEAD.sub(" ", in_figures(_MARKUP.sub(" ", text)))
    found = [] if _EXCEPT.search(words) else _amounts(words, currency, locale)
    is_spoken = re.search(r"\d\s+\d", words)  # "two fifty" names neither 2 nor 50
    return found if len(found) > 1 and not is_spoken else []


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


def _rest(left_out: str, numbers: Sequence[str]) -> Said | None:
    """All without what `left_out` names; what cannot be told from the words alone is asked."""
    if which.DISPUTED.search(left_out):
        return Said(share=Share.ALL)
    out = which.among(left_out, numbers)
    rest = tuple(number for number in numbers if number not in out)
    return Said(invoices=rest, by_rest=True) if out and rest else None


def _without_a_number(words: str, named: tuple[str, ...]) -> Said | None:
    if named:
        return Said(invoices=named)
    place = which.place(words)
    if place is not None:
        return Said(place=place)
    share = which.share(words)
    return Said(share=share) if share else None


def _amounts(words: str, currency: str, locale: str) -> list[Money]:
    """The amounts that may be meant, each once, in their order."""
    words = _FROM_TO.sub(" ", _NO_AMOUNT.sub(" ", words))
    words = _CHANGED.sub(" ", words)
    read_ = ((match, _amount(match, currency, locale)) for match in _NUMBER.finditer(words))
    found = [(match, amount) for match, amount in read_ if amount is not None]
    if any(match["unit"] or match["after"] for match, _ in found):
        # "2 jobs and $50": a small bare number is a count beside a sum with its unit.
        found = [item for item in found if item[0]["unit"] or item[0]["after"] or not _is_count(item[0]["digits"])]
    found = [item for item in found if not _is_refused(words, item[0])]
    if not _RANGE.search(words):
        for pattern, wanted in ((_OFFERED, True), (_OWED, False)):
            chosen = [item for item in found if bool(pattern.search(words[: item[0].start()])) is wanted]
            found = chosen if len({amount for _, amount in chosen}) == 1 else found
    return list(dict.fromkeys(amount for _, amount in found))


def _amount(match: re.Match[str], currency: str, locale: str) -> Money | None:
    return None if match["sign"] else parse(match["digits"], currency, locale)


def _is_count(digits: str) -> bool:
    return digits.isdigit() and int(digits) < 10


def _is_refused(words: str, match: re.Match[str]) -> bool:
    return bool(_REFUSED.search(words[: match.start()]) or _TOO_MUCH.search(words[match.end() :]))
