"""What a customer writes, as Twilio tells it: a signed form for each message, by SMS and by WhatsApp."""

from __future__ import annotations

import email.utils
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sandbox.courier import Parcel
from sandbox.opt_outs import ANSWERS
from sandbox.segments import segments
from sandbox.thread import Step
from sandbox.twilio import TwilioApi

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TwilioInbound:
    """Sends the webhook `url`. `text_number` and `whatsapp_number` are the business's."""

    api: TwilioApi
    url: str
    base: str
    text_number: str
    whatsapp_number: str

    def new_id(self, *, with_media: bool) -> str:
        """A message's id."""
        return ("MM" if with_media else "SM") + secrets.token_hex(16)

    def take(self, bubble: Object) -> None:
        """Tell the product of a message that lies in its thread already."""
        form = self._form(bubble)
        faults, number = self.api.faults.read(), bubble["number"]
        was_out = self.api.opt_outs.holds(number)
        word = self.api.opt_outs.heard(number, bubble["text"]) if bubble["channel"] == "sms" else None
        if word and faults.advanced_opt_out:
            form["OptOutType"] = word
        self.api.keep(self._message(form, bubble), [])
        self.api.courier.send("twilio", [Parcel(bubble["id"], "message", self.url, urlencode(form))], faults)
        # Whoever blocks a number confirms it, once: nobody else can any more. The rest it says only when told to.
        if word and (faults.advanced_opt_out or word == "STOP") and not (word == "STOP" and was_out):
            self._answer(number, ANSWERS[word])

    def _form(self, bubble: Object) -> dict[str, str]:
        whatsapp = bubble["channel"] == "whatsapp"
        prefix, ours = ("whatsapp:", self.whatsapp_number) if whatsapp else ("", self.text_number)
        media = bubble.get("media", [])
        form = {
            "AccountSid": self.api.account_sid,
            "ApiVersion": "2010-04-01",
            "Body": bubble["text"],
            "From": prefix + bubble["number"],
            "MessageSid": bubble["id"],
            "NumMedia": str(len(media)),
            "NumSegments": "1" if whatsapp else str(max(1, segments(bubble["text"]))),
            "SmsMessageSid": bubble["id"],
            "SmsSid": bubble["id"],
            "SmsStatus": "received",
            "To": prefix + ours,
        }
        for place, one in enumerate(media):
            path = f"/2010-04-01/Accounts/{self.api.account_sid}/Messages/{bubble['id']}/Media/{one['id']}"
            form |= {f"MediaUrl{place}": self.base + path, f"MediaContentType{place}": one["type"]}
        if whatsapp:
            form |= self._of_whatsapp(bubble)
        else:
            form |= dict.fromkeys(("FromCity", "FromState", "FromZip", "ToCity", "ToState", "ToZip"), "")
            form |= {"FromCountry": "US", "ToCountry": "US"}
        return form

    def _of_whatsapp(self, bubble: Object) -> dict[str, str]:
        wa_id = bubble["number"].removeprefix("+")
        about = {"context": {"ProfileName": bubble["name"], "WaId": wa_id}}
        more = {
            "ChannelMetadata": json.dumps({"type": "whatsapp", "data": about}),
            "MessageType": _TYPES.get(bubble["kind"], "text"),
            "ProfileName": bubble["name"],
            "ReferralNumMedia": "0",
            "WaId": wa_id,
        }
        if to := bubble.get("context"):
            more |= {
                "OriginalRepliedMessageSid": to,
                "OriginalRepliedMessageSender": f"whatsapp:{self.whatsapp_number}",
            }
        if bubble["kind"] == "choice":
            chosen = bubble["chosen"]
            if chosen["style"] == "list":
                more |= {"ListId": chosen["id"], "ListTitle": chosen["title"], "MessageType": "interactive"}
            else:
                more |= {"ButtonPayload": chosen["id"], "ButtonText": chosen["title"], "MessageType": "button"}
        if bubble["kind"] == "location":
            place = bubble["location"]
            more |= {"Latitude": str(place["latitude"]), "Longitude": str(place["longitude"])}
            more |= {name.capitalize(): place[key] for name, key in _NAMED if place.get(key)}
        return more

    def _message(self, form: dict[str, str], bubble: Object) -> Object:
        uri = f"/2010-04-01/Accounts/{self.api.account_sid}/Messages/{bubble['id']}"
        moment = email.utils.format_datetime(self.api.threads.clock.now().replace(microsecond=0))
        return {
            "account_sid": self.api.account_sid,
            "api_version": "2010-04-01",
            "body": form["Body"],
            "date_created": moment,
            "date_sent": moment,
            "date_updated": moment,
            "direction": "inbound",
            "error_code": None,
            "error_message": None,
            "from": form["From"],
            "messaging_service_sid": None,
            "num_media": form["NumMedia"],
            "num_segments": form["NumSegments"],
            "price": None,
            "price_unit": "USD",
            "sid": bubble["id"],
            "status": "received",
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": form["To"],
            "uri": f"{uri}.json",
        }

    def _answer(self, number: str, text: str) -> None:
        self.api.outbox.keep(number, "sms", text)
        bubble = {"id": self.new_id(with_media=False), "number": number, "channel": "sms", "provider": "twilio"}
        more = {"side": "business", "kind": "plain", "text": text, "segments": segments(text), "by_provider": True}
        self.api.threads.keep({**bubble, **more}, [Step("delivered")])


_NAMED = (("label", "name"), ("address", "address"))
_TYPES = {
    "location": "location",
    "sticker": "sticker",
    "photo": "image",
    "document": "document",
    "voice": "audio",
    "reaction": "reaction",
}
