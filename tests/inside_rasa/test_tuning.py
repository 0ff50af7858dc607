"""Each replacement inside Rasa gives Rasa's own result, still has its target, and is still needed."""

import ast
import copy
import inspect
import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import rasa
import rasa.core.policies.memoization
import rasa.core.policies.rule_policy
from conftest import ActionServer, Door, says
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.engine.graph import ExecutionContext
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    Event,
    LoopInterrupted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.shared.utils.common import all_subclasses
from rasa.utils.endpoints import EndpointConfig

from bot.inside_rasa import tuning
from bot.inside_rasa.processor import TurnProcessor

DOMAIN = Domain.from_path(str(Path(__file__).parent / "assistant" / "domain.yml"))


def stock(owner: Any, name: str) -> Any:
    """What Rasa had there."""
    replaced = inspect.getattr_static(owner, name)
    original = getattr(replaced, "__func__", replaced).replaces
    return getattr(original, "__func__", original)


def test_it_is_written_for_the_installed_version() -> None:
    assert rasa.__version__ == tuning.RASA_VERSION


def test_applying_twice_changes_nothing() -> None:
    before = [inspect.getattr_static(one.owner, one.name) for one in tuning.replacements()]
    tuning.apply()
    assert [inspect.getattr_static(one.owner, one.name) for one in tuning.replacements()] == before


def test_a_missing_target_stops_the_start_with_a_sentence() -> None:
    with pytest.raises(SystemExit, match=r"has no RemoteAction\.no_such_thing, which bot/inside_rasa/tuning\.py"):
        tuning.Replacement(RemoteAction, "no_such_thing", lambda original: original).apply()


GOOD_ANSWERS: list[Any] = [
    {"events": [], "responses": []},
    {"events": [{"event": "slot", "name": "amount", "value": [1, {"a": None}]}], "responses": [{"text": "x"}]},
    {"events": [{"event": "followup", "name": "x"}, {"event": "bot", "text": "x", "data": {}}], "responses": []},
    {"events": [], "responses": [], "more": 1},
    {"events": [{"event": "form", "name": None}, {"event": "reset_slots"}, {"event": "session_started"}]},
]
BAD_ANSWERS: list[Any] = [
    None,
    [],
    {"events": None},
    {"events": [{"event": "no_such_event"}]},
    {"events": [{"event": "slot"}]},
    {"responses": ["x"]},
    {"events": [{"event": "bot", "timestamp": "now"}]},
    {"events": [{"event": "bot", "metadata": 1}]},
    {"events": [{"event": 7}]},
    {"events": ["bot"]},
    {"events": [{"event": "user", "text": 5}]},
]


@pytest.mark.parametrize("answer", GOOD_ANSWERS + BAD_ANSWERS)
def test_the_compiled_schema_judges_an_answer_as_rasa_does(answer: Any) -> None:
    action = RemoteAction("action_x", None)

    def judged(validate: Any) -> bool:
        try:
            return bool(validate(action, copy.deepcopy(answer)))
        except jsonschema.ValidationError:
            return False

    assert judged(RemoteAction._validate_action_result) == judged(stock(RemoteAction, "_validate_action_result"))
    assert judged(RemoteAction._validate_action_result) == (answer in GOOD_ANSWERS)


def test_a_copied_slot_is_what_the_general_way_makes() -> None:
    for slot in DOMAIN.slots:
        ours = copy.copy(slot)
        theirs = copy._reconstruct(slot, None, *slot.__reduce_ex__(4))  # type: ignore[attr-defined]
        assert type(ours) is type(theirs)
        assert vars(ours) == vars(theirs)
        ours.value = "changed"
        assert vars(slot) == vars(theirs)


def test_states_are_formatted_for_debug_messages_alone() -> None:
    for module in (rasa.core.policies.rule_policy, rasa.core.policies.memoization):
        source = inspect.getsource(module)
        uses = [
            line.strip() for line in source.splitlines() if "format_tracker_states" in line or "current_states" in line
        ]
        assert all(
            "copy.deepcopy(current_states)" in use or use.startswith("current_states = self.format") for use in uses
        )


def test_the_compiled_schema_is_still_needed() -> None:
    action = RemoteAction("action_x", None)

    def best(validate: Any) -> float:
        took = []
        for _ in range(5):
            began = time.perf_counter()
            validate(action, GOOD_ANSWERS[1])
            took.append(time.perf_counter() - began)
        return min(took)

    assert best(RemoteAction._validate_action_result) * 5 < best(stock(RemoteAction, "_validate_action_result"))


async def test_calls_share_one_connection_and_survive_a_restart_of_the_action_server(
    door: Door, actions: ActionServer
) -> None:
    for _ in range(3):
        assert not (await door.say("c1", "how much do I owe"))["failed"]
    assert len(set(map(id, actions.connections))) == 1
    await actions.stop()
    assert (await door.say("c1", "how much do I owe"))["error"] == "action_unreachable"
    await actions.start()
    assert not (await door.say("c1", "how much do I owe"))["failed"]


async def test_the_kept_session_sends_and_gives_what_rasas_does(actions: ActionServer) -> None:
    actions.answers["action_x"] = says("Grüße")
    endpoint = EndpointConfig(url=f"http://127.0.0.1:{actions.port}/webhook", headers={"X-Own": "1"}, token="t")
    sent = {"next_action": "action_x", "ü": [1.5, None, "😀"]}
    answers = [
        await request(endpoint, json=sent) for request in (EndpointConfig.request, stock(EndpointConfig, "request"))
    ]
    assert answers[0] == answers[1]
    assert actions.calls[0] == actions.calls[1] == sent
    kept: Any = endpoint._kept_session  # type: ignore[attr-defined]
    await kept.close()


