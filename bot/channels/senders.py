"""One sender for each provider in a process, made from the settings when it is first needed, with kept connections."""

from __future__ import annotations

import threading
from collections.abc import Callable

from bot.channels.base import FailureReason, Sender, SendFailed
from bot.channels.email.sender import sender as mail
from bot.channels.meta import whatsapp as meta_whatsapp
from bot.channels.twilio import sms
from bot.channels.twilio_whatsapp import whatsapp as twilio_whatsapp
from bot.models import Channel, Provider
from bot.settings import Settings, settings

_MAKERS: dict[tuple[Channel, Provider], Callable[[Settings], Sender]] = {
    (Channel.SMS, Provider.TWILIO): sms,
    (Channel.WHATSAPP, Provider.TWILIO): twilio_whatsapp,
    (Channel.WHATSAPP, Provider.META): meta_whatsapp,
    (Channel.EMAIL, Provider.SMTP): mail,
}
_making = threading.Lock()
_made: dict[tuple[Channel, Provider], tuple[Settings, Sender]] = {}


def of(channel: Channel, provider: Provider) -> Sender:
    """The sender that carries `channel` by `provider`. Raises `SendFailed` when it is not set up, or WhatsApp is not
    switched on (C14)."""
    own = settings()
    if channel == Channel.WHATSAPP and not own.whatsapp:
        message = "WhatsApp is off: GT_WHATSAPP switches it on, once its commerce policy was read."
        raise SendFailed(message, service=str(provider), reason=FailureReason.REFUSED)
    with _making:
        known = _made.get((channel, provider))
        if known is not None and known[0] is own:
            return known[1]
        make = _MAKERS.get((channel, provider))
        if make is None:
            raise SendFailed(f"Nothing goes out by {channel} yet.", service=str(provider), reason=FailureReason.REFUSED)
        sender = make(own)
        if known is not None:
            known[1].close()
        _made[channel, provider] = own, sender
        return sender


def close() -> None:
    """Let go of every connection; a sender that is needed again is made again."""
    with _making:
        while _made:
            _made.popitem()[1][1].close()
