"""What the desk may know of the person in a conversation: proven, proven once but lapsed, or nobody yet (P1)."""

from __future__ import annotations

from enum import StrEnum

from babel import Locale, UnknownLocaleError

from bot.conversations.payment_news import proven
from bot.models import Conversation, Customer

DESK_LOCALE = "en-US"


class Known(StrEnum):
    """How far identity is established in a conversation."""

    VERIFIED = "verified"
    LAPSED = "lapsed"
    UNKNOWN = "unknown"


def known(conversation: Conversation, customer: Customer | None) -> Known:
    """`verified` while the proof holds. Name and account stay readable when it has lapsed, the balance does not."""
    if customer is None or conversation.customer_id != customer.id:
        return Known.UNKNOWN
    return Known.VERIFIED if proven(conversation) else Known.LAPSED


def language(locale: str) -> str:
    """A BCP 47 tag in words: "es-MX" is "Spanish (Mexico)"; one that nobody knows stays as it is."""
    try:
        return Locale.parse(locale, sep="-").get_display_name("en") or locale
    except (UnknownLocaleError, ValueError):
        return locale
