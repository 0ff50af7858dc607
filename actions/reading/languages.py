"""A message put into the plain English forms that the readers know, whichever of our languages it is written in.

In the language of the conversation, or in the one that the words themselves show: "quiero pagar 50 on friday".
"""

from __future__ import annotations

from actions.reading.phrasebook import phrasebook
from actions.reading.pieces import Kind, pieces

OURS = ("es", "pt")  # beside English
ENOUGH = 2  # words of a language that show it where another is spoken


def in_english(text: str, language: str | None = None) -> str:
    """`text` for the readers, in a conversation in `language` (ISO 639-1; None is English).

    English comes out as it is. What has no phrase stays as it was written, with its figures.
    """
    read_as = _language(text, language or "en")
    return text if read_as == "en" else phrasebook(read_as).in_english(text)


def _language(text: str, spoken: str) -> str:
    """By which language `text` is read: the one `spoken`, unless its words are another's."""
    words = {piece.said for piece in pieces(text) if piece.kind is Kind.WORD}
    told = {language: words & phrasebook(language).words for language in ("en", *OURS)}
    if spoken not in OURS:
        likely = max(OURS, key=lambda language: len(told[language]))
        return likely if len(told[likely]) >= ENOUGH else "en"
    other = next(language for language in OURS if language != spoken)
    if len(told[other] - told[spoken]) >= ENOUGH and not told[spoken] - told[other]:
        return other
    return "en" if told["en"] and not told[spoken] else spoken
