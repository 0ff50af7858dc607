"""What a mail server's no means: of the address, of the message, of our set-up, or only of this moment."""

from __future__ import annotations

import re

from bot.channels.base import FailureReason

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
# Enhanced codes (RFC 3463): no such mailbox or domain, one that has moved or is closed, null MX (RFC 7505).
_NO_ADDRESS = {(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)}
_GONE = {550, 551, 553, 556}


def reason_of(code: int, text: bytes | str, step: str = "recipient") -> FailureReason:
    """The reason behind the answer `code` (RFC 5321) to `step`: sender, recipient or data. An enhanced code in its text
    says more, and wins."""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if code // 100 == 4:
        return FailureReason.LIMITED if code in (421, 450, 451, 452) else FailureReason.UNAVAILABLE
    if step == "sender" or code in (530, 534, 535, 538):
        return FailureReason.SETUP
    if enhanced := _ENHANCED.search(said):
        return of_status(enhanced.group())
    if step == "recipient" and code in _GONE:
        return FailureReason.BAD_ADDRESS
    return FailureReason.REFUSED


def of_status(status: str) -> FailureReason:
    """The reason behind an enhanced code such as 5.1.1."""
    found = _ENHANCED.search(status)
    if found is None:
        return FailureReason.REFUSED
    if found[1] == "4":
        return FailureReason.LIMITED
    return FailureReason.BAD_ADDRESS if (int(found[2]), int(found[3])) in _NO_ADDRESS else FailureReason.REFUSED


def of_code(code: int | None) -> FailureReason:
    """The reason behind the code of a notification, which is an enhanced one with its dots left out: 511 of 5.1.1.

    What a server gave up is over, whatever it says of later.
    """
    if code is None:
        return FailureReason.REFUSED
    digits = str(code)
    found = (int(digits[1]), int(digits[2:] or 0))
    return FailureReason.BAD_ADDRESS if digits[0] == "5" and found in _NO_ADDRESS else FailureReason.REFUSED
