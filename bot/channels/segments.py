"""SMS segments: how many parts a text takes, and the wording of it that takes fewest (T2)."""

from __future__ import annotations

from bot.channels import gsm

GSM_WHOLE, GSM_PART = 160, 153
UCS2_WHOLE, UCS2_PART = 70, 67


def count(text: str) -> int:
    """How many segments `text` is sent in. 0 for none.

    What takes two units (an extension letter, an emoji) is not cut in two at a segment's end; a unit may be lost there.
    """
    if gsm.is_gsm(text):
        return _packed([gsm.width(letter) for letter in text], GSM_WHOLE, GSM_PART)
    return _packed([utf16(letter) for letter in text], UCS2_WHOLE, UCS2_PART)


def economical(text: str) -> str:
    """The wording nearest to `text` among those that take fewest segments.

    Typographic signs, a last picture and accents are given up only where that saves one.
    """
    return min(gsm.simpler(text), key=count)


def utf16(text: str) -> int:
    """The length of `text` in UTF-16 units, by which providers may count: an emoji is two or more."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def _packed(widths: list[int], whole: int, part: int) -> int:
    if sum(widths) <= whole:
        return 1 if widths else 0
    segments, used = 1, 0
    for width in widths:
        if used + width > part:
            segments, used = segments + 1, 0
        used += width
    return segments
