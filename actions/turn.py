"""A turn: what a custom action may know of the customer's message, and the ways in which it may answer."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions.reading.languages import in_english
from bot import policies
from bot.billing import identity
from bot.conversations import spoken
from bot.db import database
from bot.errors import NotVerified
from bot.models import Conversation, Customer

T = TypeVar("T")
Events = list[EventType]
Button = dict[str, str]

TEXT_KEPT = 500  # characters of a message that are remembered with a wish; more never changes what is read from it
# What stands beside the values of a response in Rasa's event of it.
_NO_VALUES = frozenset(
    {
        "utter_action",
        "in_language",
        "response",
        "template",
        "text",
        "buttons",
        "elements",
        "custom",
        "image",
        "attachment",
        "quick_replies",
    }
)
_PAYLOAD = re.compile(r"^/[a-z_]+(\{.*\})?$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Said:
    """Something that the assistant said: the response's name, the values that filled it, the buttons beside it."""

    name: str
    values: Mapping[str, Any]
    buttons: Sequence[Button]


@dataclass(slots=True)
class Course:
    """What has happened in an action so far, for whatever part of it looks: the names of the responses that were said,
    whether a person was asked for, and the language (ISO 639-1) that is spoken since."""

    said: list[str] = field(default_factory=list)
    handed_over: bool = False
    language: str | None = None


