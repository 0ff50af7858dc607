"""What every outgoing channel promises: who it can reach, how much it can show, how it fails."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from bot.errors import OutsideService


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can show. A button beyond `buttons` and `list_rows` degrades to numbered text (T5).

    Lengths are in characters; 0 buttons or rows means none; `cards` is whether structured cards are drawn as such.
    """

    max_length: int
    buttons: int = 0
    button_length: int = 0
    list_rows: int = 0
    cards: bool = False
    status_updates: bool = False


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way out. `to` is the channel's address, `reference` our own id of it for logs and deduping.

    `status_callback` is where the provider reports what became of it, if it can.
    """

    to: str
    body: str
    reference: str
    status_callback: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """Accepted by the provider under its id; not yet delivered."""

    provider_id: str


class FailureReason(StrEnum):
    """Why a message was not taken, as far as we act on it."""

    BLOCKED = "blocked"  # the address has opted out at the provider: record the opt-out (T2)
    BAD_ADDRESS = "bad_address"  # no message will ever arrive there
    LIMITED = "limited"  # too fast; later will do
    REFUSED = "refused"  # the request or our account is wrong
    UNAVAILABLE = "unavailable"  # the provider did not take it
    UNKNOWN_OUTCOME = "unknown_outcome"  # it may have been taken: sending again may send twice


class SendFailed(OutsideService):
    """A provider did not accept a message. `provider_code` is its own number for the reason, if it gave one."""

    code = "send_failed"

    def __init__(
        self,
        message: str,
        *,
        service: str,
        reason: FailureReason,
        provider_code: int | None = None,
        about: Any = None,
    ) -> None:
        retryable = reason in (FailureReason.LIMITED, FailureReason.UNAVAILABLE)
        super().__init__(message, service=service, retryable=retryable, about=about)
        self.reason = reason
        self.provider_code = provider_code


class Sender(Protocol):
    """A way out. Synchronous, bounded in time, and called between transactions, never inside one."""

    @property
    def name(self) -> str:
        """The channel's name in our tables: "sms", "whatsapp"."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can show."""
        ...

    def send(self, message: Outgoing) -> Sent:
        """Hand one message to the provider. Raises `SendFailed`, or `InvalidInput` for a body it could never carry."""
        ...
