"""What Meta sends us from WhatsApp: batches, checked and taken apart, each part kept, then read (T3)."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

from bot import clock
from bot.channels.card_free import card_free_json
from bot.channels.delivery_news import DeliveryNews, status_of
from bot.channels.inbound_message import InboundMessage, Kind, Media, clean, fitting, place
from bot.db import new_id
from bot.errors import Forged, Malformed
from bot.models import Channel, ExternalEvent, Provider, Source
from bot.phone_numbers import e164
from bot.settings import settings

Json = dict[str, Any]

# Ids and addresses, which may look like a card's number and are none (P3).
_IDS = frozenset(
    {"id", "from", "to", "user_id", "from_user_id", "recipient_id", "group_id", "wa_id", "biz_opaque_callback_data"}
)
_LONGEST_NUMBER = 30
_WITHIN_SECOND = dt.timedelta(microseconds=999_999)
_WIDEST_CODE = 2**31
_FILES = {
    "image": Kind.IMAGE,
    "audio": Kind.AUDIO,
    "video": Kind.VIDEO,
    "document": Kind.DOCUMENT,
    "sticker": Kind.STICKER,
}
_OTHERS = {
    "contacts": Kind.CONTACTS,
    "order": Kind.ORDER,
    "reaction": Kind.REACTION,
    # What the app does by itself; nobody has said anything.
    "request_welcome": Kind.SYSTEM,
    "revoke": Kind.SYSTEM,
}
_SYSTEM = {
    "user_changed_number": Kind.NUMBER_CHANGED,
    "customer_changed_number": Kind.NUMBER_CHANGED,
    "customer_identity_changed": Kind.IDENTITY_CHANGED,
}


def challenge(mode: str, token: str, answer: str, *, verify_token: str) -> str:
    """What Meta wants to hear when the webhook is set up. Raises `Forged` for another mode or token."""
    if mode != "subscribe" or not hmac.compare_digest(token.encode(), verify_token.encode()):
        raise Forged("The token of this webhook does not hold.")
    return answer


def signed(raw: bytes, signature: str, *, app_secret: str) -> Any:
    """The JSON that Meta has signed: `sha256=` and the HMAC of the raw body in hex. Raises `Forged`, `Malformed`."""
    right = f"sha256={hmac.new(app_secret.encode(), raw, hashlib.sha256).hexdigest()}"
    if not app_secret or not hmac.compare_digest(right.encode(), signature.encode()):
        raise Forged("The signature of this webhook does not hold.")
    try:
        return json.loads(raw, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise Malformed("The body is not valid JSON.") from error


def events(batch: Any) -> list[ExternalEvent]:
    """Every message and status of a batch as it is kept, in their order: a message under its sender's number, a status
    under the message's id. What is another number's or of another kind is left out; what is odd is kept as done."""
    if not isinstance(batch, dict) or batch.get("object") != "whatsapp_business_account":
        return []
    found = []
    for value in _values(batch):
        found += [_message_event(value, item) for item in _list(value, "messages")]
        found += [_status_event(value, item) for item in _list(value, "statuses")]
    return found


def read(event: ExternalEvent) -> InboundMessage | None:
    """The message that was kept; None for what is none."""
    item = _item(event, "messages")
    number = e164(_text(item, "from"))
    if number is None or not _text(item, "id"):
        return None
    kind, words, choice_id, media = _content(item)
    return InboundMessage(
        Provider.META,
        Channel.WHATSAPP,
        number,
        _text(item, "id"),
        kind,
        clean(words).strip(),
        choice_id=choice_id or None,
        media=media,
        at=_said_at(_text(item, "timestamp"), event),
    )


def read_news(event: ExternalEvent) -> DeliveryNews | None:
    """What a status says of a delivery; None for a word that we do not know."""
    item = _item(event, "statuses")
    status = status_of(Provider.META, _text(item, "status"))
    if status is None:
        return None
    faults = [fault for fault in _list(item, "errors") if isinstance(fault, dict)]
    code = faults[0].get("code") if faults else None
    return DeliveryNews(
        Provider.META,
        fitting(_text(item, "id")),
        _text(item, "biz_opaque_callback_data") or None,
        status,
        code if isinstance(code, int) and abs(code) < _WIDEST_CODE else None,
        _instant(_text(item, "timestamp")) or event.received_at,
    )


def _whole(digits: str) -> int | str:
    """One number that nobody can read must not lose the batch."""
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def _values(batch: Json) -> Iterator[Json]:
    """The `value` of every change that is about messages of our own number."""
    own = settings().meta_phone_number_id
    for entry in _list(batch, "entry"):
        for change in _list(entry, "changes"):
            value = change.get("value") if isinstance(change, dict) and change.get("field") == "messages" else None
            if isinstance(value, dict) and (not own or _text(_dict(value, "metadata"), "phone_number_id") == own):
                yield value


def _message_event(value: Json, item: Any) -> ExternalEvent:
    item = item if isinstance(item, dict) else {"odd": item}
    id, sender = _text(item, "id"), _text(item, "from")
    kind = "system" if _text(item, "type") == "system" else "message"
    number = e164(sender)
    if "contacts" in item:  # somebody else's name and number, which nobody has asked for
        item = {**item, "contacts": []}
    event = _event(id, kind if id else "odd", number or sender, value, "messages", item)
    if not id:
        event.processed_at, event.error = event.received_at, "odd"
    elif number is None or _text(item, "group_id"):
        event.processed_at, event.error = event.received_at, "no_number"
    return event


def _status_event(value: Json, item: Any) -> ExternalEvent:
    id, status = _text(item, "id"), _text(item, "status")
    event = _event(f"{id}:{status}" if id and status else "", "status", id, value, "statuses", item)
    if not id or not status:
        event.kind, event.processed_at, event.error = "odd", event.received_at, "odd"
    return event


def _event(external_id: str, kind: str, object_id: str, value: Json, list_name: str, item: Any) -> ExternalEvent:
    """Meta's `value` cut down to this one item, without card numbers (P3)."""
    own = {"phone_number_id": _text(_dict(value, "metadata"), "phone_number_id")}
    kept = {"metadata": own, list_name: [card_free_json(item, _IDS)]}
    body = json.dumps(kept).encode()
    return ExternalEvent(
        id=new_id(),
        source=Source.META,
        external_id=fitting(external_id or f"odd:{hashlib.sha256(body).hexdigest()}"),
        kind=kind,
        object_id=fitting(object_id) or None,
        body=body,
        received_at=clock.now(),
    )


