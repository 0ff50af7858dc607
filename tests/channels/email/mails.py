"""E-mails as they come: somebody's answer, a server's notification, an absence note."""

from __future__ import annotations

import uuid
from email.message import EmailMessage
from email.policy import SMTP

from bot.channels.email import addresses
from bot.models import Conversation, Delivery
from tests.channels.mail_server import ADDRESS, FROM

QUOTED = """

On Mon, 2 Mar 2026 at 15:00, Juniper & Finch Home <hello@juniperfinch.example> wrote:
> There's a message
> for you.
"""


def answer(conversation: Conversation | None, text: str = "Hello", *, sender: str = ADDRESS, **headers: str) -> bytes:
    """What a person's mailbox sends: to our answer's address where there is a conversation, else to us."""
    mail = EmailMessage(policy=SMTP)
    to = addresses.answer_to(conversation.id, conversation.address or "") if conversation else FROM
    mail["From"] = headers.pop("From", f"Maya <{sender}>")
    mail["To"] = headers.pop("To", to)
    mail["Subject"] = headers.pop("Subject", "Re: A message")
    mail["Message-ID"] = headers.pop("Message_ID", f"<{uuid.uuid4()}@mail.example.com>")
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def with_file(conversation: Conversation, text: str, body: bytes, kind: str, name: str) -> bytes:
    """The same with a file."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = ADDRESS, addresses.answer_to(conversation.id, conversation.address or "")
    mail["Subject"], mail["Message-ID"] = "Re: A message", f"<{uuid.uuid4()}@mail.example.com>"
    mail.set_content(text)
    main, _, sub = kind.partition("/")
    mail.add_attachment(body, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes()


def report(delivery: Delivery, status: str = "5.1.1", action: str = "failed", to: str | None = None) -> bytes:
    """A delivery status notification (RFC 3464), as Postfix writes it."""
    back = to or addresses.comes_back_to(delivery.id)
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.example.com (Mail Delivery System)
To: {back}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Message-ID: <{status}.{action}@mx.example.com>
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
Arrival-Date: Mon, 2 Mar 2026 15:00:00 +0000

Final-Recipient: rfc822; {delivery.address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user

--b1
Content-Type: text/rfc822-headers

Message-ID: {addresses.message_id(str(delivery.id))}

--b1--
""".replace("\n", "\r\n").encode()
