"""A deed: one custom action. What goes wrong in it becomes words and a sane state, never silence.

Rasa gives an empty answer when an action fails, so nothing is raised from here. What is logged names the kind of
failure and its place, never what was said, who said it or an amount (P7).
"""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import refused
from actions.proof import ask_for_proof, is_for_another
from actions.sensitive import SENSITIVE
from actions.talk import beside, card_numbers, welcome
from actions.turn import Events, Turn, leave_all, put
from bot import policies
from bot.conversations import distress, written
from bot.errors import GoodTermsError, InvalidInput, NotVerified, OutsideService, TooMany

UNHEARD = frozenset({"nlu_fallback", "out_of_scope", "change_language", "greet", "inform"})

log = structlog.get_logger()


class Deed(Action, ABC):  # type: ignore[misc]  # rasa-sdk is not typed
    """One custom action named `title`.

    `intent` is the wish that it fulfils. `wish` is the intent that is remembered when a proof of identity has to come
    first; what ends a flow names the flow's beginning there. `needs_proof` says whether a yes to an offer of it has to
    wait for a proof.
    """

    title: ClassVar[str] = ""
    intent: ClassVar[str] = ""
    wish: ClassVar[str] = ""
    needs_proof: ClassVar[bool] = True
    by_intent: ClassVar[dict[str, Deed]] = {}
    by_title: ClassVar[dict[str, Deed]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.title:
            Deed.by_title[cls.title] = cls()
        if cls.intent:
            Deed.by_intent[cls.intent] = Deed.by_title[cls.title]

    def name(self) -> str:
        """The action's name in domain.yml."""
        return self.title

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Rasa's call. Gives events; raises nothing."""
        turn = Turn(dispatcher, tracker)
        if turn.loop is None:
            card_numbers.told(turn)
        try:
            events = await self._meant(turn).act(turn)
        except NotVerified:
            events = await self._unproven(turn)
        except Exception as error:
            events = failed(turn, error, self.title)
        # An offer holds for the very next message only.
        if turn.slot("offer") is not None and not any(event.get("name") == "offer" for event in events):
            events = [*events, *put(offer=None)]
        return [*events, *await beside.offered(turn, events, self.wish or self.intent)]

    def _meant(self, turn: Turn) -> Deed:
        """What the message asks for where the dialogue model cannot know it: it was not taught the language."""
        if distress.is_heard_abroad(turn.text):
            return Deed.by_title["action_express_crisis"]
        offered = (turn.slot("offer") or {}).get("language")
        if offered and written.is_yes(turn.text, offered):
            return Deed.by_title["action_request_human"]
        shown = written.language_of(turn.text)
        if shown is None or shown.language in policies.desk().languages.assistant or turn.intent in SENSITIVE:
            return self
        is_sure = shown.is_long or (shown.words > 1 and turn.intent in UNHEARD)
        return Deed.by_title["action_change_language"] if is_sure else self

    async def _unproven(self, turn: Turn) -> Events:
        try:
            is_theirs = await is_for_another(turn)
        except Exception as error:
            log.error("wrong person not looked up", kind=type(error).__name__)
            is_theirs = False
        if is_theirs:
            turn.say("utter_wrong_person_nothing")
            return leave_all()
        return ask_for_proof(turn, intent=self.wish or self.intent or None)

    @abstractmethod
    async def act(self, turn: Turn) -> Events:
        """Do it and say so. May raise `NotVerified`: the wish is kept, proof is asked for and the wish carried out."""


class Form(Action, ABC):  # type: ignore[misc]  # rasa-sdk is not typed
    """What checks the answers to the form `form`, whose validation action it is.

    `take` reads the message. What it gives is put into slots; an empty answer says that the message is none to the
    question asked, so that its intent is heard instead and the form asks again afterwards.
    """

    form: ClassVar[str] = ""
    slots: ClassVar[tuple[str, ...]] = ()

    def name(self) -> str:
        """The action's name in domain.yml."""
        return f"validate_{self.form}"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Rasa's call. Gives events; raises nothing."""
        turn = Turn(dispatcher, tracker)
        try:
            await welcome.back(turn)
            if turn.is_answer:
                card_numbers.told(turn)
            taken = await self.take(turn)
            return [*put(**taken), *(beside.noted(turn) if taken else [])]
        except NotVerified:
            # The proof has run out. The form ends; what comes after it keeps the wish and asks for a proof again.
            return put(**{turn.requested or self.slots[0]: None}, requested_slot=None)
        except Exception as error:
            failed(turn, error, self.name())
            return [SlotSet(turn.requested, None)] if turn.requested in self.slots else []

    @abstractmethod
    async def take(self, turn: Turn) -> dict[str, Any]:
        """The slots that the message fills, or {} when it is no answer. A slot set to None is asked for again."""


class Question(Action, ABC):  # type: ignore[misc]  # rasa-sdk is not typed
    """What asks for a slot of a form when the question needs more than a fixed sentence."""

    title: ClassVar[str] = ""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return self.title

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Rasa's call. Gives events; raises nothing."""
        turn = Turn(dispatcher, tracker)
        try:
            return await self.ask(turn)
        except NotVerified:
            turn.say("utter_verify_expired")
            return []
        except Exception as error:
            return failed(turn, error, self.title)

    @abstractmethod
    async def ask(self, turn: Turn) -> Events:
        """Ask."""


def failed(turn: Turn, error: Exception, where: str) -> Events:
    """Say kindly what went wrong, as far as it is safe to say."""
    match error:
        case TooMany():
            turn.say("utter_too_many", minutes=max(1, -(-error.retry_after // 60)))
        case OutsideService():
            turn.say("utter_unavailable")
        case InvalidInput():
            refused.tell(turn, error)
        case _:
            turn.say("utter_sorry")
    if not isinstance(error, GoodTermsError) or error.status >= 500:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        log.error(
            "action failed",
            action=where,
            kind=type(error).__name__,
            at=f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}",
        )
    return []
