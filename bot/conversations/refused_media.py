"""The ways that a refusal in words names. Where it names some, it refuses these alone (design section 10, 10)."""

from __future__ import annotations

import re
from enum import StrEnum

_EVERYTHING = re.compile(
    r"\b(?:any ?where|at all|anything|everything|nothing|any (?:way|medium|means|form|channel|contact|kind)|"
    r"every (?:way|channel)|all (?:contact|communication|messages)|no (?:more )?contact|whatsoever|leave me alone)\b"
    r"|\b(?:stop|never|don'?t|do not|quit|cease)(?: ever)?(?: all)? (?:contact|messag|bother|harass|reach)\w*"
    # As they were written in Spanish and in Portuguese, where nothing puts them into English first.
    r"|\b(?:nada|nunca m[aá]s|e[nm] paz|(?:ning[uú]na?|todo) (?:contacto|medio|v[ií]a|forma|manera)|"
    r"nenhuma? (?:contato|meio|jeito|forma)|jeito nenhum|forma (?:nenhuma|alguma)|todo contato)\b"
    r"|\b(?:no me|dejen de|deje de) (?:contact|molest|busqu|busc)\w*"
    r"|\b(?:n[aã]o me|parem de me|pare de me) (?:contat|incomod|perturb|procur)\w*|\bentr\w+ (?:mais )?em contato\b"
)


class Medium(StrEnum):
    """A way by which somebody asks not to be reached."""

    SMS = "sms"
    WHATSAPP = "whatsapp"
    PHONE = "phone"
    EMAIL = "email"


_WORDS = {
    Medium.SMS: re.compile(r"\b(?:text(?:s|ing|ed)?|text messages?|sms|textos?|torpedos?)\b"),
    Medium.WHATSAPP: re.compile(r"\b(?:whats ?app\w*|wasap|guasap|zap(?:zap)?)\b"),
    Medium.PHONE: re.compile(
        r"\b(?:call(?:s|ing|ed)?|phon(?:e|es|ing)|ring(?:ing)?|voicemails?|llam(?:en?|ar(?:me)?|adas?)|marqu?en?|marcarme|"
        r"tel[eé]fono|telefon(?:e|em|ar|emas?)|lig(?:uem?|ar|ando|a[cç][aã]o|a[cç][oõ]es))\b"
    ),
    Medium.EMAIL: re.compile(r"\b(?:e-?mail(?:s|ing|ed)?|correos?(?: electr[oó]nicos?)?)\b"),
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
