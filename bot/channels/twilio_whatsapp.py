"""WhatsApp by Twilio. Buttons, lists and templates are kept there first, as contents, and then sent by their ids.

A content holds only how many choices there are and how the lines of the text stand. Titles, ids and text are its
variables, which both types allow, so nothing about a customer stays there, and a few dozen contents serve for all.
https://www.twilio.com/docs/content/twilio-quick-reply, https://www.twilio.com/docs/content/twiliolist-picker
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
from collections.abc import Sequence
from typing import Any, Protocol

import httpx

from bot.channels.base import FailureReason, Outgoing, SendFailed, Sent, Style, Template, of_whatsapp
from bot.channels.stored_contents import StoredContents
from bot.channels.twilio import GRACE, MAX_LENGTH, same_text
from bot.channels.twilio_api import TIMEOUT, TwilioApi
from bot.db import database
from bot.errors import InvalidInput
from bot.settings import Settings

# https://www.twilio.com/docs/content/using-variables-with-content-api
MOST_VARIABLES = 100
# The content is not there (any more), or not ours.
GONE = (21655, 21658, 20404)


class Contents(Protocol):
    """Where the ids of contents are remembered, by a key of ours."""

    def find(self, key: str) -> str | None:
        """The id under `key`."""
        ...

    def keep(self, key: str, content_sid: str) -> None:
        """Remember it."""
        ...

    def forget(self, key: str) -> None:
        """It is no good any more."""
        ...


class TwilioWhatsApp:
    """A `Sender` for WhatsApp. `sender` is our number in E.164 or a messaging service id (MG…)."""

    name = "whatsapp"
    capabilities = of_whatsapp(MAX_LENGTH)
    grace = GRACE

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        sender: str,
        contents: Contents,
        api_base: str = "https://api.twilio.com",
        content_base: str = "https://content.twilio.com",
        *,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._sender = sender
        self._contents = contents
        self._api = TwilioApi(account_sid, auth_token, api_base, content_base, timeout=timeout)

    def send(self, message: Outgoing) -> Sent:
        """Send one message. Raises `InvalidInput` for an empty or over-long body (T4), `SendFailed` for the rest.

        Choices that Twilio will not keep or show go out as lines of text instead (T5).
        """
        if not message.body.strip() or len(message.body) > MAX_LENGTH:
            raise InvalidInput(f"A WhatsApp message has 1 to {MAX_LENGTH} characters.", about=message.reference)
        if message.template is not None:
            return self._with_content(message, _of_template(message.template), message.template.content_sid)
        if message.style == Style.PLAIN:
            return self._as_text(message, message.body)
        content = _of_choices(message)
        if len(content["variables"]) > MOST_VARIABLES:
            return self._as_text(message, message.plain or message.body)
        try:
            return self._with_content(message, content)
        except _NotShown:
            return self._as_text(message, message.plain or message.body)

    def find(self, message: Outgoing, since: dt.datetime) -> Sequence[Sent]:
        """The same text to the same number, taken since then. Raises `SendFailed`."""
        taken = self._api.taken(f"whatsapp:{message.to}", since, message.reference)
        texts = [message.body, message.plain or message.body]
        return [sent for sent, body in taken if any(same_text(body, text) for text in texts)]

    def close(self) -> None:
        """Let go of the connections."""
        self._api.close()

    def _as_text(self, message: Outgoing, body: str) -> Sent:
        return self._api.create({**self._form(message), "Body": body}, message.reference)

    def _with_content(self, message: Outgoing, content: dict[str, Any], known: str | None = None) -> Sent:
        """Send it as a content. Raises `_NotShown` for choices that Twilio does not take."""
        variables = json.dumps(content["variables"], ensure_ascii=False)
        key = _key(self._api.account_sid, content)
        for kept in (True, False):
            content_sid = known or self._kept(message, key, content)
            form = {**self._form(message), "ContentSid": content_sid, "ContentVariables": variables}
            try:
                return self._api.create(form, message.reference)
            except SendFailed as error:
                if known is None and kept and error.provider_code in GONE:
                    self._contents.forget(key)
                    continue
                raise
        raise AssertionError("unreachable")

    def _kept(self, message: Outgoing, key: str, content: dict[str, Any]) -> str:
        if found := self._contents.find(key):
            return found
        try:
            content_sid = self._api.create_content(_without_words(content), message.reference)
        except SendFailed as error:
            # Where the contents are out of reach, the lines of text may not be.
            if error.reason in (FailureReason.REFUSED, FailureReason.SETUP) and message.template is None:
                raise _NotShown from error
            raise
        if message.template is not None:
            self._api.ask_approval(content_sid, message.template.name, message.reference)
        self._contents.keep(key, content_sid)
        return content_sid

    def _form(self, message: Outgoing) -> dict[str, str]:
        is_service = self._sender.startswith("MG")
        origin = {"MessagingServiceSid": self._sender} if is_service else {"From": f"whatsapp:{self._sender}"}
        form = {"To": f"whatsapp:{message.to}", **origin}
        return {**form, "StatusCallback": message.status_callback} if message.status_callback else form


class _NotShown(Exception):
    """Twilio does not keep these choices."""


def whatsapp(settings: Settings) -> TwilioWhatsApp:
    """The WhatsApp sender that the `TWILIO_*` settings name. Raises `SendFailed` when they are not set."""
    if not (settings.twilio_account_sid and settings.twilio_auth_token and settings.twilio_whatsapp_from):
        message = (
            "WhatsApp by Twilio is not set up yet: TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_WHATSAPP_FROM are "
            "needed."
        )
        raise SendFailed(message, service="twilio", reason=FailureReason.REFUSED)
    return TwilioWhatsApp(
        settings.twilio_account_sid,
        settings.twilio_auth_token.get_secret_value(),
        settings.twilio_whatsapp_from,
        StoredContents(database()),
        settings.twilio_api_base,
        settings.twilio_content_api_base,
    )


def _of_choices(message: Outgoing) -> dict[str, Any]:
    """The content for a text with buttons or a list, and the variables of this one message.

    A variable may hold no line break, so each line of the text is one; empty lines stand in the content itself.
    """
    variables: dict[str, str] = {}
    numbers = itertools.count(1)

    def variable(value: str) -> str:
        number = str(next(numbers))
        variables[number] = " ".join(value.split())
        return f"{{{{{number}}}}}"

    body = "\n".join(variable(line) if line.strip() else "" for line in message.body.strip().split("\n"))
    if message.style == Style.BUTTONS:
        actions = [
            {"type": "QUICK_REPLY", "title": variable(one.title), "id": variable(one.id)} for one in message.choices
        ]
        types: dict[str, Any] = {"twilio/quick-reply": {"body": body, "actions": actions}}
    else:
        items = [
            {
                "item": variable(one.title),
                "id": variable(one.id),
                **({"description": variable(one.description)} if one.description else {}),
            }
            for one in message.choices
        ]
        types = {"twilio/list-picker": {"body": body, "button": message.list_button, "items": items}}
    return {"friendly_name": "good_terms_choices", "language": "en", "types": types, "variables": variables}


def _of_template(template: Template) -> dict[str, Any]:
    """The content of a template; its variables are our own words, and stand beside it as samples."""
    variables = {str(number): value for number, value in enumerate(template.parameters, 1)}
    types = {"twilio/text": {"body": template.body}}
    return {
        "friendly_name": template.name,
        "language": template.language,
        "types": types,
        "variables": variables,
        "samples": variables,
    }


def _without_words(content: dict[str, Any]) -> dict[str, Any]:
    """What Twilio keeps: the samples of its variables say nothing."""
    samples = content.get("samples") or dict.fromkeys(content["variables"], "-")
    return {
        "friendly_name": content["friendly_name"],
        "language": content["language"],
        "variables": samples,
        "types": content["types"],
    }


def _key(account_sid: str, content: dict[str, Any]) -> str:
    shape = json.dumps([account_sid, _without_words(content)], sort_keys=True)
    return hashlib.sha256(shape.encode()).hexdigest()
