"""What no setting of Rasa 3.6.21 can do: a few replacements inside it, each with what it does, why, and what it gave.

Every replacement checks that what it replaces is there and refuses to start otherwise; test_tuning.py holds each to
Rasa's own result. Shares are of the busy time of turns with an action before the replacement.
"""

from __future__ import annotations

import copy as copies
import inspect
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Text, Tuple, Type

import jsonschema
import rasa
import rasa.core.actions.forms
import rasa.core.agent
import rasa.core.policies.memoization
import rasa.core.policies.rule_policy
import rasa.core.processor
from jsonschema.exceptions import best_match
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.policies.policy import Policy
from rasa.core.tracker_store import FailSafeTrackerStore, TrackerStore
from rasa.engine.exceptions import GraphRunError
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.storage import ModelMetadata
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity, TrackerActiveLoop
from rasa.utils.endpoints import EndpointConfig

from bot.inside_rasa.action_server import KeptSession
from bot.inside_rasa.processor import TurnProcessor
from bot.inside_rasa.tracker_store import ConversationStore

RASA_VERSION = "3.6.21"

COPYING_MODULES = (
    rasa.core.processor,
    rasa.core.policies.rule_policy,
    rasa.core.policies.memoization,
    rasa.core.actions.forms,
)
"""Modules that use `copy.deepcopy` for arguments of debug messages and for nothing else."""

NEEDED_BY_ACTIONS = ("forms", "slots")
"""What rasa-sdk's FormValidationAction and ValidationAction read of a domain."""


@dataclass(frozen=True)
class Replacement:
    """One attribute of Rasa's that is replaced; `make` takes the original and gives the replacement."""

    owner: Any
    name: str
    make: Callable[[Any], Any]

    def apply(self) -> None:
        """Replaces it once. Raises SystemExit when Rasa has no such attribute."""
        original = inspect.getattr_static(self.owner, self.name, None)
        if original is None:
            raise SystemExit(
                f"Rasa {rasa.__version__} has no {self.owner.__name__}.{self.name}, which bot/inside_rasa/tuning.py "
                f"replaces: it is written for Rasa {RASA_VERSION}. Install that version."
            )
        if not hasattr(getattr(original, "__func__", original), "replaces"):
            replacement = self.make(original)
            replacement.replaces = original
            kind = type(original) if isinstance(original, (staticmethod, classmethod)) else None
            setattr(self.owner, self.name, kind(replacement) if kind else replacement)


def apply() -> None:
    """Makes all replacements; a second call changes nothing. Raises SystemExit when one has lost its target."""
    for replacement in replacements():
        replacement.apply()
    # Every prediction copies every slot three times; the general way of copy.copy takes three times as long.
    Slot.__copy__ = _copied_slot


def replacements() -> List[Replacement]:
    """All of them, in no particular order."""
    return [
        # An action's answer is checked against a JSON schema, which jsonschema.validate first checks itself: half of
        # all time, 28 ms an answer. Compiled and asked only for the schema of the event's name it takes 0.1 ms.
        Replacement(RemoteAction, "_validate_action_result", _compiled_validation),
        # A session, and so a connection, was made for every call of the action server.
        Replacement(EndpointConfig, "request", _kept_request),
        # The whole domain went with every call, responses and all: 40 kB to write and to read for nothing.
        Replacement(RemoteAction, "_action_call_format", _short_call),
        # Dask plans the same five nodes anew on every run: 8 % with actions, 23 % without.
        Replacement(rasa.core.processor, "DaskGraphRunner", _plain_runner),
        # A list of all event classes was made for every event that is read back: 7 to 9 %.
        Replacement(Event, "resolve_by_type", _remembered_class),
        # A tracker was copied by replaying all its events, for every action.
        Replacement(DialogueStateTracker, "copy", _copied_tracker),
        # A model names the classes that trained it, and TensorFlow came with one that only checks a configuration:
        # six seconds of the start, and 340 MB.
        Replacement(ModelMetadata, "from_dict", _metadata_without_training),
        # Not speed: the processor whose turns fail visibly, and a store whose failing save is not hidden in memory.
        Replacement(rasa.core.agent, "MessageProcessor", lambda original: TurnProcessor),
        Replacement(Agent, "_create_tracker_store", _unwrapped_store),
        # The states were written out as text for a debug message, twice a prediction.
        Replacement(Policy, "format_tracker_states", _unformatted),
        # Deep copies of trackers and events were made for debug messages that nobody reads.
        *(Replacement(module, "copy", lambda original: References()) for module in COPYING_MODULES),
    ]


class References:
    """The module `copy` for code that copies only what it logs: a debug message may as well have the thing itself."""

    replaces: Any = copies

    @staticmethod
    def deepcopy(value: Any) -> Any:
        """Gives the value itself."""
        return value

    def __getattr__(self, name: str) -> Any:
        return getattr(copies, name)


def _compiled_validation(original: Any) -> Callable[[RemoteAction, Dict[Text, Any]], bool]:
    schema = RemoteAction.action_response_format_spec()
    kind = jsonschema.validators.validator_for(schema)
    whole, event = kind(schema), schema["properties"]["events"]["items"]
    own = {one["properties"]["event"]["const"]: kind(one) for one in event["oneOf"]}
    shared = kind({name: rule for name, rule in event.items() if name != "oneOf"})

    def is_quickly_good(result: Any) -> bool:
        """Whether each event fits the one schema that bears its name; of the others none can fit."""
        if not isinstance(result, dict) or set(result) - {"events", "responses"}:
            return False
        events, responses = result.get("events", []), result.get("responses", [])
        if not isinstance(events, list) or not isinstance(responses, list):
            return False
        return all(isinstance(response, dict) for response in responses) and all(
            shared.is_valid(one) and one["event"] in own and own[one["event"]].is_valid(one) for one in events
        )

    def validate(self: RemoteAction, result: Dict[Text, Any]) -> bool:
        error = None if is_quickly_good(result) else best_match(whole.iter_errors(result))
        if error is not None:
            raise error
        return True

    return validate


