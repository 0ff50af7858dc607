"""Messages, and what each channel shows of them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from bot.channels.base import Capabilities
from bot.channels.meta import MetaWhatsApp
from bot.channels.rendering import Part, render
from bot.channels.twilio import TwilioSms
from bot.channels.twilio_whatsapp import TwilioWhatsApp
from bot.models import Author, Message

SMS, TWILIO, META = TwilioSms.capabilities, TwilioWhatsApp.capabilities, MetaWhatsApp.capabilities
ALL = pytest.mark.parametrize("channel", [SMS, TWILIO, META], ids=["sms", "twilio", "meta"])
URL = "https://pay.example.com/pay/AbC-d_f"


def message(text: str = "", *titles: str, card: dict[str, Any] | None = None) -> Message:
    """What the assistant says, with choices."""
    buttons = [{"title": title, "payload": f"/choice_{number}"} for number, title in enumerate(titles, start=1)]
    return Message(id=uuid.uuid4(), author=Author.BOT, text=text, buttons=buttons or None, card=card)


def shown(said: Message, channel: Capabilities, *, locale: str = "en-US", first: int = 1) -> list[Part]:
    return render(said, channel, locale=locale, first_number=first)


def body(said: Message, channel: Capabilities = SMS, **given: Any) -> str:
    (part,) = shown(said, channel, **given)
    return part.body
