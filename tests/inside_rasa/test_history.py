"""A shorter history predicts what the whole one would, whatever was said before, also inside a form."""

import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ActionServer
from rasa.core.channels.channel import OutputChannel
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.inside_rasa import server as rasa_server
from bot.inside_rasa.history import Reach, compact
from bot.inside_rasa.processor import SilentOutput, Turn, TurnProcessor
from bot.inside_rasa.settings import Settings

SAYINGS = [
    "hello", "yes", "no", "cancel", "what can you do", "how much do I owe", "let me talk to a person", "zzz",
    "/request_plan", "/request_plan", "50", "friday", "lots", "see you later", "I want to pay", "what is the weather",
]  # fmt: skip


@pytest.fixture
async def processor(model: Path, actions: ActionServer, tmp_path: Path) -> AsyncIterator[TurnProcessor]:
    settings = Settings.read(
        {
            "GT_RASA_TOKEN": "x" * 16,
            "GT_ACTIONS_URL": f"http://127.0.0.1:{actions.port}/webhook",
            "GT_TRACKER_URL": f"sqlite:///{tmp_path}/tracker.db",
            "GT_RASA_MODEL": str(model),
        }
    )
    found = rasa_server.load(settings).processor
    assert isinstance(found, TurnProcessor)
    yield found
    kept: Any = getattr(found.action_endpoint, "_kept_session", None)
    if kept is not None:
        await kept.close()


async def whole_turn(processor: TurnProcessor, tracker: DialogueStateTracker, said: str, number: int) -> list[str]:
    """Plays a turn on a tracker and gives what was done."""
    output: OutputChannel = SilentOutput()
    await processor._update_tracker_session(tracker, output)
    before = len(tracker.events)
    payload = said if said.startswith("/") else None
    turn = Turn("c1", f"m{number}", text=None if payload else said, payload=payload)
    await processor._handle_message_with_tracker(await processor._message(turn, tracker), tracker)  # type: ignore
    await processor.run_action_extract_slots(output, tracker)
    await processor._run_prediction_loop(output, tracker)
    return [done(event) for event in list(tracker.events)[before:]]


def done(event: Event) -> str:
    """What an event did, without when."""
    written = event.as_dict()
    for incidental in ("timestamp", "metadata", "parse_data", "message_id"):
        written.pop(incidental, None)
    return json.dumps(written, sort_keys=True)


def standing(tracker: DialogueStateTracker) -> Any:
    """What a tracker stands at after a turn."""
    loop = tracker.active_loop
    flags = (loop.name, loop.rejected, loop.is_interrupted) if loop else None
    return tracker.current_slot_values(), flags, tracker.is_paused(), tracker.latest_action_name


def reborn(tracker: DialogueStateTracker, events: list[Event], processor: TurnProcessor) -> DialogueStateTracker:
    """The tracker that the store gives back."""
    fresh = DialogueStateTracker("c1", processor.domain.slots)
    fresh.events.extend(Event.from_parameters(json.loads(json.dumps(event.as_dict()))) for event in events)
    fresh.replay_events()
    return fresh


@pytest.mark.parametrize("seed", range(12))
async def test_any_conversation_goes_on_as_it_would_with_its_whole_history(processor: TurnProcessor, seed: int) -> None:
    choose = random.Random(seed)
    reach = Reach.of(processor.policies())
    whole = DialogueStateTracker("c1", processor.domain.slots)
    short = DialogueStateTracker("c1", processor.domain.slots)
    for number in range(40):
        said = choose.choice(SAYINGS)
        expected = await whole_turn(processor, whole, said, number)
        found = await whole_turn(processor, short, said, number)
        assert found == expected, (number, said)
        assert standing(short) == standing(whole), (number, said)
        whole = reborn(whole, list(whole.events), processor)
        short = reborn(short, compact(short, reach), processor)


async def test_a_form_goes_on_across_any_number_of_interruptions(processor: TurnProcessor) -> None:
    reach = Reach.of(processor.policies())
    tracker = DialogueStateTracker("c1", processor.domain.slots)
    await whole_turn(processor, tracker, "/request_plan", 0)
    await whole_turn(processor, tracker, "50", 1)
    for number in range(2, 40):
        tracker = reborn(tracker, compact(tracker, reach), processor)
        await whole_turn(processor, tracker, "what can you do", number)
        assert tracker.active_loop_name == "plan_form"
        assert (tracker.get_slot("requested_slot"), tracker.get_slot("amount")) == ("pay_day", "50")
    await whole_turn(processor, tracker, "friday", 99)
    assert tracker.active_loop_name is None


@pytest.mark.parametrize("sayings", [["hello", "no"], ["what can you do"], ["/request_plan", "lots", "lots"], SAYINGS])
async def test_the_history_does_not_grow_with_the_conversation(processor: TurnProcessor, sayings: list[str]) -> None:
    reach = Reach.of(processor.policies())
    tracker = DialogueStateTracker("c1", processor.domain.slots)
    lengths = []
    for number in range(96):
        await whole_turn(processor, tracker, sayings[number % len(sayings)], number)
        kept = compact(tracker, reach)
        lengths.append(len(kept))
        tracker = reborn(tracker, kept, processor)
    assert max(lengths[-48:]) <= max(lengths[:48])
    assert max(lengths) < 160


async def test_compacting_again_changes_nothing(processor: TurnProcessor) -> None:
    reach = Reach.of(processor.policies())
    tracker = DialogueStateTracker("c1", processor.domain.slots)
    for number, said in enumerate(SAYINGS * 2):
        await whole_turn(processor, tracker, said, number)
    once = compact(tracker, reach)
    twice = compact(reborn(tracker, once, processor), reach)
    assert [done(event) for event in twice] == [done(event) for event in once]


def test_the_reach_is_that_of_the_longest_rule_and_story(processor: TurnProcessor) -> None:
    reach = Reach.of(processor.policies())
    assert reach.states >= 5
    assert reach.story_states == 6


def test_a_policy_without_a_known_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="has no bounded memory"):
        Reach.of([object()])


def test_a_slot_that_was_taken_back_stays_taken_back() -> None:
    turns: list[Event] = [ActionExecuted("action_listen")]
    for number in range(30):
        turns += [UserUttered("x", {"name": "greet"}), ActionExecuted("utter_greet")]
        turns += [SlotSet("amount", "50" if number < 5 else None), ActionExecuted("action_listen")]
    turns[2:2] = [ActiveLoop("plan_form"), ActiveLoop(None)]
    tracker = DialogueStateTracker.from_events("c1", turns)
    kept = DialogueStateTracker.from_events("c1", compact(tracker, Reach(6, 2)))
    assert len(kept.events) < 40
    assert kept.get_slot("amount") is None
    assert kept.active_loop_name is None
