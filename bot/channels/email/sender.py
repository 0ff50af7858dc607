"""The way out by SMTP. What the server says decides what becomes of a message (RFC 5321, RFC 3463).

Until the end of DATA nothing has been taken, and a broken connection is a message to send again. After it, nobody
knows: it is sent once more later, under the same Message-ID, by which most mailboxes show it once.
"""

from __future__ import annotations

import datetime as dt
import re
import smtplib
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from email.errors import MessageError

from bot.channels.base import Capabilities, FailureReason, Outgoing, Sender, SendFailed, Sent
from bot.channels.email import addresses, writing
from bot.channels.email.answers import reason_of
from bot.errors import InvalidInput
from bot.settings import Settings

SERVICE = "smtp"
IDLE_S = 20.0  # a connection that has rested longer is not trusted
KEPT = 4
CLOSING = 421  # what a server says to a connection that has rested too long for it
LONGEST = 100_000


class MailSender:
    """Keeps a few connections, each used by one thread at a time."""

    name = "email"
    capabilities = Capabilities(max_length=LONGEST)
    grace = dt.timedelta(minutes=2)

    def __init__(self, own: Settings) -> None:
        self._own = own
        self._idle: list[tuple[float, smtplib.SMTP]] = []
        self._lock = threading.Lock()

    def send(self, message: Outgoing) -> Sent:
        """Hand one e-mail to the server. Raises `SendFailed`, or `InvalidInput` for what could never be carried."""
        if message.mail is None:
            raise InvalidInput("An e-mail needs its subject.", about=message.reference)
        to = _envelope(message.to)
        try:
            whole = writing.written(replace(message, to=to), message.mail)
            sender, own_id = addresses.comes_back_to(writing.delivery_id(message)), str(whole["Message-ID"])
            body = whole.as_bytes()
        except (ValueError, IndexError, MessageError) as error:  # each is a way of its to refuse a header
            raise InvalidInput("This e-mail cannot be written.", about=message.reference) from error
        server = self._begun(sender, to)
        try:
            _data(server, body)
        except BaseException:
            _hang_up(server)
            raise
        self._keep(server)
        return Sent(own_id)

    def find(self, message: Outgoing, since: dt.datetime) -> Sequence[Sent]:
        """A mail server cannot be asked."""
        return ()

    def close(self) -> None:
        """Let go of the connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, server in idle:
            _hang_up(server)

    def _begun(self, sender: str, to: str) -> smtplib.SMTP:
        """A connection on which the server has taken sender and recipient; for a kept one that is dead, another."""
        while (kept := self._taken()) is not None:
            try:
                return _addressed(kept, sender, to)
            except SendFailed as error:
                _hang_up(kept)
                if error.provider_code not in (None, CLOSING):
                    raise
        server = self._connected()
        try:
            return _addressed(server, sender, to)
        except BaseException:
            _hang_up(server)
            raise

    def _taken(self) -> smtplib.SMTP | None:
        with self._lock:
            while self._idle:
                rested_since, server = self._idle.pop()
                if time.monotonic() - rested_since < IDLE_S:
                    return server
                _hang_up(server)
        return None

    def _keep(self, server: smtplib.SMTP) -> None:
        with self._lock:
            if len(self._idle) < KEPT:
                self._idle.append((time.monotonic(), server))
                return
        _hang_up(server)

    def _connected(self) -> smtplib.SMTP:
        own = self._own
        context = ssl.create_default_context()
        server: smtplib.SMTP | None = None
        try:
            if own.smtp_tls == "tls":
                server = smtplib.SMTP_SSL(own.smtp_host, own.smtp_port, timeout=own.smtp_timeout, context=context)
            else:
                server = smtplib.SMTP(own.smtp_host, own.smtp_port, timeout=own.smtp_timeout)
            if own.smtp_tls == "starttls":
                server.starttls(context=context)
            if own.smtp_user and own.smtp_password:
                server.login(own.smtp_user, own.smtp_password.get_secret_value())
        except (smtplib.SMTPException, OSError) as error:
            if server is not None:
                _hang_up(server)
            raise _not_begun(error) from error
        return server


def sender(own: Settings) -> Sender:
    """The way out that the settings describe. Raises `SendFailed` when they describe none."""
    if not own.smtp_host:
        raise SendFailed("E-mail is off: GT_SMTP_HOST names no server.", service=SERVICE, reason=FailureReason.REFUSED)
    return MailSender(own)


def _envelope(address: str) -> str:
    """The address as every server takes it. Raises `SendFailed` for one that none does."""
    name, _, domain = address.rpartition("@")
    try:
        plain = f"{name}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        plain = ""
    if addresses.normal(plain) is None or not plain.isascii():
        raise SendFailed("This address takes no e-mail.", service=SERVICE, reason=FailureReason.BAD_ADDRESS)
    return plain


def _addressed(server: smtplib.SMTP, sender: str, to: str) -> smtplib.SMTP:
    try:
        server.ehlo_or_helo_if_needed()
        _expect(server.mail(sender), "sender")
        _expect(server.rcpt(to), "recipient")
    except (smtplib.SMTPException, OSError) as error:
        raise _not_begun(error) from error
    return server


def _data(server: smtplib.SMTP, body: bytes) -> None:
    """Raises `SendFailed`: of an unknown outcome from the moment on at which the server may have all of it."""
    try:
        _expect(server.docmd("DATA"), "data")
    except (smtplib.SMTPException, OSError) as error:
        raise _not_begun(error) from error
    try:
        # A line that begins with a dot gets another: a dot alone is the end (RFC 5321, 4.5.2).
        server.send(re.sub(rb"(?m)^\.", b"..", body) + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        answer = server.getreply()
    except (smtplib.SMTPException, OSError) as error:
        message = "The mail server's answer did not come; the e-mail may have been taken."
        raise SendFailed(message, service=SERVICE, reason=FailureReason.UNKNOWN_OUTCOME) from error
    _expect(answer, "data")


def _expect(answer: tuple[int, bytes], step: str) -> None:
    code, text = answer
    if code // 100 in (2, 3):
        return
    reason = reason_of(code, text, step)
    raise SendFailed("The mail server did not take it.", service=SERVICE, reason=reason, provider_code=code)


def _not_begun(error: Exception) -> SendFailed:
    """What went wrong before anything was taken. Nothing of it is the message's fault."""
    match error:
        case smtplib.SMTPAuthenticationError() | smtplib.SMTPNotSupportedError() | ssl.SSLError():
            reason = FailureReason.SETUP
        case _:
            reason = FailureReason.UNAVAILABLE
    code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None
    return SendFailed(
        f"The mail server cannot be used: {type(error).__name__}.", service=SERVICE, reason=reason, provider_code=code
    )


def _hang_up(server: smtplib.SMTP) -> None:
    server.close()
