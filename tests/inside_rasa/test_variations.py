"""The choice among the variations of a response: no answer has the words of the last one, and a replay has the same."""

import copy
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from conftest import ActionServer, Door
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import read_endpoint_config

from bot.inside_rasa import server as rasa_server
from bot.inside_rasa.history import Reach, compact
from bot.inside_rasa.settings import Settings
from bot.inside_rasa.translations import Translations, Words
from bot.inside_rasa.variations import ONCE_MORE, VariedResponses

ROOT = Path(__file__).parents[2]
OURS = Domain.from_path(str(ROOT / "domain.yml"))
SAME = {
    field: "the same"
    for variations in OURS.responses.values()
    for variation in variations
    for _, field, _, _ in Formatter().parse(variation.get("text", ""))
    if field
}
SPOKEN = Translations.read()
SMALL = Domain.from_yaml(
    """
version: "3.1"
intents: [greet, check_balance]
slots:
  language: {type: any, mappings: [{type: custom}]}
responses:
  utter_three:
    - {text: One., buttons: [{title: Choose, payload: '/inform{{"plan": "other"}}'}]}
    - {text: Two.}
    - {text: Three.}
  utter_single: [{text: "{amount} is open."}]
  utter_card: [{custom: {card: {kind: receipt}}}]
  utter_spoken:
    - {text: Hello.}
    - {text: Hola., condition: [{type: slot, name: language, value: es}]}
    - {text: "Hello from far away.", channel: goodterms}
  utter_once_more_lead:
    - {text: "Once more:"}
    - {text: "Again, gladly:"}
    - {text: "Otra vez:", condition: [{type: slot, name: language, value: es}]}
"""
)


class Talk:
    """A conversation that is saved and read back after every answer, as the tracker store does it."""

    def __init__(
        self, domain: Domain = SMALL, name: str = "c1", channel: str = "other", words: Translations = Translations()
    ) -> None:
        self.domain, self.name, self.channel = domain, name, channel
        self.voice = VariedResponses(domain=domain, translations=words)
        self.language: str | None = None
        self.tracker = DialogueStateTracker(name, domain.slots)

    async def ask(self, *responses: str, intent: str = "check_balance", **values: Any) -> list[str]:
        """What is said to one message."""
        self.tracker.update(UserUttered("…", {"name": intent, "confidence": 1.0}))
        self.tracker.slots["language"].value = self.language
        said = []
        for response in responses:
            answer = await self.voice.generate(response, self.tracker, self.channel, **values)
            assert answer is not None
            self.tracker.update(ActionExecuted("action_say"))
            self.tracker.update(BotUttered(answer.get("text")))
            said.append(answer.get("text"))
        self.tracker.update(ActionExecuted("action_listen"))
        kept = compact(self.tracker, Reach())
        self.tracker = DialogueStateTracker(self.name, self.domain.slots)
        self.tracker.events.extend(kept)
        return said


@pytest.mark.parametrize("response", sorted(set(OURS.responses) - {ONCE_MORE}))
async def test_no_sentence_of_ours_is_said_twice_in_a_row_in_any_language(response: str) -> None:
    for language in (None, *SPOKEN.languages):
        talk = Talk(OURS, words=SPOKEN)
        talk.language = language
        before: list[str] = []
        for _ in range(7):
            said = await talk.ask(response, **SAME)
            assert said != before, language
            before = said


async def test_each_variation_is_said_before_one_is_said_again() -> None:
    talk = Talk()
    said = [(await talk.ask("utter_three"))[0] for _ in range(9)]
    assert all(len(set(said[at : at + 3])) == 3 for at in range(7))


async def test_the_same_conversation_reads_the_same_whoever_has_it() -> None:
    def told(talk: Talk) -> Any:
        return [talk.ask("utter_three", intent=intent) for intent in ("greet", "check_balance", "greet", "greet")]

    first, second = Talk(name="c1"), Talk(name="another")
    assert [await said for said in told(first)] == [await said for said in told(second)]


async def test_what_is_said_again_much_later_may_begin_in_another_way() -> None:
    later = set()
    for between in range(1, 8):
        talk = Talk()
        for _ in range(between):
            await talk.ask("utter_single", intent="greet", amount=f"${between}")
        later.update(await talk.ask("utter_three"))
    assert len(later) > 1


async def test_another_value_is_another_answer() -> None:
    talk = Talk()
    said = [await talk.ask("utter_single", amount=amount) for amount in ("$5", "$6", "$7")]
    assert said == [["$5 is open."], ["$6 is open."], ["$7 is open."]]


async def test_words_without_another_way_of_saying_them_are_led_in_when_they_were_just_said() -> None:
    talk = Talk()
    said = [(await talk.ask("utter_single", amount="$5"))[0] for _ in range(4)]
    assert said[0] == said[2] == "$5 is open."
    assert {said[1], said[3]} <= {"Once more: $5 is open.", "Again, gladly: $5 is open."}


async def test_so_are_words_that_stand_in_the_same_answer_already() -> None:
    first, second = await Talk().ask("utter_single", "utter_single", amount="$5")
    assert first == "$5 is open."
    assert second.endswith(f": {first}")


async def test_what_was_said_two_answers_ago_is_not_led_in() -> None:
    talk = Talk()
    await talk.ask("utter_single", amount="$5")
    await talk.ask("utter_spoken")
    assert await talk.ask("utter_single", amount="$5") == ["$5 is open."]


async def test_the_language_and_the_channel_of_a_conversation_are_kept() -> None:
    talk = Talk()
    assert await talk.ask("utter_spoken") == ["Hello."]
    talk.language = "es"
    assert [await talk.ask("utter_spoken") for _ in range(2)] == [["Hola."], ["Otra vez: Hola."]]
    assert await Talk(channel="goodterms").ask("utter_spoken") == ["Hello from far away."]


