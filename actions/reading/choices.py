"""Reading which of several plans was meant, and whether a "yes" is one. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from text_to_num import alpha2digit

from actions.reading.figures import plain

_MONTHS = re.compile(r"\b(\d{1,2})\s*[- ]?(?:month|mth|mo\b|instal|install|payment|part|rate)")
_OPTION = re.compile(r"(?:\b(?:option|choice|plan|number)|(?<=\w\s)no\.?)\s*#?(\d{1,2})\b|#(\d{1,2})\b")
_NUMBER = re.compile(r"(?<![\d.,$£€])(\d{1,2})(?![\d.,%]\d|\d|%)\b")


def _by_place(names: str) -> re.Pattern[str]:
    """A place that chooses: "the top one", "top", "I'll take the 2nd"; not "on top of my rent", "does it last", "on the
    4th"."""
    return re.compile(
        rf"(?<!every )\b(?P<named>{names})\s+(?:one|option|plan|choice|offer)\b"
        r"|(?:^\W*|(?<!\bon )(?<!\bby )(?<!\bfrom )(?<!\buntil )(?<!\btill )(?<!\bbefore )(?<!\bafter )\bthe (?:very )?"
        r"|\b(?:take|want|with|choose|pick|prefer|like|yes|yeah|ok|okay|please)\W+)"
        rf"(?P<alone>{names})(?=\W*$|\s*[,.;!]|\s+(?:please|pls|then|thanks?|thank you|works?|is|looks?|sounds?|would|"
        r"for me|if|but|because|and|it is|seems?|suits)\b)"
    )


_ORDINAL = _by_place(r"\d{1,2}(?:st|nd|rd|th)")
_FIRST = _by_place("first|top|former")
_LAST = _by_place("last|bottom|latter")
_MIDDLE = re.compile(r"\bmiddle\b")
_LONGEST = re.compile(
    r"\b(?:longest|longer|most months|slowest|cheapest|smallest|lowest|least per month|(?:smaller|lower|least) "
    r"(?:one|payments?|instalments?|amount|a month|per month|monthly|each))\b"
)
_SHORTEST = re.compile(
    r"\b(?:shortest|shorter|quickest|quicker|fastest|faster|soonest|sooner|fewest|least months|highest|biggest|largest|"
    r"(?:higher|bigger|larger) (?:one|payments?|instalments?|amounts?|parts))\b"
)
# "not the first one": what is refused is not chosen.
_REFUSED = re.compile(
    r"(?:\bnot|n't|\bneither|\bnor|\banything but|\bexcept)\s+(?:(?:want|like|take)\s+)?(?:the |option |"
    r"number )?[\w#]+(?:\s+(?:one|option|months?))?"
)
_PLACES = {
    name: (place, _by_place(name)) for place, name in enumerate(("second", "third", "fourth", "fifth", "sixth"), 2)
}
_LETTER = re.compile(r"^\W*(?:option |choice |plan )?([a-f])\W*$")

_HEDGED = re.compile(
    r"\b(?:maybe|perhaps|possibly|probably|guess|suppose|not sure|unsure|might|depends?|i think|kind of|sort of|but|if|"
    r"unless|hm+|um+|er+m*|i don'?t know|idk|later|let me think|what|why|how|when)\b|\?"
)
# Words that agree by themselves, and words that may stand beside them in a plain yes.
_YES = (
    r"ye|y|yes+|yeah+|yea|yep|yup|aye|ok|okay|okey|k|sure|agreed?|deal|correct|right|exactly|perfect|great|good|fine|"
    r"absolutely|definitely|certainly|of course|go ahead|set it up|works|confirm(?:ed)?|accept(?:ed)?|sign me up|ya|"
    r"yas+|yess+|"
    r"yeh|yh|alright|all right|cool|brilliant|lovely|sounds good|go for it|note it|will do|indeed|affirmative"
)
_WORD_OF_YES = re.compile(rf"\b(?:{_YES}|please do|do it|i'?ll take it|let'?s (?:do it|go)|i do)\b|[👍✅👌]")
_WORDS_OF_ASSENT = re.compile(
    rf"\b(?:(?:works?|suits|is doable|fine|ok|okay|good) (?:for|by|with) me|suits me|{_YES}|done|please|do so|sounds|"
    rf"that'?s|it'?s|i'?ll take|let'?s|go|thanks|thank you|very much|"
    r"i|do|it|then|this|that|one|with|to|all|down|and|so|just|ta|cheers|pls|plz|thx|ty|"
    r"exactly|is|looks|seems)\b"
)


