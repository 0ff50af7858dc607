"""A scene: one conversation of Maya's, in which single actions are run as Rasa would run them.

Every sentence that an action says is looked up in domain.yml and filled: a missing response or placeholder fails.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import string
import uuid
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa
import yaml
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions.talk.verification import SENDING
from bot import clock
from bot.db import Database
from bot.models import Conversation, Customer, Invoice
from bot.settings import ROOT
from tests import factories


@dataclass
class Answer:
    """What an action said and what Rasa is to remember."""

    events: list[dict[str, Any]]
    said: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    @property
    def responses(self) -> list[str]:
        """The names of the responses, in order."""
        return [name for name, _, _ in self.said]

    @property
    def text(self) -> str:
        """Every sentence, filled."""
        return "\n".join(text for _, text, _ in self.said)

    @property
    def card(self) -> dict[str, Any] | None:
        """The last card."""
        cards = [message["custom"]["card"] for _, _, message in self.said if message["custom"]]
        return cards[-1] if cards else None

    @property
    def payloads(self) -> list[str]:
        """What the buttons that the action made would send."""
        return [button["payload"] for _, _, message in self.said for button in message["buttons"]]

    @property
    def slots(self) -> dict[str, Any]:
        """The slots that are set."""
        return {event["name"]: event["value"] for event in self.events if event["event"] == "slot"}

    @property
    def loop(self) -> str | None:
        """The form that runs next; "unchanged" when nothing was said about it."""
        loops: list[str | None] = [event["name"] for event in self.events if event["event"] == "active_loop"]
        return loops[-1] if loops else "unchanged"


class Scene:
    """Maya (GT-1001: 200.50 overdue, 260.50 in all) and a conversation on the web."""

    def __init__(self, db: Database, *, verified: bool = True, locale: str = "en-US", **given: Any) -> None:
        self.db = db
        with db.transaction() as session:
            self.customer: Customer = factories.maya(session)
            until = clock.now() + dt.timedelta(minutes=30)
            proof = {"customer_id": self.customer.id, "verified_until": until} if verified else {}
            self.conversation: Conversation = factories.conversation(session, locale=locale, **(proof | given))

    @property
    def id(self) -> uuid.UUID:
        """The conversation's id."""
        return self.conversation.id

    async def run(
        self,
        action: Action,
        text: str = "",
        intent: str = "inform",
        *,
        entities: dict[str, str] | None = None,
        slots: dict[str, Any] | None = None,
        loop: str | None = None,
        requested: str | None = None,
        answered_before: bool = False,
        has_spoken: bool = False,
        intents_before: tuple[str, ...] = (),
        last: Answer | None = None,
        also: tuple[tuple[str, str], ...] = (),
        confidence: float = 1.0,
    ) -> Answer:
        """Run `action` on a message. `answered_before`: another action has dealt with the message already;
        `has_spoken`: something was said to it. `last` is the answer to the message before, `also` the other wishes
        that were heard in this one, each with its clause."""
        message = {
            "text": text or f"/{intent}",
            "intent": {"name": intent, "confidence": confidence},
            "also": [{"name": name, "confidence": 1.0, "text": clause} for name, clause in also],
            "entities": [{"entity": name, "value": value} for name, value in (entities or {}).items()],
        }
        events: list[dict[str, Any]] = [
            {"event": "user", "parse_data": {"intent": {"name": name}}} for name in intents_before
        ]
        if last is not None:
            events += [*([] if events else [{"event": "user", "parse_data": {}}]), *uttered(last)]
        events.append({"event": "user", "parse_data": message})
        if answered_before:
            events.append({"event": "action", "name": "utter_bot_identity"})
        if has_spoken:
            events.append({"event": "bot", "text": "Thank you."})
        tracker = Tracker(
            sender_id=str(self.id),
            slots={**(slots or {}), "requested_slot": requested},
            latest_message=message,
            events=events,
            paused=False,
            followup_action=None,
            active_loop={"name": loop} if loop else {},
            latest_action_name="action_listen",
        )
        dispatcher = CollectingDispatcher()
        found = await action.run(dispatcher, tracker, {})
        await asyncio.gather(*SENDING)
        return Answer(found, [(said["response"], fill(said), said) for said in dispatcher.messages])


@cache
def responses() -> dict[str, list[dict[str, Any]]]:
    """The responses of domain.yml."""
    loaded: dict[str, list[dict[str, Any]]] = yaml.safe_load((ROOT / "domain.yml").read_text())["responses"]
    return loaded


def uttered(answer: Answer) -> list[dict[str, Any]]:
    """What Rasa keeps of an answer."""
    return [
        {
            "event": "bot",
            "text": text,
            "data": {"buttons": [*(responses()[name][0].get("buttons") or []), *message["buttons"]]},
            "metadata": {"utter_action": name} | {key: value for key, value in message.items() if key != "buttons"},
        }
        for name, text, message in answer.said
    ]


def fill(message: dict[str, Any]) -> str:
    """The longest variation of the message's response, filled. Every variation needs only what the action gave."""
    variations = [variation["text"] for variation in responses()[message["response"]]]
    for variation in variations:
        for _, name, _, _ in string.Formatter().parse(variation):
            assert name is None or message.get(name) is not None, f"{message['response']} needs {{{name}}}"
    longest: str = max(variations, key=len)
    return longest.format(**message)


def invoice(session: Session, number: str) -> Invoice:
    """The invoice with that number."""
    return session.scalars(sa.select(Invoice).where(Invoice.number == number)).one()