FOREIGN = Translations(
    {
        "pt": Words(
            {
                "utter_three": ["Um.", "Dois."],
                "utter_spoken": ["Olá."],
                ONCE_MORE: ["De novo:"],
            },
            {"Choose": "Escolher"},
        )
    }
)


async def test_what_is_translated_is_said_in_the_language_of_the_conversation() -> None:
    talk = Talk(words=FOREIGN)
    talk.language = "pt"
    assert [await talk.ask("utter_spoken") for _ in range(2)] == [["Olá."], ["De novo: Olá."]]
    assert sorted([(await talk.ask("utter_three"))[0] for _ in range(2)]) == ["Dois.", "Um."]
    talk.language = None
    assert await talk.ask("utter_spoken") == ["Hello."]


async def test_what_is_not_translated_is_said_as_the_domain_has_it_with_the_buttons_titles_in_that_language() -> None:
    talk = Talk(words=FOREIGN)
    talk.language = "pt"
    assert await talk.ask("utter_single", amount="$5") == ["$5 is open."]
    talk.language = "fr"
    assert await talk.ask("utter_spoken") == ["Hello."]


async def test_the_buttons_are_those_of_the_variation_at_the_same_place_with_their_own_payloads() -> None:
    talk = Talk(words=FOREIGN)
    talk.language = "pt"
    for _ in range(2):
        answer = await talk.voice.generate("utter_three", talk.tracker, "other", in_language="pt", amount="$5")
        assert answer is not None
        await talk.ask("utter_three")
        wanted = [{"title": "Escolher", "payload": '/inform{"plan": "other"}'}] if answer["text"] == "Um." else []
        assert answer.get("buttons", []) == wanted


async def test_an_action_that_changes_the_language_says_its_own_answer_in_the_new_one() -> None:
    talk = Talk(words=FOREIGN)
    assert await talk.ask("utter_spoken", in_language="pt") == ["Olá."]
    talk.language = "pt"
    assert await talk.ask("utter_spoken", in_language="en") == ["Hello."]


async def test_the_locale_of_a_turn_decides_what_is_spoken(door: Door) -> None:
    voice = door.app.ctx.agent.nlg
    voice.translations = Translations({"es": Words({"utter_goodbye": ["Adiós."]})})
    said = [
        (await door.say("c1", "bye", locale=locale))["replies"][0]["text"]
        for locale in ("en-US", "es-MX", "es-MX", "fr-FR")
    ]
    assert [text.split()[-1] for text in said] == ["Bye.", "Adiós.", "Adiós.", "Bye."]


async def test_without_a_lead_in_the_words_are_said_as_they_are() -> None:
    bare = Domain.from_dict({**SMALL.as_dict(), "responses": {"utter_bye": [{"text": "Bye."}]}})
    talk = Talk(bare)
    assert [await talk.ask("utter_bye") for _ in range(2)] == [["Bye."], ["Bye."]]


async def test_a_response_without_a_text_and_an_unknown_one() -> None:
    talk = Talk()
    card = await talk.voice.generate("utter_card", talk.tracker, "other")
    assert card == {"custom": {"card": {"kind": "receipt"}}}
    assert await talk.voice.generate("utter_nothing", talk.tracker, "other") is None


async def test_filling_a_response_leaves_the_domain_as_it_is() -> None:
    before = copy.deepcopy(SMALL.responses)
    talk = Talk()
    for _ in range(3):
        answer = await talk.voice.generate("utter_three", talk.tracker, "other", amount="$5")
        assert answer is not None
        for button in answer.get("buttons", []):
            assert button["payload"] == '/inform{"plan": "other"}'
        await talk.ask("utter_three")
    assert SMALL.responses == before


async def test_a_whole_turn_speaks_so_with_the_values_of_its_action(door: Door, actions: ActionServer) -> None:
    voice = door.app.ctx.agent.nlg
    ways = [{"text": "{total} is open."}, {"text": "There's {total} open."}]
    voice.responses = {**voice.responses, "utter_balance": ways}
    spoken = {"response": "utter_balance", "template": "utter_balance", "text": None, "buttons": [], "custom": {}}
    actions.answers["action_balance"] = lambda call: {"events": [], "responses": [{**spoken, "total": "$5"}]}
    said = [(await door.say("c1", "how much do I owe"))["replies"][0]["text"] for _ in range(4)]
    assert said[:2] == said[2:]
    assert sorted(said[:2]) == ["$5 is open.", "There's $5 open."]


def test_rasas_own_command_line_speaks_in_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GT_ACTIONS_URL", "GT_TRACKER_URL"):
        monkeypatch.setenv(name, "unused")
    made = NaturalLanguageGenerator.create(read_endpoint_config(str(ROOT / "endpoints.yml"), "nlg"), OURS)
    assert isinstance(made, VariedResponses)
    assert made.responses == OURS.responses


def test_the_server_speaks_with_the_responses_of_its_model(model: Path, tmp_path: Path) -> None:
    settings = {
        "GT_RASA_TOKEN": "x" * 16,
        "GT_TRACKER_URL": f"sqlite:///{tmp_path}/tracker.db",
        "GT_RASA_MODEL": str(model),
    }
    agent = rasa_server.load(Settings.read(settings))
    assert isinstance(agent.nlg, VariedResponses)
    assert agent.processor is not None
    assert agent.processor.nlg is agent.nlg
    assert agent.nlg.responses["utter_goodbye"] == [{"text": "Bye."}]