def _content(item: Json) -> tuple[Kind, str, str, tuple[Media, ...]]:
    """What is in it: its kind, its words, the id of what was tapped, its file."""
    type_ = _text(item, "type")
    part = _dict(item, type_)
    if type_ == "text":
        words = _text(part, "body")
        return (Kind.TEXT if words.strip() else Kind.UNSUPPORTED), words, "", ()
    if type_ == "button":
        return Kind.TEXT, _text(part, "text"), _text(part, "payload"), ()
    if type_ == "interactive":
        reply = _dict(part, "button_reply") or _dict(part, "list_reply")
        return (Kind.TEXT if reply else Kind.UNSUPPORTED), _text(reply, "title"), _text(reply, "id"), ()
    if type_ in _FILES:
        id, name = clean(_text(part, "id")), clean(_text(part, "filename"))[:200]
        media = (Media(id, clean(_text(part, "mime_type"))[:100], name or None),) if id else ()
        return _FILES[type_], _text(part, "caption"), "", media
    if type_ == "location":
        return Kind.LOCATION, _place(part), "", ()
    if type_ == "system":
        return _SYSTEM.get(_text(part, "type"), Kind.SYSTEM), "", "", ()
    return _OTHERS.get(type_, Kind.UNSUPPORTED), "", "", ()


def _place(part: Json) -> str:
    names = [_text(part, "name"), _text(part, "address")]
    return place(names, part.get("latitude"), part.get("longitude"))


def _item(event: ExternalEvent, list_name: str) -> Json:
    found = _list(json.loads(event.body), list_name)
    return found[0] if found and isinstance(found[0], dict) else {}


def _instant(written: str) -> dt.datetime | None:
    """Seconds since 1970 as Meta writes them; never ahead of our clock."""
    try:
        return min(dt.datetime.fromtimestamp(int(written), dt.UTC), clock.now())
    except (ValueError, OverflowError, OSError):
        return None


def _said_at(written: str, event: ExternalEvent) -> dt.datetime:
    """Meta gives whole seconds: the end of this one, so that nothing seems older than what it answers; and no later
    than it came."""
    instant = _instant(written)
    return min(instant + _WITHIN_SECOND, event.received_at) if instant is not None else event.received_at


def _list(thing: Any, name: str) -> list[Any]:
    found = thing.get(name) if isinstance(thing, dict) else None
    return found if isinstance(found, list) else []


def _dict(thing: Any, name: str) -> Json:
    found = thing.get(name) if isinstance(thing, dict) else None
    return found if isinstance(found, dict) else {}


def _text(thing: Any, name: str) -> str:
    """A string, or nothing for whatever else stands there."""
    found = thing.get(name) if isinstance(thing, dict) else None
    return found if isinstance(found, str) else ""
