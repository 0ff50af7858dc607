"""Which variation of a response is said: never the words of the last answer again.

Rasa throws dice, so that a customer who asks twice may read the same sentence twice. Here the tracker decides alone:
the same conversation gives the same words, and a test that plays it again reads what it read before.
"""

from __future__ import annotations

import copy
from typing import Any, Dict, List, Optional
from zlib import crc32

from rasa.core.nlg import interpolator
from rasa.core.nlg.generator import ResponseVariationFilter
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.inside_rasa.translations import Translations

LANGUAGE = "language"
"""The slot with the language of a conversation, None for that of the domain."""

IN_LANGUAGE = "in_language"
"""The value with which an action that changes the language says its own answer in the new one (or "en")."""

ONCE_MORE = "utter_once_more_lead"
"""What stands before words that were just said and that have no other way of being said; used here alone."""

LAST_ANSWER = 1

Variation = Dict[str, Any]


class VariedResponses(TemplatedNaturalLanguageGenerator):
    """Rasa's responses, with a choice among their variations instead of chance.

    Of the variations that suit the channel and the slots the one is said whose filled text was said longest ago or
    never, as far back as the tracker shows. If even that one stood in the last answer, a lead-in makes the repetition a
    kind one. They are said in the language of the conversation where there are words for it, else as in the domain.
    """

    def __init__(
        self,
        endpoint_config: Optional[EndpointConfig] = None,
        domain: Optional[Domain] = None,
        translations: Optional[Translations] = None,
    ) -> None:
        """Takes what endpoints.yml and Rasa give; an agent that loads a model puts that model's responses here.

        Without `translations` those of `policies/responses` are read; raises ValueError for a damaged file.
        """
        super().__init__(domain.responses if domain else {})
        self.translations = Translations.read() if translations is None else translations

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> Optional[Variation]:
        """The response `utter_action`, filled with the slots and `kwargs`; None when the domain has none that suits."""
        slots = tracker.current_slot_values()
        talk = _Talk(tracker)
        language = kwargs.pop(IN_LANGUAGE, None) or slots.get(LANGUAGE)
        suitable = self._suitable(utter_action, output_channel, slots, language)
        if not suitable:
            return None
        values = self._response_variables(slots, kwargs)
        chosen = talk.longest_unsaid(utter_action, suitable, values)
        said: Variation = self._fill_response(copy.deepcopy(chosen), slots, **kwargs)
        if talk.answers_since(said.get("text")) <= LAST_ANSWER:
            said["text"] = self._led_in(said["text"], talk, output_channel, slots, language)
        return said

    def _suitable(
        self, utter_action: str, output_channel: str, slots: Dict[str, Any], language: Optional[str]
    ) -> List[Variation]:
        if utter_action not in self.responses:
            return []
        filtered = ResponseVariationFilter(self.responses)
        suitable = filtered.responses_for_utter_action(utter_action, output_channel, slots)
        return self.translations.of(utter_action, suitable, language)

    def _led_in(
        self, text: str, talk: _Talk, output_channel: str, slots: Dict[str, Any], language: Optional[str]
    ) -> str:
        leads = self._suitable(ONCE_MORE, output_channel, slots, language)
        if not leads:
            return text
        led = [{"text": f"{lead['text']} {text}"} for lead in leads]
        return talk.longest_unsaid(ONCE_MORE, led, {})["text"]


class _Talk:
    """What the tracker shows of a conversation: what was said to the customer, and how many messages ago."""

    def __init__(self, tracker: DialogueStateTracker) -> None:
        self._ago: Dict[str, int] = {}
        self._intents: List[str] = []
        for event in reversed(tracker.events):
            if isinstance(event, UserUttered):
                self._intents.append(event.intent_name or "")
            elif isinstance(event, BotUttered) and event.text:
                self._ago.setdefault(event.text, len(self._intents))

    def answers_since(self, text: Optional[str]) -> float:
        """0: `text` belongs to the answer under way, 1: to the last one; infinite when it was not said."""
        return self._ago.get(text or "", float("inf"))

    def longest_unsaid(self, name: str, variations: List[Variation], values: Dict[str, Any]) -> Variation:
        """The variation of the response `name` whose text, filled with `values`, was said longest ago.

        Among several the talk so far decides, so that what is said again much later need not begin with the same words.
        """
        since = [(self.answers_since(_filled(variation, values)), variation) for variation in variations]
        most = max(ago for ago, _ in since)
        longest = [variation for ago, variation in since if ago == most]
        return longest[crc32(" ".join([name, *self._intents]).encode()) % len(longest)]


def _filled(variation: Variation, values: Dict[str, Any]) -> Optional[str]:
    text = variation.get("text")
    return interpolator.interpolate(text, values) if text and values else text