class Turn:
    """One message of one conversation, and the answer as it is put together.

    The customer is read from the database by the conversation's id, never from a slot or a message (design section 6).
    """

    def __init__(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        message = tracker.latest_message or {}
        text = message.get("text") or ""
        self.text: str = "" if _PAYLOAD.match(text) else text
        self.intent: str = (message.get("intent") or {}).get("name") or ""
        self.confidence: float = (message.get("intent") or {}).get("confidence") or 0.0
        self.entities: dict[str, str] = {item["entity"]: item["value"] for item in message.get("entities") or []}
        self.also: list[dict[str, Any]] = list(message.get("also") or [])
        self.tracker = tracker
        self.course = Course()
        self._dispatcher = dispatcher

    @property
    def words(self) -> str:
        """The message as what reads it knows it: in plain English where it was written in another of our languages."""
        return in_english(self.text, self.course.language or self.slot("language"))

    @property
    def conversation_id(self) -> uuid.UUID:
        """The conversation, which Rasa knows by the same id. Raises `NotVerified` when it is none of ours."""
        try:
            return uuid.UUID(self.tracker.sender_id)
        except ValueError:
            raise NotVerified("There is no such conversation.") from None

    @property
    def loop(self) -> str | None:
        """The form that is running."""
        name: str | None = (self.tracker.active_loop or {}).get("name")
        return name

    @property
    def requested(self) -> str | None:
        """The slot that the running form asked for."""
        return self.slot("requested_slot") if self.loop else None

    @property
    def is_answer(self) -> bool:
        """Whether the message is new to the running form: nothing but the form has acted on it so far."""
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                return True
            if event.get("event") == "action" and event.get("name") not in ("action_listen", self.loop):
                return False
        return False

    @property
    def is_first_deed(self) -> bool:
        """Whether no action but forms has dealt with the message so far."""
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                return True
            name = str(event.get("name"))
            if event.get("event") == "action" and name != "action_listen" and name.startswith(("action_", "utter_")):
                return False
        return False

    @property
    def last_said(self) -> list[Said]:
        """What the assistant said to the message before this one, in order."""
        return list(reversed(list(self._said_before())))

    def slot(self, name: str) -> Any:
        """What is remembered under `name`; None if nothing is."""
        return self.tracker.get_slot(name)

    def recent_intents(self, count: int) -> list[str]:
        """The intents of the last `count` messages, oldest first, this one included."""
        names = [
            (event.get("parse_data") or {}).get("intent", {}).get("name") or ""
            for event in self.tracker.events
            if event.get("event") == "user"
        ]
        return names[-count:]

    def wishing(self, wish: Mapping[str, Any]) -> Turn:
        """The same turn as if the customer had just said what they wished for earlier."""
        turn = Turn(self._dispatcher, self.tracker)
        turn.course = self.course
        turn.intent, turn.text = wish["intent"], wish.get("text") or ""
        turn.entities = dict(wish.get("entities") or {})
        return turn

    def say(
        self, response: str, *, buttons: Sequence[Button] = (), card: Mapping[str, Any] | None = None, **values: object
    ) -> None:
        """Answer with a response of domain.yml, its placeholders filled. A card comes with a text that stands alone."""
        self.course.said.append(response)
        if self.course.language is not None:  # Rasa hears of the slot when everything was said
            values = {**values, "in_language": self.course.language}
        self._dispatcher.utter_message(
            response=response,
            buttons=list(buttons),
            json_message={"card": dict(card)} if card else None,
            **values,
        )

    def speak(self, locale: str) -> Events:
        """Go on in the language of `locale` (BCP 47): with the next word of this action, and from then on."""
        language = spoken.language(locale)
        self.course.language = language if language in policies.desk().languages.assistant else "en"
        return put(language=None if self.course.language == "en" else self.course.language)

    def _said_before(self) -> Iterator[Said]:
        """The newest first."""
        messages = 0
        for event in reversed(self.tracker.events):
            messages += event.get("event") == "user"
            if messages > 1:
                return
            if messages == 1 and event.get("event") == "bot":
                given = event.get("metadata") or {}
                values = {key: value for key, value in given.items() if key not in _NO_VALUES and value is not None}
                yield Said(given.get("utter_action") or "", values, (event.get("data") or {}).get("buttons") or [])

    async def write(self, work: Callable[[Session], T]) -> T:
        """`work` in one transaction, off the event loop, which other turns need meanwhile."""
        return await asyncio.to_thread(database().in_transaction, work)

    def conversation(self, session: Session) -> Conversation:
        """This conversation's row. Raises `NotVerified` when there is none: nothing may be said about anybody (P1)."""
        conversation = session.get(Conversation, self.conversation_id)
        if conversation is None:
            raise NotVerified("There is no such conversation.")
        return conversation

    def customer(self, session: Session) -> Customer:
        """Who has proven to be at the other end. Raises `NotVerified`."""
        return identity.customer_of(session, self.conversation(session))

    def customer_if_known(self, session: Session) -> Customer | None:
        """The same, or None."""
        try:
            return self.customer(session)
        except NotVerified:
            return None


def enter(form: str, **slots: object) -> Events:
    """Begin `form` with `slots` set; Rasa runs it next, and it asks for what is missing."""
    return [ActiveLoop(form), SlotSet("requested_slot", None), *put(**slots)]


def leave(*names: str) -> Events:
    """End whatever form is running and forget the slots `names`."""
    return [ActiveLoop(None), SlotSet("requested_slot", None), *put(**dict.fromkeys(names))]


def put(**slots: object) -> Events:
    """Remember `slots`."""
    return [SlotSet(name, value) for name, value in slots.items()]


FORM_SLOTS = (
    "reference", "code", "factor", "amount", "quotes", "plan", "plan_agreed", "plan_question", "plan_over", "plan_wish",
    "change", "change_agreed", "cancel_agreed", "autopay_agreed", "promise", "promise_day", "promise_agreed",
    "disputed", "paid_invoices", "paid_how",
    "callback_number", "callback_time", "contact_change", "contact_agreed", "preference", "comment", "feedback",
    "erasure_agreed", "guest_amount", "guest_account", "story", "story_of",
)  # fmt: skip


def leave_all() -> Events:
    """End whatever is going on, cleanly: the form, its slots, the wish, the offer and what else was asked for."""
    return leave(*FORM_SLOTS, "wish", "offer", "also")


def first_name(customer: Customer) -> str:
    """How we address `customer`."""
    return customer.name.split()[0] if customer.name.strip() else customer.account_number
