"""Reading which of the open invoices is meant, by number, by place or by what tells it apart: "INV-1002", "the second
one", "the bigger one", "both", "what's late". Pure functions over words that `figures` has made plain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum


class Share(StrEnum):
    """A part named without a number."""

    ALL = "all"
    OVERDUE = "overdue"
    OLDEST = "oldest"
    NEWEST = "newest"
    SMALLEST = "smallest"
    LARGEST = "largest"
    BOTH = "both"
    OTHER = "other"


DISPUTED = re.compile(r"\b(?:disput\w*|under review|looked into|in question|on hold)\b")

_ONE = r"(?:one|invoice|bill|item|of (?:them|these|those|the (?:two|three|2|3)))"
_OF_ALL = (
    r"(?!\s+(?:amounts?|payments?|sums?|possible|i|you|we|instal\w*|parts?|that|priorit\w*|problem|worry|issue)\b)"
)
_SHARES = (
    (
        r"\b(?:oldest|longest overdue)\b|(?<!at the )\bearliest\b|\bthe older\b"
        rf"|\b(?:older|old|earlier)\s+{_ONE}\b",
        Share.OLDEST,
    ),
    (
        r"\b(?:newest|most recent)\b|(?<!\bat )\bthe latest\b|\bthe newer\b"
        rf"|(?<!\ba )\b(?:newer|new|later|latest)\s+{_ONE}\b",
        Share.NEWEST,
    ),
    (
        rf"\b(?:smallest|lowest|cheapest|littlest|least expensive)\b{_OF_ALL}|"
        rf"\b(?:smaller|small|little|lower|cheaper)\s+{_ONE}\b|\bthe (?:smaller|cheaper)\b{_OF_ALL}",
        Share.SMALLEST,
    ),
    (
        rf"\b(?:biggest|largest|highest|most expensive)\b{_OF_ALL}|"
        rf"\b(?:bigger|big|larger|large|higher)\s+{_ONE}\b|\bthe (?:bigger|larger)\b{_OF_ALL}",
        Share.LARGEST,
    ),
    (
        r"\b(?:over ?due|past due|late (?:one|ones|part|bit|stuff|amount|bill|bills|invoice|invoices)|"
        r"(?:is|are|what'?s|that'?s|thats|whats) late|arrears|behind on|due now|(?:what'?s|whats|that'?s|is|"
        r"everything|all|whatever'?s?) due\b)",
        Share.OVERDUE,
    ),
    (r"\bboth\b(?! of us\b)", Share.BOTH),
    (
        rf"\b(?:the|that|my) other\s+{_ONE}\b|\b(?:the|that) other\W*(?:please|pls|then|instead)?\W*$",
        Share.OTHER,
    ),
    (
        r"\b(?:all(?! (?:of )?(?:(?:the|your|other|the other|your other) )?(?:customers?|accounts?|users?|clients?)\b)|"
        r"everything|entire|whole|in full|full (?:amount|balance|thing|payment|whack)|full|total|the lot|"
        r"what i owe|(?:the|my) balance|(?:the|my) (?:rest|remainder)|what'?s left|remaining|"
        r"pay (?:it |this |that |them |everything )?off|settle (?:up|it|this|my account|the account)|"
        r"clear (?:it|this|everything|my balance|the balance|my account|the account))\b",
        Share.ALL,
    ),
)  # fmt: skip
_FOUND = tuple((re.compile(pattern), share) for pattern, share in _SHARES)
_NOT = (
    r"(?:\bnot|n't|\bcannot|\bcant|\bdont|\bwont|\bcouldnt|\bunable|\bnever|\bno way|\binstead of|\brather than|"
    r"\bat(?= all\b))"
    r"\b[^.,;!?]{0,40}$"
)
_NEGATED = re.compile(_NOT)
_OTHER_ALL = re.compile(
    r"\ball (?:right|good|day|ok|clear|set|along|the best|my (?:life|fault))\b|\bafter all\b|\bat all\b"
)
_PLACES = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "last": -1, "final": -1, "bottom": -1, "top": 1,
}  # fmt: skip
_NAMED_PLACE = "|".join(_PLACES)
_PLACE = re.compile(rf"\b({_NAMED_PLACE})\s+{_ONE}\b")
_BARE_PLACE = re.compile(rf"\W*(?:just |only )?(?:the )?({_NAMED_PLACE})\W*(?:please|pls|thanks)?\W*")
# "no. 5" at the beginning is a refusal and an amount.
_OPTION = re.compile(r"(?:\b(?:option|choice|number|nr\.?)|(?<=\w\s)no\.)\s?#?([1-9])\b(?![.,]?\d)")


_NO_SUM_BEFORE = r"(?<![\w$£€])(?<!\d\.)"
_NO_SUM_AFTER = r"(?![\w%]|\.\d|,\d{1,3}\b|\s?(?:[$£€]|dollars?|bucks|pounds?|quid|euros?))"
_ALTERNATIVE = re.compile(r"\bor\b")
_PLURAL = re.compile(r"\b(?:invoices|bills|numbers)\b")


def invoices(words: str, numbers: Sequence[str]) -> tuple[str, ...]:
    """Those of `numbers` that `words` name and do not refuse ("not INV-1001")."""
    found = []
    ends = [end[0] for number in numbers if (end := re.search(r"\d{4,}$", number))]
    bare = rf"{_NO_SUM_BEFORE}(?:{'|'.join(ends) or '(?!)'}){_NO_SUM_AFTER}"
    are_bare = len(set(re.findall(bare, words))) > 1 and not _ALTERNATIVE.search(words)  # "1001 and 1003"
    for number in numbers:
        prefix, digits = re.fullmatch(r"(.*?)(\d*)", number.lower(), re.DOTALL).groups()  # type: ignore[union-attr]
        exact = re.escape(prefix.rstrip("- ")) + r"[\s-]*" + digits if prefix and digits else re.escape(number.lower())
        loose = rf"(?:invoice|bill|number|no\.?|inv|\#)\s*\#?{digits}" if len(digits) >= 3 else r"(?!)"
        if len(digits) >= 4 and (are_bare or _PLURAL.search(words)):
            loose = rf"(?:{loose}|{digits})"
        match = re.search(rf"(?<!\w)(?:{exact}|{loose})(?!\w)", words)
        if match and not re.search(r"\b(?:not|never)\s+(?:for\s+)?(?:the\s+)?$", words[: match.start()]):
            found.append(number)
    return tuple(found)


def without(words: str, named: Sequence[str]) -> str:
    """`words` without the figures of the invoices that are `named`."""
    for number in named:
        if digits := re.search(r"\d+$", number):
            words = re.sub(rf"(?<!\d){digits[0]}(?!\d)", " ", words)
    return words


def bare_number(words: str, numbers: Sequence[str]) -> str | None:
    """The invoice whose figures alone are said: "1002"."""
    said = re.fullmatch(r"\W*(?:pay|just|only|for|the|invoice|bill|\s)*#?(\d{4,})\W*(?:please|pls)?\W*", words)
    found = [number for number in numbers if said and re.search(rf"(?<!\d){said[1]}$", number)]
    return found[0] if len(found) == 1 else None


def among(words: str, numbers: Sequence[str]) -> tuple[str, ...]:
    """Those of `numbers`, oldest first, that `words` name by number, by place or by age."""
    if named := invoices(words, numbers):
        return named
    at = place(words)
    if at is None:
        at = {Share.OLDEST: 1, Share.NEWEST: -1}.get(share(words) or Share.ALL)
    return tuple(_at(at, numbers)) if at else ()


def place(words: str) -> int | None:
    """The place that `words` name, from 1; -1 is the last: "the second one", "option 2", "first"."""
    if option := _OPTION.search(words):
        return int(option[1])
    found = _PLACE.search(words) or _BARE_PLACE.fullmatch(words)
    if found is None or _NEGATED.search(words[: found.start()]):
        return None
    return _PLACES[found[1]]


def share(words: str) -> Share | None:
    """The share that `words` name and do not refuse: "I can't pay it in full" names none (K7)."""
    words = _OTHER_ALL.sub(" ", words)
    for pattern, found in _FOUND:
        match = pattern.search(words)
        if match and not _NEGATED.search(words[: match.start()]):
            return found
    return None


def _at(place_: int, numbers: Sequence[str]) -> Sequence[str]:
    return numbers[-1:] if place_ == -1 else numbers[place_ - 1 : place_]
