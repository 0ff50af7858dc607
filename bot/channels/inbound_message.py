"""One message from a phone, whoever carried it: what the providers' forms and objects are read into."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.billing.identity.proofs import MAIL_ANSWERS, MAIL_SAYS
from bot.conversations.keywords import Keyword
from bot.models import Channel, Provider

# As wide as the columns that keep them.
LONGEST_CLIENT_ID = 64
LONGEST_EVENT_ID = 255
_PROVIDERS_OWN = ("SM", "MM", "wamid.")


class Kind(StrEnum):
    """What a message holds. A `text` may be a choice; files come with their words, if there are any (T5)."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACTS = "contacts"
    ORDER = "order"
    UNSUPPORTED = "unsupported"
    REACTION = "reaction"
    NUMBER_CHANGED = "number_changed"
    IDENTITY_CHANGED = "identity_changed"
    SYSTEM = "system"


NOT_ANSWERED = frozenset({Kind.REACTION, Kind.SYSTEM})


@dataclass(frozen=True, slots=True)
class Media:
    """A file. `reference` is the provider's address of it (Twilio) or id (Meta); `content_type` is what is claimed.
    `body` are its bytes where they came with the message, as by e-mail."""

    reference: str
    content_type: str
    file_name: str | None = None
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """What came from `address` (E.164, or an e-mail's). `external_id` is the provider's own id; `choice_id` what was
    tapped, as we named it; `told` the keyword that the provider has answered itself; `at` when it was said, never ahead
    of our clock, or None where nobody tells. `answers_us`: it answers an e-mail that only that address has; from whom
    an e-mail is, is otherwise only said."""

    provider: Provider
    channel: Channel
    address: str
    external_id: str
    kind: Kind = Kind.TEXT
    text: str = ""
    choice_id: str | None = None
    media: tuple[Media, ...] = ()
    told: Keyword | None = None
    at: dt.datetime | None = None
    answers_us: bool = False

    @property
    def client_id(self) -> str:
        """`external_id` as the transcript keeps it, so that a message is written down once. An id unlike a provider's
        is kept as its hash: it could be a name that we use ourselves, as the greeting's. An e-mail's begins with what
        `proofs.answers_us` reads."""
        if self.provider == Provider.SMTP:
            mark = MAIL_ANSWERS if self.answers_us else MAIL_SAYS
            return mark + fitting(self.external_id, longest=0)[: LONGEST_CLIENT_ID - len(mark)]
        if self.external_id.startswith(_PROVIDERS_OWN):
            return fitting(self.external_id, LONGEST_CLIENT_ID)
        return fitting(self.external_id, longest=0)


def place(names: Iterable[str], latitude: object, longitude: object) -> str:
    """A place in words, as a person reads it: its names, then where it is. Letters keep the numbers apart, so that
    nothing takes them for a card's."""
    words = ", ".join(name.strip() for name in names if name.strip())
    try:
        where = f"(lat {float(str(latitude)):.5f}, long {float(str(longitude)):.5f})"
    except ValueError:
        where = ""
    return f"{words} {where}".strip()


def clean(text: str) -> str:
    """`text` without what no database takes: NUL, halves of characters."""
    return text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def fitting(external_id: str, longest: int = LONGEST_EVENT_ID) -> str:
    """A provider's id, or its hash where it is longer than what keeps it."""
    external_id = clean(external_id)
    return external_id if len(external_id) <= longest else hashlib.sha256(external_id.encode()).hexdigest()
