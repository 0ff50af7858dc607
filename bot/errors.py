"""One tree of errors. Each has a code for programs, a sentence that is safe to show, and the object it is about."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class GoodTermsError(Exception):
    """The root. `message` is safe to show: it names no person, address or amount of somebody else."""

    code = "error"
    status = 500

    def __init__(self, message: str, *, about: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.about = about


class Reason(StrEnum):
    """Why what a customer asked for is out of bounds, for whoever says it in another language than English."""

    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    MORE_THAN_OPEN = "more_than_open"
    NOTHING_OPEN = "nothing_open"
    ON_ITS_WAY = "on_its_way"
    SMALL_REST = "small_rest"
    DAY = "day"
    NOTHING_OVERDUE = "nothing_overdue"
    TOO_MANY_PARTS = "too_many_parts"
    OTHER = "other"


class InvalidInput(GoodTermsError):
    """What was asked cannot be read or is out of bounds; the sentence says what would do, and `reason` why, where a
    customer may hear of it."""

    code = "invalid_input"
    status = 422

    def __init__(self, message: str, *, about: Any = None, reason: Reason = Reason.OTHER) -> None:
        super().__init__(message, about=about)
        self.reason = reason


class NotSignedIn(GoodTermsError):
    """No session, or one that has ended."""

    code = "not_signed_in"
    status = 401


class NotAllowed(GoodTermsError):
    """Known who asks, but it is not theirs to do."""

    code = "not_allowed"
    status = 403


class NotFound(GoodTermsError):
    """There is no such thing, or none that the asker may know of (P2)."""

    code = "not_found"
    status = 404


class Expired(GoodTermsError):
    """There was such a thing, and its time is over; the sentence says how to get a new one."""

    code = "expired"
    status = 410


class Conflict(GoodTermsError):
    """The state of the thing does not allow it: somebody else was first, or it has already happened."""

    code = "conflict"
    status = 409


class TooMany(GoodTermsError):
    """Asked too often. `retry_after` is in seconds."""

    code = "too_many"
    status = 429

    def __init__(self, message: str, *, retry_after: int, about: Any = None) -> None:
        super().__init__(message, about=about)
        self.retry_after = retry_after


class NotVerified(GoodTermsError):
    """Identity is not established in this conversation, so nothing about an account may be said (P1)."""

    code = "not_verified"
    status = 403


class Unbalanced(GoodTermsError):
    """A posting that would break a sum (S7). Always a fault of ours."""

    code = "unbalanced"


class SignatureInvalid(GoodTermsError):
    """A webhook whose signature does not hold (S1, T1, T3)."""

    code = "signature_invalid"
    status = 400


class Forged(SignatureInvalid):
    """The same, where the provider expects to be refused (T1, T3)."""

    status = 403


class Malformed(GoodTermsError):
    """A signed body that cannot be read at all."""

    code = "malformed"
    status = 400


class OutsideService(GoodTermsError):
    """Another service failed. `retryable` says whether the same call may succeed later."""

    code = "outside_service"
    status = 503

    def __init__(self, message: str, *, service: str, retryable: bool, about: Any = None) -> None:
        super().__init__(message, about=about)
        self.service = service
        self.retryable = retryable


class DialogueFailed(OutsideService):
    """Rasa did not answer, or its answer was empty: an action failed (`rasa_facts`: empty is a failure)."""

    code = "dialogue_failed"
