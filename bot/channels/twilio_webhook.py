"""What Twilio sends us: its form, checked and kept, read into a message or into news of a delivery (T1)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from bot import clock
from bot.channels import twilio
from bot.channels.card_free import card_free
from bot.channels.delivery_news import DeliveryNews, status_of
from bot.channels.inbound_message import InboundMessage, Kind, Media, clean, fitting, place
from bot.conversations.keywords import Keyword
from bot.db import new_id
from bot.errors import Forged, SignatureInvalid
from bot.models import Channel, ExternalEvent, Provider, Source
from bot.phone_numbers import e164
from bot.settings import settings

Fields = Sequence[tuple[str, str]]

MOST_FIELDS = 500
MOST_MEDIA = 10
# The query parameter of the status callback's address that names our delivery, kept with the form.
DELIVERY = "delivery"

# Twilio tells a document's name where a caption would stand.
_FILE_NAME = re.compile(r"[^\n/\\]{1,190}\.[A-Za-z0-9]{2,5}")
_REFUSED = "The signature of this webhook does not hold."
# Ids and addresses, which may look like a card's number and are none (P3).
_IDS = re.compile(rf"[A-Za-z]*Sid|From|To|WaId|ExternalUserId|OriginalRepliedMessageSender|MediaUrl[0-9]+|{DELIVERY}")
_TYPES = {
    "sticker": Kind.STICKER,
    "location": Kind.LOCATION,
    "contacts": Kind.CONTACTS,
    "contact": Kind.CONTACTS,
    "order": Kind.ORDER,
    "reaction": Kind.REACTION,
    "system": Kind.SYSTEM,
}
_TOLD = {"STOP": Keyword.STOP, "START": Keyword.START, "HELP": Keyword.HELP}
_FILES = {"image": Kind.IMAGE, "audio": Kind.AUDIO, "video": Kind.VIDEO}


def signed(path: str, raw: bytes, signature: str, *, auth_token: str) -> Fields:
    """The fields of a form that Twilio has signed for our public address and `path` (with its query), and that speaks
    of our account. Raises `Forged`."""
    try:
        fields = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Forged(_REFUSED) from error
    if not any(_holds(url, fields, signature, auth_token) for url in _addresses(settings().public_url + path)):
        raise Forged(_REFUSED)
    if dict(fields).get("AccountSid") != settings().twilio_account_sid:
        raise Forged("This webhook is of another account.")
    return fields


def message_events(fields: Fields) -> list[ExternalEvent]:
    """The message of a form as it is kept: under its sender's number. One that cannot be answered (no number) or must
    not be (WhatsApp is off, C14) is kept as done."""
    values = _values(fields)
    sid, sender = _sid(values), values.get("From", "")
    number = e164(sender.partition(":")[2] or sender)
    event = _event(sid, "message" if sid else "odd", number or sender, fields)
    channel = _channel(values)
    if number is None or channel is None:
        event.processed_at, event.error = event.received_at, "no_number"
    elif channel == Channel.WHATSAPP and not settings().whatsapp:
        event.processed_at, event.error = event.received_at, "whatsapp_off"
    elif not sid:
        event.processed_at, event.error = event.received_at, "odd"
    return [event]


def status_events(fields: Fields, delivery: str | None) -> list[ExternalEvent]:
    """News of a delivery as it is kept: under the message's id. `delivery` is our own id of it."""
    values = _values(fields)
    sid, status = _sid(values), _status(values)
    event = _event(f"{sid}:{status}" if sid and status else "", "status", sid, [*fields, (DELIVERY, delivery or "")])
    if not sid or not status:
        event.kind, event.processed_at, event.error = "odd", event.received_at, "odd"
    return [event]


def read(event: ExternalEvent) -> InboundMessage | None:
    """The message that was kept; None for what is none."""
    values = _values(_kept(event))
    channel, sender = _channel(values), values.get("From", "")
    number, sid = e164(sender.partition(":")[2] or sender), _sid(values)
    if channel is None or number is None or not sid:
        return None
    kind, media = _kind(values), _media(values)
    words = values.get("Body") or values.get("ButtonText") or values.get("ListTitle") or ""
    if kind == Kind.DOCUMENT and len(media) == 1 and _FILE_NAME.fullmatch(words):
        media, words = (replace(media[0], file_name=clean(words)),), ""
    choice_id = values.get("ButtonPayload") or values.get("ListId") or None
    return InboundMessage(
        Provider.TWILIO,
        channel,
        number,
        sid,
        kind,
        _place(values) if kind == Kind.LOCATION else clean(words).strip(),
        choice_id=choice_id,
        media=media,
        told=_TOLD.get(values.get("OptOutType", "").upper()),
        at=event.received_at,
    )


