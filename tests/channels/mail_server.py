"""A real SMTP server that does what a test scripts, on a port of its own."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.settings import Settings

ADDRESS = "maya@example.com"
FROM = "hello@juniperfinch.example"


@dataclass
class Box:
    """What a server has taken, and what it answers; None takes a step as usual."""

    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    connections: int = 0
    on_mail: str | None = None
    on_recipient: str | None = None
    on_data: str | None = None
    drops_at_data: bool = False
    drops_after_data: bool = False
    port: int = 0

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.on_mail:
            return self.on_mail
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.on_recipient:
            return self.on_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.on_data:
            return self.on_data
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.raw.append(content)
        self.senders.append(envelope.mail_from or "")
        self.mails.append(message_from_bytes(content, _class=EmailMessage, policy=policy.default))
        if self.drops_after_data:
            server.transport.abort()
        return "250 OK"


@contextlib.contextmanager
def mail_server() -> Iterator[Box]:
    """A server on the loopback interface; its box."""
    box = Box()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    box.port = port
    try:
        yield box
    finally:
        controller.stop()


def settings_of(port: int, **given: object) -> Settings:
    """Settings that send there."""
    values = {"GT_SMTP_HOST": "127.0.0.1", "GT_SMTP_PORT": port, "GT_SMTP_TLS": "off", "GT_SMTP_FROM": FROM}
    return Settings(**{**values, **given})  # type: ignore[arg-type]
