"""Numbers in free text as plain figures: "a tenner", "one hundred and twenty", "2 hundred", "1k", "５０", "50p".

Pure functions.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from text_to_num import alpha2digit

LONGEST = 1_000  # characters that are searched

_QUOTES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "−": "-", "⁄": "/"})
_UNIT = r"(?:dollars?|bucks?|pounds?|quid|euros?|reais|real)"
_A_SUM = re.compile(rf"\ban? (?=(?:hundred|thousand|grand|tenner|fiver|{_UNIT})\b)")
_ONE_OR_TWO = re.compile(rf"\b(one|two) (?=(?:tenner|fiver)s?\b|{_UNIT}\b)")
_NOTE = re.compile(r"\b(?:(\d{1,3}) )?(tenner|fiver)s?\b")
_HUNDREDS = re.compile(
    r"(?<![\d.,])\b(\d{1,2}) ?hundred\b(?:(?: and)? (\d{1,2})\b(?!\s?(?:cents?|pence|p|c)\b|[.,/]\d))?"
)
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,4}(?:[.,]\d{1,3})?)\s?(?:k|thousand)\b")
_CENT = r"(?:cents?|pence|pennies|centavos|p|c|¢)(?!\w)"
_CENTS = re.compile(rf"(\d+)\s*{_UNIT}\s*(?:and\s*)?(\d{{1,2}})\s*{_CENT}")
_CENTS_OF_SIGN = re.compile(rf"(?<=[$£€])\s?(\d+)\s+(?:and\s+)?(\d{{1,2}})\s*{_CENT}")
# "80 dollars 50" as it is spoken
_CENTS_BARE = re.compile(rf"(\d+)\s{_UNIT}\s(\d{{2}})(?=\s*(?:$|[.,!?;]\s|[!?;]|please\b|pls\b|now\b|today\b))")
_CENTS_ALONE = re.compile(rf"(?<![\w.,$£€])(\d{{1,2}})\s*{_CENT}")
_POINT = re.compile(r"(\d+) point (\d+)")
_ISH = re.compile(r"(?<=\d)ish\b|(?<=\w)-ish\b")


def plain(text: str) -> str:
    """`text` in lower case, with straight quotes and the digits 0 to 9; "½" is "1/2"."""
    parted = "".join(f" {sign}" if unicodedata.decomposition(sign).startswith("<fraction>") else sign for sign in
                     text[:LONGEST])  # fmt: skip
    words = unicodedata.normalize("NFKC", parted)[:LONGEST].lower().translate(_QUOTES)
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in words)


def hundreds_in_figures(words: str) -> str:
    """Plain `words` with "2 hundred and 20" as 220, which a reader of number words alone takes for 2 and 100."""
    return _HUNDREDS.sub(_hundreds, words)


def in_figures(text: str) -> str:
    """`text` as `plain` gives it, its sums in figures: "a hundred and fifty quid" is "150 quid", "50p" is "0.50"."""
    words = _A_SUM.sub("one ", plain(text))
    words = _ONE_OR_TWO.sub(lambda found: f"{1 if found[1] == 'one' else 2} ", words)
    words = re.sub(r"\bgrand\b", "thousand", words)
    words = hundreds_in_figures(_ISH.sub("", words))
    words = hundreds_in_figures(str(alpha2digit(words, "en")))
    words = _NOTE.sub(lambda found: str(int(found[1] or 1) * (10 if found[2] == "tenner" else 5)), words)
    words = _POINT.sub(r"\1.\2", words)
    words = _THOUSANDS.sub(lambda found: str(int(Decimal(found[1].replace(",", ".")) * 1000)), words)
    return _with_cents(words)


def _hundreds(found: re.Match[str]) -> str:
    return str(int(found[1] or 1) * 100 + int(found[2] or 0))


def _with_cents(words: str) -> str:
    for pattern in (_CENTS, _CENTS_OF_SIGN, _CENTS_BARE):
        words = pattern.sub(lambda found: f"{found[1]}.{int(found[2]):02d}", words)
    alone = _CENTS_ALONE.search(words)
    if alone and len(re.findall(r"\d+", words)) == 1:
        return f"{words[: alone.start()]}0.{int(alone[1]):02d}{words[alone.end() :]}"
    return words
