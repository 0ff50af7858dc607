"""One turn of a conversation: all of it is done and saved, or it failed and nothing of it is."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple, cast

from rasa.core.actions.action import Action, ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.lock_store import LockError
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.exceptions import ActionLimitReached
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME, INTENT_MESSAGE_PREFIX
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT

from bot.inside_rasa import failures
from bot.inside_rasa.failures import Failure, TurnFailed
from bot.inside_rasa.history import Reach
from bot.inside_rasa.tracker_store import Conversation, ConversationStore
from bot.inside_rasa.variations import LANGUAGE, VariedResponses

logger = logging.getLogger(__name__)

SHOWN_RANKS = 3
LOCK_POLL_SECONDS = 0.02
NOT_A_PAYLOAD = "\u2060"
"""A word joiner before a customer's leading slash: it is no space and no letter, so nobody sees or reads it."""

Answer = Dict[str, Any]


class SilentOutput(OutputChannel):
    """Sends nothing: the replies are read from the tracker."""

    @classmethod
    def name(cls) -> str:
        """The name by which a response in the domain may be meant for this channel alone."""
        return "goodterms"

    async def send_response(self, recipient_id: str, message: Dict[str, Any]) -> None:
        """Does nothing."""


@dataclass(frozen=True)
class Turn:
    """What the channel asks for: a text or a payload, or a clean session; slots are set before either."""

    conversation_id: str
    message_id: str
    text: Optional[str] = None
    payload: Optional[str] = None
    locale: Optional[str] = None
    reset: bool = False
    slots: Tuple[Tuple[str, Any], ...] = ()


class TurnProcessor(MessageProcessor):
    """Rasa's processor, whose turns fail visibly: what Rasa logs and swallows becomes the answer's `error`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Loads the model and tells the tracker store how far back its policies look."""
        super().__init__(*args, **kwargs)
        failures.watch_actions()
        if isinstance(self.tracker_store, ConversationStore):
            self.tracker_store.reach = Reach.of(self.policies())

    def policies(self) -> List[Policy]:
        """The trained policies of the model."""
        nodes = self.graph_runner._instantiated_nodes.values()
        return [node._component for node in nodes if isinstance(node._component, Policy)]

    def knows_slot(self, name: str) -> bool:
        """Whether the domain has a slot of this name."""
        return any(slot.name == name for slot in self.domain.slots)

    async def turn(self, turn: Turn) -> Answer:
        """Answers one message; the same `message_id` again gives the same answer and runs nothing.

        A failed turn leaves the conversation as it was, so that the same message may be sent again.
        """
        try:
            async with self.lock_store.lock(turn.conversation_id, wait_time_in_seconds=LOCK_POLL_SECONDS):
                return await self._answered(turn)
        except LockError:
            return failed(Failure.BUSY)
        except Exception:
            logger.exception("A turn could not be begun or ended.")
            return failed(Failure.EXCEPTION)

    async def _answered(self, turn: Turn) -> Answer:
        conversation = cast(Conversation, await self.get_tracker(turn.conversation_id))
        if conversation.last_message_id == turn.message_id and conversation.last_answer is not None:
            return conversation.last_answer
        before = len(conversation.events)
        try:
            answer = await (self._reset(turn, conversation) if turn.reset else self._spoken(turn, conversation))
        except TurnFailed as error:
            return failed(error.failure, _replies(conversation, before))
        except Exception:
            logger.exception("A turn failed.")
            return failed(Failure.EXCEPTION, _replies(conversation, before))
        conversation.last_message_id, conversation.last_answer = turn.message_id, answer
        try:
            await self.save_tracker(conversation)
        except Exception:
            logger.exception("A turn could not be saved.")
            return failed(Failure.NOT_SAVED, answer["replies"])
        return answer

    async def _reset(self, turn: Turn, conversation: Conversation) -> Answer:
        events: List[Event] = [ActionExecuted(ACTION_SESSION_START_NAME), SessionStarted()]
        events += [SlotSet(name, value) for name, value in turn.slots]
        conversation.update_with_events([*events, ActionExecuted(ACTION_LISTEN_NAME)], self.domain)
        return answered([], None)

    async def _spoken(self, turn: Turn, conversation: Conversation) -> Answer:
        noted = failures.begin()
        output = SilentOutput()
        before = len(conversation.events)
        await self._update_tracker_session(conversation, output)
        slots = [*turn.slots, *self._language(turn, conversation)]
        conversation.update_with_events([SlotSet(name, value) for name, value in slots], self.domain)
        message = await self._message(turn, conversation)
        await self._handle_message_with_tracker(message, conversation)
        said = conversation.latest_message
        await self.run_action_extract_slots(output, conversation)
        if noted:
            raise TurnFailed(noted[0])
        await self._run_prediction_loop(output, conversation)
        if noted:
            raise TurnFailed(noted[0])
        replies = _replies(conversation, before)
        if not replies:
            raise TurnFailed(Failure.NO_REPLY)
        return answered(replies, said)

    def _language(self, turn: Turn, conversation: Conversation) -> List[Tuple[str, Any]]:
        """The slot of the language, where it is another than the locale's: the front door knows what is spoken."""
        if turn.locale is None or not self.knows_slot(LANGUAGE) or not isinstance(self.nlg, VariedResponses):
            return []
        language = self.nlg.translations.language_of(turn.locale)
        return [] if conversation.get_slot(LANGUAGE) == language else [(LANGUAGE, language)]

    async def _message(self, turn: Turn, conversation: Conversation) -> UserMessage:
        """The message for Rasa. A text stays a text: a leading slash does not make it an intent."""
        said = turn.payload if turn.payload is not None else turn.text
        message = UserMessage(
            said,
            sender_id=turn.conversation_id,
            input_channel=SilentOutput.name(),
            message_id=turn.message_id,
            metadata={"locale": turn.locale} if turn.locale else None,
        )
        if turn.payload is None and message.text and message.text.startswith(INTENT_MESSAGE_PREFIX):
            read = UserMessage(NOT_A_PAYLOAD + message.text, sender_id=turn.conversation_id, metadata=message.metadata)
            message.parse_data = {**await self.parse_message(read, conversation), TEXT: message.text}
        elif turn.payload is not None:
            message.parse_data = await self.parse_message(message, conversation)
            if message.parse_data[INTENT].get("name") not in self.domain.intents:
                raise TurnFailed(Failure.UNKNOWN_INTENT)
        return message

    def predict_next_with_tracker_if_should(self, tracker: DialogueStateTracker) -> Tuple[Action, PolicyPrediction]:
        """As Rasa's; too many actions in one turn are noted, since Rasa only logs them."""
        try:
            return super().predict_next_with_tracker_if_should(tracker)
        except ActionLimitReached:
            failures.note(Failure.ACTION_LIMIT)
            raise

    def _check_for_unseen_features(self, parse_data: Dict[str, Any]) -> None:
        """Nothing: Rasa warns here of an unknown intent with its name, and builds an empty domain for each message."""

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        """As Rasa's, but an action that fails ends the turn with TurnFailed instead of vanishing into the log.

        A form that rejects (it could not read an answer) is not a failure: other rules then have their say.
        """
        temporary = tracker.copy()
        temporary.update_with_events(prediction.events, self.domain)
        try:
            events = await action.run(output_channel, nlg, temporary, self.domain)
        except ActionExecutionRejection:
            if isinstance(action, RemoteAction):
                raise TurnFailed(Failure.ACTION_REJECTED) from None
            rejected = ActionExecutionRejected(action.name(), prediction.policy_name, prediction.max_confidence)
            tracker.update(rejected)
            return self.should_predict_another_action(action.name())
        except Exception as error:
            logger.exception("Action '%s' failed.", action.name())
            noted = failures.noted()
            raise TurnFailed(noted[0] if noted else Failure.ACTION_FAILED) from error
        self._log_action_on_tracker(tracker, action, events, prediction)
        if any(isinstance(event, UserUttered) for event in events):
            tracker = await self.run_action_extract_slots(output_channel, tracker)
        await self.execute_side_effects(events, tracker, output_channel)
        return self.should_predict_another_action(action.name())


