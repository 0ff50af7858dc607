"""An e-mail that came, read: a message for a conversation, news of a delivery, or a machine's, which nobody answers."""

from __future__ import annotations

import base64
import email
import email.policy
import email.utils
import hashlib
import re
from email.message import EmailMessage, MIMEPart
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from bot import clock
from bot.channels.card_free import card_free
from bot.channels.delivery_news import DeliveryNews
from bot.channels.email import addresses, bounces, plain_text, quoting
from bot.channels.inbound_message import InboundMessage, Kind, Media, clean, fitting
from bot.channels.media_kinds import LONGEST, plain
from bot.conversations import keywords
from bot.db import new_id
from bot.models import Channel, DeliveryStatus, ExternalEvent, Provider, Source

# Where the address stands to which it really came, as servers write it; the last ones are what the sender wrote.
TOLD_TO = "X-Original-To"
_RECIPIENTS = (TOLD_TO, "Delivered-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
_MACHINES = re.compile(r"^(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)(?:[+@-]|$)", re.IGNORECASE)
MOST_FILES = 10
Kept = dict[str, Any]
_KINDS = {"image": Kind.IMAGE, "audio": Kind.AUDIO, "video": Kind.VIDEO}


class What(StrEnum):
    """What an e-mail is to us, as it is kept in `ExternalEvent.kind`."""

    MESSAGE = "message"
    STATUS = "status"
    MACHINE = "machine"


def event_of(raw: bytes) -> ExternalEvent:
    """The e-mail `raw` (RFC 5322) as it is taken in; one that comes twice has the same id.

    What is kept is what was read of it: the answer without what it quotes, its files, and no card number (P3).
    """
    mail = _parsed(raw)
    what, sender = _what(mail), _sender(mail)
    own_id = str(mail.get("Message-ID", "")).strip()
    identity = own_id if own_id else hashlib.sha256(raw).hexdigest()
    delivery = bounces.delivery_in(mail, recipients(mail))
    return ExternalEvent(
        id=new_id(),
        source=Source.SMTP,
        external_id=fitting(f"{sender if what is What.MESSAGE else delivery}:{what}:{identity}", longest=0),
        kind=what,
        object_id=(sender if what is What.MESSAGE else str(delivery) if delivery else None),
        body=orjson.dumps(_kept(mail, what, sender, delivery)),
        received_at=clock.now(),
    )


def read(event: ExternalEvent) -> InboundMessage | None:
    """The message that was kept; None for what is none."""
    kept: Kept = orjson.loads(event.body)
    if "from" not in kept:
        return None
    files = tuple(
        Media(f"mail:{place}", file["type"], file["name"], base64.b64decode(file["body"]))
        for place, file in enumerate(kept.get("files", ()))
    )
    return InboundMessage(
        provider=Provider.SMTP,
        channel=Channel.EMAIL,
        address=kept["from"],
        external_id=event.external_id,
        kind=Kind.TEXT if kept["text"] or not files else _kind(files[0]),
        text=kept["text"],
        media=files,
        answers_us=kept["answers_us"],
    )


def read_news(event: ExternalEvent) -> DeliveryNews | None:
    """What became of an e-mail of ours."""
    kept: Kept = orjson.loads(event.body)
    if "status" not in kept:
        return None
    delivery = UUID(kept["delivery"])
    status, code = DeliveryStatus(kept["status"]), kept["code"]
    return DeliveryNews(Provider.SMTP, addresses.message_id(str(delivery)), delivery, status, code)


def without_files(body: bytes) -> bytes:
    """What was kept, once its files stand with their message."""
    kept: Kept = orjson.loads(body)
    return body if not kept.pop("files", None) else orjson.dumps(kept)


def _kept(mail: EmailMessage, what: What, sender: str | None, delivery: UUID | None) -> Kept:
    if what is What.STATUS and delivery is not None:
        news = bounces.news_of(mail, delivery)
        told = {"status": news.status, "code": news.code} if news is not None else {}
        return {"delivery": str(delivery), **told}
    if what is not What.MESSAGE or sender is None:
        return {}
    return {
        "from": sender,
        "answers_us": any(addresses.answered(to, sender) is not None for to in recipients(mail)),
        "text": card_free(_text(mail)),
        "files": _files(mail),
    }


def recipients(mail: EmailMessage) -> list[str]:
    """Every address to which it came, as far as its headers tell."""
    written = [str(value) for name in _RECIPIENTS for value in mail.get_all(name, [])]
    return [address for _, address in email.utils.getaddresses(written) if address]


def _parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)


def _what(mail: EmailMessage) -> What:
    """News is believed only at the address that we made for it; a machine's own word is never answered (RFC 3834)."""
    is_back = bounces.delivery_in(mail, recipients(mail)) is not None
    if is_back and (bounces.is_report(mail) or _is_daemon(mail)):
        return What.STATUS
    return What.MACHINE if _is_machine(mail) else What.MESSAGE


def _is_daemon(mail: EmailMessage) -> bool:
    """Whether a mail server wrote it itself, as older ones tell in free words. Notes of absence come here, too."""
    sender = _sender(mail)
    return sender is None or sender.startswith(("mailer-daemon@", "postmaster@"))


def _is_machine(mail: EmailMessage) -> bool:
    auto = str(mail.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    precedence = str(mail.get("Precedence", "")).strip().lower()
    sender = _sender(mail)
    return (
        auto != "no"
        or precedence in ("bulk", "junk", "list", "auto_reply")
        or any(name in mail for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response", "List-Id"))
        or bounces.is_report(mail)
        or str(mail.get("Return-Path", "")).strip() == "<>"
        or sender is None
        or _MACHINES.match(sender) is not None
    )


def _sender(mail: EmailMessage) -> str | None:
    found = email.utils.getaddresses([str(value) for value in mail.get_all("From", [])][:1])
    return addresses.normal(found[0][1]) if found else None


def _text(mail: EmailMessage) -> str:
    """The words; where there are none, a subject that is a keyword, as when somebody asks to hear no more."""
    part = mail.get_body(preferencelist=("plain", "html"))
    said = _content(part) if part is not None else ""
    if part is not None and part.get_content_type() == "text/html":
        said = plain_text.words_of(said[: 10 * quoting.LOOKED_AT])
    answer = clean(quoting.answer_in(said)) if said.strip() else ""
    subject = clean(str(mail.get("Subject", "")))
    if not answer and keywords.read(subject, refused=False) is not None:
        return subject.strip()
    return answer


def _content(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError, KeyError, ValueError):  # a character set that nobody knows
        raw = part.get_payload(decode=True)
        return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""


def _files(mail: EmailMessage) -> list[Kept]:
    found: list[Kept] = []
    for part in mail.iter_attachments():
        raw = part.get_payload(decode=True)
        if not isinstance(raw, bytes):
            continue
        name = card_free(clean(part.get_filename() or ""))[:200] or None
        body = base64.b64encode(raw).decode() if len(raw) <= LONGEST else ""
        found.append({"type": plain(part.get_content_type()), "name": name, "body": body})
        if len(found) == MOST_FILES:
            break
    return found


def _kind(file: Media) -> Kind:
    return _KINDS.get(file.content_type.partition("/")[0], Kind.DOCUMENT)