def read_news(event: ExternalEvent) -> DeliveryNews | None:
    """What a status callback says of a delivery; None for a word that we do not know."""
    values = _values(_kept(event))
    status = status_of(Provider.TWILIO, _status(values))
    if status is None:
        return None
    code = values.get("ErrorCode", "")
    return DeliveryNews(
        Provider.TWILIO,
        fitting(_sid(values)),
        values.get(DELIVERY) or None,
        status,
        int(code) if code.isascii() and code.isdigit() and len(code) < 10 else None,
        event.received_at,
    )


def _holds(url: str, fields: Fields, signature: str, auth_token: str) -> bool:
    try:
        twilio.verify(url, fields, signature, auth_token=auth_token)
    except SignatureInvalid:
        return False
    return True


def _addresses(url: str) -> list[str]:
    """Twilio signs some addresses with their port and some without, as its own libraries know."""
    parts = urlsplit(url)
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    bare = parts.netloc.rpartition(":")[0] if parts.port is not None else parts.netloc
    other = bare if parts.port is not None else f"{bare}:{usual}"
    return [url, url.replace(f"//{parts.netloc}", f"//{other}", 1)]


def _event(external_id: str, kind: str, object_id: str, fields: Fields) -> ExternalEvent:
    """Kept without card numbers (P3)."""
    kept = [(card_free(name), value if _IDS.fullmatch(name) else card_free(value, name)) for name, value in fields]
    body = urlencode(kept).encode()
    return ExternalEvent(
        id=new_id(),
        source=Source.TWILIO,
        external_id=fitting(external_id or f"odd:{hashlib.sha256(body).hexdigest()}"),
        kind=kind,
        object_id=fitting(object_id) or None,
        body=body,
        received_at=clock.now(),
    )


def _kept(event: ExternalEvent) -> Fields:
    return parse_qsl(event.body.decode(), keep_blank_values=True)


def _values(fields: Fields) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in fields:
        values.setdefault(name, value)
    return values


def _sid(values: dict[str, str]) -> str:
    return values.get("MessageSid") or values.get("SmsMessageSid") or values.get("SmsSid") or ""


def _status(values: dict[str, str]) -> str:
    return (values.get("MessageStatus") or values.get("SmsStatus") or "").lower()


def _channel(values: dict[str, str]) -> Channel | None:
    """By the prefix of either address; None for a channel that we do not speak."""
    prefixes = {values.get(name, "").partition(":")[0] for name in ("From", "To") if ":" in values.get(name, "")}
    if not prefixes:
        return Channel.SMS
    return Channel.WHATSAPP if prefixes == {"whatsapp"} else None


def _kind(values: dict[str, str]) -> Kind:
    named = _TYPES.get(values.get("MessageType", "").lower())
    if named is not None:
        return named
    files = _count(values)
    if files:
        claimed = values.get("MediaContentType0", "").lower()
        if re.fullmatch(r"text/(x-)?vcard(;.*)?", claimed):
            return Kind.CONTACTS
        return _FILES.get(claimed.partition("/")[0], Kind.DOCUMENT)
    if values.get("Latitude") and values.get("Longitude"):
        return Kind.LOCATION
    written = any(values.get(name, "").strip() for name in ("Body", "ButtonText", "ListTitle", "ButtonPayload"))
    return Kind.TEXT if written else Kind.UNSUPPORTED


def _count(values: dict[str, str]) -> int:
    number = values.get("NumMedia", "")
    return min(int(number), MOST_MEDIA) if number.isascii() and number.isdigit() and len(number) < 4 else 0


def _media(values: dict[str, str]) -> tuple[Media, ...]:
    found = (
        (values.get(f"MediaUrl{place}", ""), values.get(f"MediaContentType{place}", ""))
        for place in range(_count(values))
    )
    return tuple(Media(clean(url), clean(kind)[:100]) for url, kind in found if url)


def _place(values: dict[str, str]) -> str:
    names = [values.get("Label", ""), values.get("Address", "")]
    return clean(place(names, values.get("Latitude"), values.get("Longitude")))
