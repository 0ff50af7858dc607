"""Twilio's Message resource, and the news of it that goes to the status callback."""

from __future__ import annotations

import datetime as dt
import email.utils
import secrets
from typing import Any

from sandbox.segments import segments
from sandbox.thread import Step, standing
from sandbox.twilio_request import Wanted

Object = dict[str, Any]


def resource(account_sid: str, wanted: Wanted, body: str, now: dt.datetime) -> Object:
    """A message that has just been taken; `body` is what the customer reads."""
    sid = ("MM" if wanted.media else "SM") + secrets.token_hex(16)
    moment = email.utils.format_datetime(now.replace(microsecond=0))
    uri = f"/2010-04-01/Accounts/{account_sid}/Messages/{sid}"
    return {
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "body": body,
        "date_created": moment,
        "date_sent": None,
        "date_updated": moment,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": wanted.sender or None,
        "messaging_service_sid": wanted.service or None,
        "num_media": str(len(wanted.media)),
        "num_segments": "0" if wanted.service else str(segments(body) if wanted.channel == "sms" else 1),
        "price": None,
        "price_unit": "USD",
        "sid": sid,
        "status": "accepted" if wanted.service else "queued",
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": wanted.to,
        "uri": f"{uri}.json",
    }


def standing_now(kept: Object) -> Object:
    """The resource of a kept message with the state that it has reached by now."""
    message: Object = kept["data"]
    if not kept["steps"]:
        return message
    reached = standing(kept["steps"])
    status = message["status"] if reached["status"] == "queued" else reached["status"]
    sent = None if status in ("queued", "accepted") else message["date_created"]
    return {
        **message,
        "status": status,
        "date_sent": sent,
        "error_code": reached["code"],
        "error_message": reached["reason"] or None,
    }


def news(message: Object, step: Step) -> dict[str, str]:
    """The form that tells the status callback of a step."""
    told = {
        "AccountSid": message["account_sid"],
        "ApiVersion": "2010-04-01",
        "From": message["from"] or "",
        "MessageSid": message["sid"],
        "MessageStatus": step.status,
        "SmsSid": message["sid"],
        "SmsStatus": step.status,
        "To": message["to"],
    }
    if message["messaging_service_sid"]:
        told["MessagingServiceSid"] = message["messaging_service_sid"]
    if message["to"].startswith("whatsapp:"):
        told |= {"ChannelPrefix": "whatsapp", "ChannelToAddress": message["to"], "StructuredMessage": "false"}
        if step.status in ("delivered", "read"):
            told["EventType"] = step.status.upper()
    if step.code is not None:
        told["ErrorCode"] = str(step.code)
        if "ChannelPrefix" in told:
            told["ChannelStatusMessage"] = step.reason
    return told