def test_a_call_carries_what_rasas_does_but_of_the_domain_only_what_rasa_sdk_reads() -> None:
    tracker = DialogueStateTracker.from_events("c1", [UserUttered("x", {"name": "greet"})], DOMAIN.slots)
    action = RemoteAction("action_x", None)
    ours: dict[str, Any] = action._action_call_format(tracker, DOMAIN)
    theirs = stock(RemoteAction, "_action_call_format")(action, tracker, DOMAIN)
    assert {**ours, "domain": None} == {**theirs, "domain": None}
    assert ours["domain"] == {name: theirs["domain"][name] for name in ("forms", "slots")}
    assert len(json.dumps(ours)) < len(json.dumps(theirs))


@pytest.fixture(scope="module")
def processor(model: Path) -> TurnProcessor:
    found = Agent.load(str(model)).processor
    assert isinstance(found, TurnProcessor)
    return found


@pytest.mark.parametrize("text", ["hello", "what do I owe", "/request_plan", ""])
async def test_the_plain_runner_gives_what_dask_gives(processor: TurnProcessor, text: str) -> None:
    runner: Any = processor.graph_runner
    assert type(runner) is not DaskGraphRunner
    from rasa.core.channels.channel import UserMessage

    tracker = DialogueStateTracker.from_events("c1", [ActionExecuted("action_listen")], DOMAIN.slots)
    metadata = processor.model_metadata
    inputs = {"__message__": [UserMessage(text)], "__tracker__": tracker}
    for target in (metadata.nlu_target, metadata.core_target):
        ours = runner.run(inputs=inputs, targets=[target])
        theirs = DaskGraphRunner.run(runner, inputs=inputs, targets=[target])
        assert ours.keys() == theirs.keys()
        assert _shown(ours[target]) == _shown(theirs[target])


def _shown(result: Any) -> Any:
    return [message.as_dict() for message in result] if isinstance(result, list) else vars(result)


def test_the_plain_runner_runs_a_node_after_those_that_it_needs(processor: TurnProcessor) -> None:
    runner: Any = processor.graph_runner
    nodes = processor.model_metadata.predict_schema.nodes
    order = runner._order((processor.model_metadata.core_target,))
    assert all(
        order.index(need) < at for at, name in enumerate(order) for need in nodes[name].needs.values() if need in nodes
    )
    assert isinstance(runner._execution_context, ExecutionContext)


def test_an_event_class_is_found_as_rasa_finds_it() -> None:
    for cls in all_subclasses(Event):
        found = Event.resolve_by_type(cls.type_name)
        assert found is stock(Event, "resolve_by_type")(cls.type_name)
        assert found is Event.resolve_by_type(cls.type_name)
    with pytest.raises(ValueError):
        Event.resolve_by_type("no_such_event")
    assert Event.resolve_by_type("no_such_event", SlotSet) is SlotSet
    assert Event.resolve_by_type("topic") is None


def test_a_copied_tracker_is_what_rasa_gets_by_replaying_it() -> None:
    events: list[Event] = [
        ActionExecuted("action_listen"),
        UserUttered("x", {"name": "request_plan"}),
        ActionExecuted("plan_form"),
        ActiveLoop("plan_form"),
        SlotSet("requested_slot", "amount"),
        BotUttered("How much?"),
        ActionExecuted("action_listen"),
        UserUttered("y", {"name": "ask_capabilities"}),
        SlotSet("verified", True),
        ActionExecutionRejected("plan_form"),
        LoopInterrupted(True),
    ]
    for length in range(len(events) + 1):
        tracker = DialogueStateTracker.from_events("c1", events[:length], DOMAIN.slots)
        ours, theirs = tracker.copy(), stock(DialogueStateTracker, "copy")(tracker)
        assert ours.current_state(EventVerbosity.ALL) == theirs.current_state(EventVerbosity.ALL)
        assert {name: vars(slot) for name, slot in ours.slots.items()} == {
            name: vars(slot) for name, slot in theirs.slots.items()
        }
        assert (ours.followup_action, ours.latest_bot_utterance) == (
            theirs.followup_action,
            theirs.latest_bot_utterance,
        )
        before = tracker.current_state(EventVerbosity.ALL)
        ours.update_with_events([SlotSet("verified", None), ActiveLoop(None), ActionExecuted("x")], DOMAIN)
        ours.interrupt_loop(True)
        assert tracker.current_state(EventVerbosity.ALL) == before


@pytest.mark.parametrize("module", tuning.COPYING_MODULES)
def test_a_module_whose_deep_copies_are_left_out_makes_them_for_debug_messages_alone(module: Any) -> None:
    tree = ast.parse(inspect.getsource(module))
    for_messages = {
        inner
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "structlogger.debug"
        for inner in ast.walk(call)
    }
    copies = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "copy"]
    assert copies
    assert all(node.attr == "deepcopy" and node in for_messages for node in copies)


def test_a_model_is_read_without_what_only_training_needs(processor: TurnProcessor) -> None:
    assert processor.model_metadata.train_schema.nodes == {}
    assert processor.model_metadata.predict_schema.nodes


def test_the_tracker_store_is_not_wrapped_in_one_that_hides_its_failures(tmp_path: Path) -> None:
    from bot.inside_rasa.tracker_store import ConversationStore

    store = ConversationStore(DOMAIN, host=f"sqlite:///{tmp_path}/t.db")
    assert Agent(tracker_store=store).tracker_store is store