def _kept_request(original: Any) -> Callable[..., Any]:
    async def request(self: EndpointConfig, *args: Any, **kwargs: Any) -> Any:
        if self.cafile or self.basic_auth:
            return await original(self, *args, **kwargs)
        session: Optional[KeptSession] = getattr(self, "_kept_session", None)
        if session is None:
            session = KeptSession(self)
            self._kept_session = session
        return await session.request(*args, **kwargs)

    return request


def _short_call(original: Any) -> Callable[..., Dict[Text, Any]]:
    def call(self: RemoteAction, tracker: DialogueStateTracker, domain: Domain) -> Dict[Text, Any]:
        short: Optional[Dict[Text, Any]] = getattr(domain, "_for_actions", None)
        if short is None:
            whole = domain.as_dict()
            short = {key: whole[key] for key in NEEDED_BY_ACTIONS if key in whole}
            domain._for_actions = short
        return {
            "next_action": self._name,
            "sender_id": tracker.sender_id,
            "tracker": tracker.current_state(EventVerbosity.ALL),
            "version": rasa.__version__,
            "domain": short,
        }

    return call


def _plain_runner(original: Type[DaskGraphRunner]) -> Type[DaskGraphRunner]:
    class PlainGraphRunner(original):
        """Runs the nodes that a target needs, each after those it needs, in an order that is worked out once."""

        _orders: Dict[Tuple[Text, ...], List[Text]]

        def run(
            self, inputs: Optional[Dict[Text, Any]] = None, targets: Optional[List[Text]] = None
        ) -> Dict[Text, Any]:
            wanted = tuple(targets or self._graph_schema.target_names)
            results: Dict[Text, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
            nodes = self._graph_schema.nodes
            for name in self._order(wanted):
                given = (results.get(need, need) for need in nodes[name].needs.values())
                try:
                    results[name] = self._instantiated_nodes[name](*given)
                except RuntimeError as error:
                    raise GraphRunError("Error running runner.") from error
            return dict(results[name] for name in wanted)

        def _order(self, wanted: Tuple[Text, ...]) -> List[Text]:
            orders = self.__dict__.setdefault("_orders", {})
            if wanted not in orders:
                order: List[Text] = []
                for name in wanted:
                    self._visit(name, order)
                orders[wanted] = order
            found: List[Text] = orders[wanted]
            return found

        def _visit(self, name: Text, order: List[Text]) -> None:
            node = self._graph_schema.nodes.get(name)
            if node is None or name in order:
                return
            for need in node.needs.values():
                self._visit(need, order)
            order.append(name)

    return PlainGraphRunner


def _remembered_class(original: staticmethod[..., Optional[Type[Event]]]) -> Callable[..., Optional[Type[Event]]]:
    known: Dict[Text, Type[Event]] = {}

    def resolve(type_name: Text, default: Optional[Type[Event]] = None) -> Optional[Type[Event]]:
        if type_name in known:
            return known[type_name]
        found = original.__func__(type_name, default)
        if found is not None and found.type_name == type_name:
            known[type_name] = found
        return found

    return resolve


def _copied_tracker(original: Any) -> Callable[[DialogueStateTracker], DialogueStateTracker]:
    def copy(self: DialogueStateTracker) -> DialogueStateTracker:
        copied = self.init_copy()
        for slot in copied.slots.values():
            slot.__dict__.update(self.slots[slot.name].__dict__)
        copied.events.extend(self.events)
        copied._paused = self._paused
        copied.followup_action = self.followup_action
        copied.latest_action = self.latest_action
        copied.latest_message = self.latest_message
        copied.latest_bot_utterance = self.latest_bot_utterance
        loop = self.active_loop
        copied.active_loop = loop and TrackerActiveLoop(**loop.__dict__)
        return copied

    return copy


def _unformatted(original: staticmethod[..., Text]) -> Callable[[List[Dict[Text, Any]]], Text]:
    def format_states(states: List[Dict[Text, Any]]) -> Text:
        return ""

    return format_states


def _copied_slot(slot: Slot) -> Slot:
    copied: Slot = object.__new__(type(slot))
    copied.__dict__.update(slot.__dict__)
    return copied


def _metadata_without_training(original: Any) -> Callable[[Type[ModelMetadata], Dict[Text, Any]], ModelMetadata]:
    def from_dict(cls: Type[ModelMetadata], serialized: Dict[Text, Any]) -> ModelMetadata:
        read: ModelMetadata = original.__func__(cls, {**serialized, "train_schema": {"nodes": {}}})
        return read

    return from_dict


def _unwrapped_store(original: Any) -> Callable[[Optional[TrackerStore], Domain], TrackerStore]:
    def create(store: Optional[TrackerStore], domain: Domain) -> TrackerStore:
        wrapped: TrackerStore = original.__func__(store, domain)
        if isinstance(wrapped, FailSafeTrackerStore) and isinstance(store, ConversationStore):
            return store
        return wrapped

    return create
