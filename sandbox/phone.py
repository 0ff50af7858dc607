"""A customer's phone: writes by SMS or WhatsApp, sends pictures and places, taps what is offered."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox.media import Cabinet, sample
from sandbox.opt_outs import OptOuts
from sandbox.outbox import address
from sandbox.people import name_of
from sandbox.refusal import SandboxRefusal
from sandbox.thread import WINDOW, Channel, Provider, Threads
from sandbox.twilio_request import possible

Object = dict[str, Any]
TYPING_S = 25
# By the first part of a content type: what a message with such a file is.
_KINDS = {"image": "photo", "audio": "voice", "application": "document", "text": "document", "video": "document"}


class Place(BaseModel):
    """A place on the map."""

    model_config = ConfigDict(extra="forbid")

    latitude: float = Field(default=29.4252, ge=-90, le=90)
    longitude: float = Field(default=-98.4946, ge=-180, le=180)
    name: str = "Main Plaza"
    address: str = "115 N Main Ave"


class File(BaseModel):
    """A file of one's own: `data` is base64."""

    model_config = ConfigDict(extra="forbid")

    content_type: str = Field(pattern=r"^[a-z]+/[\w.+-]+$")
    data: str


class Reaction(BaseModel):
    """An emoji on a message; an empty one takes it back."""

    model_config = ConfigDict(extra="forbid")

    emoji: str
    message: str | None = None


class Texted(BaseModel):
    """One message from a phone. `text` goes with `media` as its caption; otherwise exactly one field says what it is.

    `choice` is the id or the title of something offered; `message` is the id of the message that it stands in, or that
    is answered, else the latest. `new_number` is Meta's word that a customer has moved to another number.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    sender: str = Field(alias="from")
    channel: Channel = "sms"
    provider: Provider = "twilio"
    text: str | None = Field(default=None, max_length=20_000)
    choice: str | None = None
    media: Literal["photo", "document", "voice", "sticker"] | File | None = None
    location: Place | None = None
    reaction: Reaction | None = None
    unsupported: bool = False
    new_number: str | None = None
    message: str | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Texted:
        things = (self.choice, self.media, self.location, self.reaction, self.new_number, self.unsupported or None)
        named = sum(thing is not None for thing in things)
        captioned = self.text is None or self.media is not None
        if named > 1 or (named == 1 and not captioned) or (named == 0 and self.text is None):
            raise ValueError("say one thing: text, choice, media, location, reaction, unsupported or new_number")
        return self


class Carrier(Protocol):
    """Brings what a customer writes to the product."""

    def new_id(self, *, with_media: bool) -> str:
        """A message's id at this provider."""
        ...

    def take(self, bubble: Object) -> None:
        """Send the webhook."""
        ...


@dataclass(frozen=True, slots=True)
class Phone:
    """Every customer's. `carriers` by provider; SMS is Twilio's."""

    threads: Threads
    cabinet: Cabinet
    opt_outs: OptOuts
    carriers: dict[str, Carrier]

    def write(self, texted: Texted) -> Object:
        """Send a message to the business; gives its bubble. Raises `SandboxRefusal` for what no phone could send."""
        number = address(texted.sender)
        if not possible(number):
            raise SandboxRefusal("That is no phone number.", status=422, code="invalid_input")
        provider = "twilio" if texted.channel == "sms" else texted.provider
        carrier = self.carriers[provider]
        id = carrier.new_id(with_media=texted.media is not None)
        bubble = {
            "id": id,
            "number": number,
            "channel": texted.channel,
            "provider": provider,
            "side": "phone",
            "name": name_of(number),
            **self._said(texted, number, id, provider),
        }
        with self.threads.store.transaction():
            bubble = self.threads.keep(bubble)
            carrier.take(bubble)
        return bubble

    def thread(self, number: str, channel: str) -> Object:
        """Everything that the phone shows, as `GET /sandbox/phone/thread` answers it."""
        number, now = address(number), self.threads.clock.now()
        bubbles = self.threads.read(number, channel)
        windows = {}
        for provider in ("twilio", "meta"):
            wrote = self.threads.last_written(number, provider)
            windows[provider] = _written(wrote + WINDOW) if wrote and now < wrote + WINDOW else None
        return {
            "number": number,
            "channel": channel,
            "now": _written(now),
            "bubbles": bubbles,
            "windows": windows if channel == "whatsapp" else {},
            "opted_out": channel == "sms" and self.opt_outs.holds(number),
            "typing": self._is_typing(bubbles),
        }

    def _said(self, texted: Texted, number: str, id: str, provider: str) -> Object:
        text = texted.text or ""
        if texted.media is not None:
            return {"text": text, **self._file(texted.media, id, provider)}
        if texted.channel == "sms" and texted.text is None:
            raise SandboxRefusal("A text message carries words and pictures only.", status=422, code="invalid_input")
        if texted.choice is not None:
            return self._choice(texted.choice, texted.message, number, provider)
        if texted.location is not None:
            return {"kind": "location", "location": texted.location.model_dump()}
        if texted.reaction is not None:
            return {
                "kind": "reaction",
                "text": texted.reaction.emoji,
                "context": texted.reaction.message or self._latest(number, provider)["id"],
            }
        if texted.new_number is not None or texted.unsupported:
            if provider != "meta":
                raise SandboxRefusal("Only Meta tells of this.", status=422, code="invalid_input")
            moved = texted.new_number is not None
            return {"kind": "new_number" if moved else "unsupported", "text": address(texted.new_number or "")}
        return {"kind": "text", "text": text, "context": texted.message}

    def _file(self, wanted: str | File, id: str, provider: str) -> Object:
        if isinstance(wanted, File):
            kind = _KINDS.get(wanted.content_type.partition("/")[0], "document")
            try:
                type, content = wanted.content_type, base64.b64decode(wanted.data, validate=True)
            except binascii.Error as error:
                raise SandboxRefusal("The file is no base64.", status=422, code="invalid_input") from error
        else:
            kind, (type, content) = wanted, sample(wanted)
        media_id = "ME" + secrets.token_hex(16) if provider == "twilio" else str(10**15 + secrets.randbelow(9 * 10**15))
        medium = self.cabinet.keep(media_id, id, type, content)
        return {"kind": kind, "media": [{"id": medium.id, "type": type, "sha256": medium.sha256}]}

    def _choice(self, wanted: str, message: str | None, number: str, provider: str) -> Object:
        offering = self.threads.find(message) if message else self._latest(number, provider, offering=True)
        for choice in (offering or {}).get("choices", []):
            if wanted == choice["id"] or wanted.casefold() == choice["title"].casefold():
                assert offering is not None
                chosen = {**choice, "style": offering["kind"]}
                return {"kind": "choice", "text": choice["title"], "chosen": chosen, "context": offering["id"]}
        raise SandboxRefusal("Nothing of that name is offered on this phone.", status=409)

    def _latest(self, number: str, provider: str, *, offering: bool = False) -> Object:
        for bubble in reversed(self.threads.read(number, "whatsapp")):
            ours = bubble["side"] == "business" and bubble["provider"] == provider
            if ours and not bubble.get("error") and (bubble["choices"] or not offering):
                return bubble
        raise SandboxRefusal("There is no message to answer to on this phone.", status=409)

    def _is_typing(self, bubbles: list[Object]) -> bool:
        for bubble in reversed(bubbles):
            if bubble["side"] == "business":
                return False
            if "typing_at" in bubble:
                return bool(self.threads.clock.timestamp() - bubble["typing_at"] < TYPING_S)
        return False


def _written(instant: dt.datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")