def answered(replies: List[Answer], said: Optional[UserUttered]) -> Answer:
    """A good answer: the replies, and what the message was understood as (of a reset, nothing)."""
    intent: Dict[str, Any] = said.intent if said else {}
    ranking: List[Dict[str, Any]] = list(said.parse_data.get(INTENT_RANKING_KEY) or []) if said else []
    likely = [ranked for ranked in ranking if ranked["name"] != DEFAULT_NLU_FALLBACK_INTENT_NAME]
    return {
        "replies": replies,
        "intent": {"name": intent.get("name"), "confidence": intent.get("confidence", 0.0)},
        "ranking": [{"name": ranked["name"], "confidence": ranked["confidence"]} for ranked in likely[:SHOWN_RANKS]],
        "failed": False,
        "error": None,
    }


def failed(failure: Failure, replies: Optional[List[Answer]] = None) -> Answer:
    """The answer of a failed turn, with what was said before it failed."""
    return {**answered(replies or [], None), "failed": True, "error": failure.value}


def _replies(conversation: Conversation, before: int) -> List[Answer]:
    """One reply for each thing that was uttered after the first `before` events."""
    uttered = [event for event in list(conversation.events)[before:] if isinstance(event, BotUttered)]
    replies = [_reply(event) for event in uttered]
    return [reply for reply in replies if reply["text"] or reply["buttons"] or reply["custom"]]


def _reply(uttered: BotUttered) -> Answer:
    data: Dict[str, Any] = uttered.data or {}
    buttons = [{"title": button["title"], "payload": button["payload"]} for button in data.get("buttons") or []]
    return {"text": uttered.text, "buttons": buttons, "custom": data.get("custom")}
