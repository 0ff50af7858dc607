"""How many parts an SMS is sent in: GSM 03.38 with 160 or 153 characters a part, else UCS-2 with 70 or 67 (T2)."""

from __future__ import annotations

_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = set("^{}\\[~]|€\f")


def segments(body: str) -> int:
    """The number of parts; an extension character counts two, and so does an emoji in UCS-2."""
    if not body:
        return 0
    if all(letter in _GSM or letter in _EXTENDED for letter in body):
        length, whole, part = sum(2 if letter in _EXTENDED else 1 for letter in body), 160, 153
    else:
        length, whole, part = len(body.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= whole else -(-length // part)
