"""Agents' passwords: argon2id, as the library's authors recommend it, and never more than two at a time."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.errors import InvalidInput

SHORTEST, LONGEST = 12, 1_024

_HASHER = PasswordHasher()
# One hash takes 64 MiB. A flood of sign-ins waits here instead of taking all memory.
_GATE = threading.BoundedSemaphore(2)
# What is checked when there is no such agent, so that the answer takes as long as for one that there is.
_NOBODY = _HASHER.hash("nobody has this password")


def hashed(password: str) -> str:
    """The argon2id hash to store. Raises `InvalidInput` for fewer than 12 or more than 1,024 characters."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput(f"A password has {SHORTEST} to {LONGEST:,} characters; a few words you like will do.")
    with _GATE:
        return _HASHER.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether `password` is the one behind `stored`; False, after the same work, when there is none."""
    with _GATE:
        try:
            return _HASHER.verify(stored or _NOBODY, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(stored: str) -> bool:
    """Whether `stored` was made with older parameters and should be made anew at the next sign-in."""
    return _HASHER.check_needs_rehash(stored)
