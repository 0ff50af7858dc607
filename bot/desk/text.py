"""What agents write, without what is not kept: bytes that no database holds, card numbers (P3)."""

from __future__ import annotations

from bot.conversations.redaction import redact_cards
from bot.errors import InvalidInput
from bot.words import say


def clean(text: str) -> str:
    """Without what no database keeps (NUL). Raises `InvalidInput` for half a character."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput("That text has a character that cannot be read.") from error
    return text.replace("\x00", "")


def reason(text: str) -> str:
    """Why an agent does something, as it is kept for good."""
    return redact_cards(clean(text), say("card_removed", "en"))
