"""E-mail: an SMTP server that takes every message, and a mailbox for each address, whose owner can answer."""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import BaseModel, ConfigDict, Field

from sandbox.clock import Clock
from sandbox.outbox import Outbox, address
from sandbox.refusal import SandboxRefusal
from sandbox.settings import ROOT, Settings
from sandbox.store import Store

Object = dict[str, Any]
KIND = "mail"
LARGEST = 30_000_000
PATIENCE_S = 60.0


class Written(BaseModel):
    """What somebody writes from their mailbox: `answers` is the id of the e-mail that they answer; without it, they
    write anew. `quotes` whether their mailbox quotes it below, as most do."""

    model_config = ConfigDict(extra="forbid")

    sender: str = Field(alias="from", min_length=3, max_length=254)
    text: str = Field(max_length=100_000)
    subject: str = Field("Hello", max_length=200)
    answers: str | None = None
    quotes: bool = True


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """What has come, by address; newest last."""

    store: Store
    clock: Clock
    outbox: Outbox

    def keep(self, raw: bytes, recipients: list[str], returns_to: str) -> None:
        """One e-mail as it came. A message that comes twice under one Message-ID is shown once, as mailboxes do."""
        mail = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
        text, html = (_part(mail, kind) for kind in ("plain", "html"))
        for recipient in recipients:
            to = address(recipient)
            id_ = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{mail['Message-ID']} {to}"))
            if self.store.find(id_, KIND) is not None:
                continue
            name, sender = parseaddr(str(mail["From"]))
            self.store.save(
                {
                    "object": KIND, "id": id_, "to": to, "from": sender, "name": name,
                    "subject": str(mail["Subject"]), "message_id": str(mail["Message-ID"]).strip(),
                    "reply_to": parseaddr(str(mail["Reply-To"] or mail["From"]))[1], "returns_to": returns_to,
                    "unsubscribe": str(mail["List-Unsubscribe"] or "").strip().strip("<>"),
                    "text": text, "html": html, "at": self.clock.now().isoformat().replace("+00:00", "Z"),
                }
            )  # fmt: skip
            self.outbox.keep(to, "email", text)

    def read(self, to: str | None = None) -> list[Object]:
        """All of them, or one address's, oldest first."""
        rows = self.store.rows("SELECT body FROM objects WHERE kind = ? ORDER BY seq", KIND)
        found = [json.loads(row["body"]) for row in rows]
        return [one for one in found if not to or one["to"] == address(to)]

    async def write(self, written: Written) -> str:
        """Bring what somebody writes to the product, as a mail server does (`goodterms mail take`); what it said."""
        return await _piped(self._raw(written))

    def _raw(self, written: Written) -> bytes:
        mail = EmailMessage(policy=policy.SMTP)
        answered = self._answered(written.answers) if written.answers else None
        mail["From"] = written.sender
        mail["To"] = answered["reply_to"] if answered else self._ours()
        mail["Subject"] = f"Re: {answered['subject']}" if answered else written.subject
        mail["Message-ID"] = f"<{uuid.uuid4()}@mailbox.example>"
        mail["Date"] = format_datetime(self.clock.now())
        if answered:
            mail["In-Reply-To"] = mail["References"] = answered["message_id"]
        text = written.text
        if answered and written.quotes:
            quoted = "\n".join(f"> {line}" for line in answered["text"].splitlines())
            text = f"{text}\n\nOn {answered['at']}, {answered['name']} <{answered['from']}> wrote:\n{quoted}\n"
        mail.set_content(text)
        return mail.as_bytes()

    def _answered(self, id_: str) -> Object:
        found = self.store.find(id_, KIND)
        if found is None:
            raise SandboxRefusal("There is no such e-mail.", status=404, code="not_found")
        return found

    def _ours(self) -> str:
        sent = self.read()
        if not sent:
            raise SandboxRefusal("Nobody has written by e-mail yet, so no address of ours is known.", status=409)
        return str(sent[-1]["from"])


class MailServer:
    """Takes what is brought on the loopback address, from an event loop of its own."""

    def __init__(self, mailboxes: Mailboxes, settings: Settings) -> None:
        self._mailboxes = mailboxes
        port = settings.smtp_port if settings.plays_mail else 0
        self._controller = Controller(self, hostname="127.0.0.1", port=port, data_size_limit=LARGEST) if port else None

    def start(self) -> None:
        """Listen, where the product sends here."""
        if self._controller is not None:
            self._controller.start()

    def stop(self) -> None:
        """Let go of the port."""
        if self._controller is not None:
            self._controller.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """One e-mail has come."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self._mailboxes.keep(content, list(envelope.rcpt_tos), envelope.mail_from or "")
        return "250 2.0.0 Kept"


async def _piped(raw: bytes) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.cli", "mail", "take",
        cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = await asyncio.wait_for(process.communicate(raw), PATIENCE_S)
    except TimeoutError:
        process.kill()
        raise SandboxRefusal("The product did not take it in time.", status=504) from None
    if process.returncode:
        raise SandboxRefusal(f"The product did not take it: {said.decode(errors='replace')[:300]}", status=502)
    return said.decode(errors="replace").strip()


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    return str(part.get_content()).replace("\r\n", "\n").strip() if part is not None else ""