def option(text: str, lengths: Sequence[int]) -> int | None:
    """Which of the plans, shown in the order of their `lengths` in months, was meant: its index; None if unclear.

    A number with "months", or a bare one that is a length, means the length; "option 4" and "the 4th" mean the place.
    """
    said = _REFUSED.sub(" ", plain(text))
    words = alpha2digit(said, "en", threshold=0)
    found: set[int | None] = set()
    for match in _MONTHS.finditer(words):
        found.add(_of_length(int(match[1]), lengths))
    if not found:
        places = [int(match[1] or match[2]) for match in _OPTION.finditer(words)]
        places += [int((match["named"] or match["alone"])[:-2]) for match in _ORDINAL.finditer(words)]
        places += [place for place, pattern in _PLACES.values() if pattern.search(said)]
        if _FIRST.search(said):
            places.append(1)
        if letter := _LETTER.match(said):
            places.append(ord(letter[1]) - ord("a") + 1)
        found |= {place - 1 if 1 <= place <= len(lengths) else None for place in places}
    for pattern, index in ((_LAST, len(lengths) - 1), (_LONGEST, len(lengths) - 1), (_SHORTEST, 0)):
        if not found and pattern.search(said):
            found.add(index)
    if not found and _MIDDLE.search(said) and len(lengths) % 2:
        found.add(len(lengths) // 2)
    if not found:
        bare = (
            words if not re.search(r"\b1\b", words) or re.fullmatch(r"\W*1\W*", words) else re.sub(r"\b1\b", " ", words)
        )
        for match in _NUMBER.finditer(bare):
            number = int(match[1])
            by_length = _of_length(number, lengths)
            found.add(by_length if by_length is not None else number - 1 if 1 <= number <= len(lengths) else None)
    return found.pop() if len(found) == 1 else None


def months(text: str) -> int | None:
    """How many months (or instalments) `text` asks for; None if it names none, or several."""
    words = alpha2digit(plain(text).replace("a year", "12 months"), "en", threshold=0)
    found = {int(match[1]) for match in _MONTHS.finditer(words)}
    return found.pop() if len(found) == 1 else None


def is_hedged(text: str) -> bool:
    """Whether `text` hesitates or asks: "maybe", "I guess", "yes, but …"."""
    return bool(_HEDGED.search(plain(text)))


def is_plain_no(text: str) -> bool:
    """Whether `text` begins with a no."""
    return bool(re.match(r"\W*(?:no|nope|nah|naw|not|never|don'?t|n)\b", plain(text)))


def is_clear_yes(text: str, deed: str = "") -> bool:
    """Whether `text` is a plain yes and nothing else: no "maybe", no "but", no question, no new terms (K8).

    `deed` is a pattern of words that may name what is agreed to: "yes, end it".
    """
    said = plain(text).strip()
    if not _WORD_OF_YES.search(said) or _HEDGED.search(said):
        return False
    if deed:
        said = re.sub(rf"\b(?:{deed})\b", " ", said)
    return not re.search(r"\w", _WORDS_OF_ASSENT.sub(" ", said))


def _of_length(months: int, lengths: Sequence[int]) -> int | None:
    return lengths.index(months) if months in lengths else None
