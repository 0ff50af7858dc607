"""What every outgoing channel promises: who it can reach, how much it can show, how it fails."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from bot.errors import OutsideService


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can show. A button beyond `buttons` and `list_rows` degrades to numbered text (T5).

    Lengths are in characters; 0 buttons or rows means none. `choice_body` is the longest text that stands above buttons
    or a list, 0 when it is `max_length`. `gsm` is whether a text is sent in segments whose length its letters decide
    (T2), `marks` whether * _ ~ ` format what they enclose.
    """

    max_length: int
    buttons: int = 0
    button_length: int = 0
    list_rows: int = 0
    row_length: int = 0
    row_description: int = 0
    choice_body: int = 0
    gsm: bool = False
    marks: bool = False


def of_whatsapp(max_length: int) -> Capabilities:
    """What WhatsApp shows, whoever carries it (T4); the longest text is the carrier's."""
    return Capabilities(
        max_length=max_length,
        buttons=3,
        button_length=20,
        list_rows=10,
        row_length=24,
        row_description=72,
        choice_body=1024,
        marks=True,
    )


class Style(StrEnum):
    """How choices are shown."""

    PLAIN = "plain"
    BUTTONS = "buttons"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Choosable:
    """One choice as a provider shows it; `id` comes back when it is chosen."""

    id: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A text that WhatsApp has approved, by name and language (T4). `content_sid` is Twilio's id of it, if it is known;
    `body` is what it says, with `{{1}}` and so on where the `parameters` stand."""

    name: str
    language: str
    body: str
    parameters: tuple[str, ...] = ()
    content_sid: str | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """What an e-mail has beside its words. `conversation_id` is what an answer to it leads to; `auto` says what made it
    (RFC 3834): auto-generated, auto-replied, or no for a person. With `asks_answer` it asks to be answered, because who
    wrote to us may be anybody. `disclosures` stand at its foot (C10)."""

    subject: str
    locale: str
    conversation_id: uuid.UUID
    auto: str
    asks_answer: bool = False
    disclosures: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way out. `to` is the channel's address, `reference` our own id of it for logs and deduping.

    `status_callback` is where the provider reports what became of it, if it can. `choices` are shown in `style`, a list
    behind a button that is called `list_button`; `plain` is the same with the choices as lines of text, for a provider
    that refuses to show them. With a `template`, the body is what the template says. `mail` is an e-mail's alone.
    """

    to: str
    body: str
    reference: str
    status_callback: str | None = None
    choices: tuple[Choosable, ...] = ()
    style: Style = Style.PLAIN
    list_button: str = ""
    plain: str | None = None
    template: Template | None = None
    mail: Mail | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """Accepted by the provider under its id; not yet delivered."""

    provider_id: str


class FailureReason(StrEnum):
    """Why a message was not taken, as far as we act on it."""

    BLOCKED = "blocked"  # the address has opted out at the provider: record the opt-out (T2)
    BAD_ADDRESS = "bad_address"  # no message will ever arrive there
    CLOSED_WINDOW = "closed_window"  # the customer wrote too long ago: only a template is taken (T4)
    LIMITED = "limited"  # too fast; later will do
    REFUSED = "refused"  # this message is wrong
    SETUP = "setup"  # our account, its credentials or the way there is wrong: later, once that is mended
    UNAVAILABLE = "unavailable"  # the provider did not take it
    UNKNOWN_OUTCOME = "unknown_outcome"  # it may have been taken: sending again may send twice


class SendFailed(OutsideService):
    """A provider did not accept a message. `provider_code` is its own number for the reason, if it gave one;
    `retry_after` the seconds after which it wants to be asked again."""

    code = "send_failed"

    def __init__(
        self,
        message: str,
        *,
        service: str,
        reason: FailureReason,
        provider_code: int | None = None,
        retry_after: float | None = None,
        about: Any = None,
    ) -> None:
        retryable = reason in (FailureReason.LIMITED, FailureReason.UNAVAILABLE, FailureReason.SETUP)
        super().__init__(message, service=service, retryable=retryable, about=about)
        self.reason = reason
        self.provider_code = provider_code
        self.retry_after = retry_after


class Sender(Protocol):
    """A way out. Synchronous, bounded in time, and called between transactions, never inside one. Any number of threads
    may use it at once."""

    @property
    def name(self) -> str:
        """The channel's name in our tables: "sms", "whatsapp", "email"."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can show."""
        ...

    @property
    def grace(self) -> dt.timedelta:
        """How long an uncertain message is looked and waited for before it counts as never taken."""
        ...

    def send(self, message: Outgoing) -> Sent:
        """Hand one message to the provider. Raises `SendFailed`, or `InvalidInput` for a body it could never carry."""
        ...

    def find(self, message: Outgoing, since: dt.datetime) -> Sequence[Sent]:
        """What the provider has taken since then that may be this message, oldest first; nothing, when it cannot be
        asked. For a message whose outcome is unknown. Raises `SendFailed`."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...
