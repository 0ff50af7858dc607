"""The ways that a refusal in words names. Where it names some, it refuses these alone (design section 10, 10)."""

from __future__ import annotations

import re
from enum import StrEnum

_EVERYTHING = re.compile(
    r"\b(?:any ?where|at all|anything|everything|nothing|any (?:way|medium|means|form|channel|contact|kind)|"
    r"every (?:way|channel)|all (?:contact|communication|messages)|no (?:more )?contact|whatsoever|leave me alone)\b"
    r"|\b(?:stop|never|don'?t|do not|quit|cease)(?: ever)?(?: all)? (?:contact|messag|bother|harass|reach)\w*"
)


class Medium(StrEnum):
    """A way by which somebody asks not to be reached."""

    SMS = "sms"
    WHATSAPP = "whatsapp"
    PHONE = "phone"
    EMAIL = "email"


_WORDS = {
    Medium.SMS: re.compile(r"\b(?:text(?:s|ing|ed)?|text messages?|sms)\b"),
    Medium.WHATSAPP: re.compile(r"\bwhats ?app\w*\b"),
    Medium.PHONE: re.compile(r"\b(?:call(?:s|ing|ed)?|phon(?:e|es|ing)|ring(?:ing)?|voicemails?)\b"),
    Medium.EMAIL: re.compile(r"\b(?:e-?mail(?:s|ing|ed)?)\b"),
}


def refused(text: str) -> list[Medium]:
    """The ways that `text` names, where it refuses these alone; none when it refuses all contact."""
    said = _plain(text)
    if is_everything(said):
        return []
    return [medium for medium, words in _WORDS.items() if words.search(said)]


def is_everything(text: str) -> bool:
    """Whether `text` says that a refusal is of everything."""
    return _EVERYTHING.search(_plain(text)) is not None


def _plain(text: str) -> str:
    return text.lower().replace("’", "'")
