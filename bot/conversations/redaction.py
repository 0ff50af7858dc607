"""Card numbers, and what stands on a card beside them, never reach storage, logs, Rasa or the desk (P3)."""

from __future__ import annotations

import re

# 13 to 19 digits with single or double separators between them, not part of a longer run of digits.
_CANDIDATE = re.compile(r"(?<!\d)\d(?:[\s\-–—._/,·\u00a0\u2009\u200b\u2060]{0,3}\d){12,}(?!\d)")
_GROUP = re.compile(r"\d+")
_SHORTEST, _LONGEST = 13, 19
_IS = r"\s*(?:[:=#.\-–]|\b(?:is|es|é)\b)?\s*"
_CODE = re.compile(
    r"\b(?:cv[cvn]2?|csc|security (?:code|number)|c[oó]digo de seguran[cç]a|c[oó]digo de seguridad)\b"
    rf"{_IS}\d{{3,4}}(?!\d)",
    re.IGNORECASE,
)
_DAY = r"\d{1,2}\s?[/.\-]\s?\d{2}(?:\d{2})?(?!\d)"
_EXPIRY = re.compile(
    r"[\s,;]*\b(?:exp\w*(?: date)?|valid (?:thru|through|until|till|to)|good thru|vence|vencim[ie]+nto|validade)\b"
    rf"{_IS}(?:{_DAY}|\d{{4}}(?!\d))",
    re.IGNORECASE,
)


def redact_cards(text: str, mark: str) -> str:
    """`text` with every payment-card number (13–19 digits, Luhn, with separators) and every security code that is named
    one, replaced by `mark`. Beside a number its expiry date and its code go, too."""
    text = _CODE.sub(mark, _CANDIDATE.sub(lambda found: _redact_run(found.group(), mark), text))
    if mark not in text:
        return text
    beside = rf"({re.escape(mark)})(?:[\s,;]*{_DAY})(?:[\s,;]+\d{{3,4}}(?!\d|[.,]\d))?"
    return _EXPIRY.sub("", re.sub(beside, r"\1", text))


def _redact_run(run: str, mark: str) -> str:
    """Replace card numbers made of whole groups inside one run of digit groups and separators.

    Groups are kept whole: a long reference number is not cut because some stretch of it happens to pass Luhn.
    """
    groups = list(_GROUP.finditer(run))
    kept: list[str] = []
    written = first = 0
    while first < len(groups):
        last = _card_from(groups, first)
        if last is None:
            first += 1
            continue
        kept += [run[written : groups[first].start()], mark]
        written, first = groups[last].end(), last + 1
    return "".join(kept) + run[written:]


def _card_from(groups: list[re.Match[str]], first: int) -> int | None:
    """The last group of the longest card number that begins with group `first`, or None."""
    digits: list[int] = []
    found = None
    for last in range(first, len(groups)):
        digits += [int(digit) for digit in groups[last].group()]
        if len(digits) > _LONGEST:
            break
        if len(digits) >= _SHORTEST and _luhn(digits):
            found = last
    return found


def _luhn(digits: list[int]) -> bool:
    if not any(digits):
        return False
    doubled = sum(digits[-1::-2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return doubled % 10 == 0
