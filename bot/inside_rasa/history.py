"""How much of a conversation its policies can still see, and the shorter history from which they predict the same.

Rasa keeps every event and replays all of them on every turn, so that turn 200 costs ten times turn 1. A rule looks
back only as far as it is long, a remembered story only `max_history` states. What lies further back matters by what it
left behind (slots, a running form), and that is kept in place of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, List, Optional, Tuple

from rasa.core.policies.memoization import MemoizationPolicy
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    Event,
    LoopInterrupted,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

WHOLE_TURNS = 2
"""The latest turns stay as they were, with what was said: default actions look back two messages."""

COLLAPSED = 2
"""A form's next turn merges with its last one and takes away at most these two states (listen and form)."""


@dataclass(frozen=True)
class Reach:
    """How many states back the rules look, and how many states that are not rules' own the stories look."""

    states: int = 12
    story_states: int = 6

    @classmethod
    def of(cls, policies: Iterable[Any]) -> Reach:
        """The reach of trained policies. Raises ValueError for one whose memory has no bound that is known here."""
        states, story_states = 1, 0
        for policy in policies:
            if isinstance(policy, RulePolicy):
                keys = [*policy.lookup.get(RULES, {}), *policy.lookup.get(RULES_FOR_LOOP_UNHAPPY_PATH, {})]
                states = max([states, *(len(json.loads(key)) for key in keys)])
            elif isinstance(policy, MemoizationPolicy) and policy.config.get("max_history"):
                story_states = max(story_states, int(policy.config["max_history"]))
            else:
                raise ValueError(
                    f"{type(policy).__name__} in config.yml has no bounded memory: give it a max_history, or say in "
                    "bot/inside_rasa/history.py how far back it looks."
                )
        return cls(states + 1 + COLLAPSED, story_states + 1)


def compact(tracker: DialogueStateTracker, reach: Reach) -> List[Event]:
    """The events to keep of a tracker whose turn is over: a tracker made of them predicts what this one would.

    Kept are the last two turns whole; before them, as many applied turns as rules and stories reach back, without
    what was said; before those, what they left behind. The length does not grow with the conversation.
    """
    events = _since_session_start(list(tracker.events))
    starts = [at for at, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(starts) <= WHOLE_TURNS:
        return events
    latest = events[starts[-WHOLE_TURNS] :]
    opening, turns = _turns(_applied(events[: starts[-WHOLE_TURNS]]))
    older, kept = _split(turns, reach, _applied(latest))
    told = _story_turns(older, reach, [*kept, latest])

    standing = Standing()
    shorter: List[Event] = []
    for at, turn in enumerate([opening, *older], start=-1):
        body, rest = _parted(turn)
        if at == -1 or at in told:
            shorter += standing.events() + _sparse(body)
            standing.see(body, written=True)
            standing.see(rest)
        else:
            standing.see(turn)
    shorter += standing.events()
    for turn in kept:
        shorter += _sparse(turn)
    return shorter + latest


LoopState = Tuple[Optional[str], bool, bool]


@dataclass
class Standing:
    """What turns that are dropped leave behind: slots, the running form and its state, a pause."""

    cleared: Optional[AllSlotsReset] = None
    slots: Dict[str, SlotSet] = field(default_factory=dict)
    loop: Optional[ActiveLoop] = None
    rejected: Optional[ActionExecutionRejected] = None
    interrupted: Optional[LoopInterrupted] = None
    pause: Optional[Event] = None
    written: Tuple[LoopState, Optional[Event]] = ((None, False, False), None)

    def see(self, events: Iterable[Event], written: bool = False) -> None:
        """Takes note of events: of dropped ones, or of ones that are kept and so need not be written again."""
        for event in events:
            if isinstance(event, SlotSet):
                self.slots.pop(event.key, None)
                self.slots[event.key] = event
            elif isinstance(event, AllSlotsReset):
                self.cleared = event
                self.slots.clear()
            elif isinstance(event, ActiveLoop):
                self.loop, self.rejected, self.interrupted = event, None, None
            elif isinstance(event, ActionExecutionRejected):
                if event.action_name == self._loop_name():
                    self.rejected = event
            elif isinstance(event, ActionExecuted):
                self.interrupted = None
                if event.action_name == self._loop_name():
                    self.rejected = None
            elif isinstance(event, LoopInterrupted):
                self.interrupted = event if event.is_interrupted else None
            elif isinstance(event, (ConversationPaused, ConversationResumed)):
                self.pause = event
        if written:
            self._forget()

    def events(self) -> List[Event]:
        """The events that bring it about, as far as they are not written yet; they are from then on."""
        found: List[Optional[Event]] = [self.cleared, *self.slots.values()]
        loop, pause = self.written
        if loop != self._loop_state():
            found += [self.loop, self.rejected, self.interrupted]
        if pause is not self.pause:
            found.append(self.pause)
        self._forget()
        return [event for event in found if event is not None]

    def _loop_name(self) -> Optional[str]:
        return self.loop.name if self.loop is not None else None

    def _loop_state(self) -> LoopState:
        return self._loop_name(), self.rejected is not None, self.interrupted is not None

    def _forget(self) -> None:
        self.cleared = None
        self.slots.clear()
        self.written = (self._loop_state(), self.pause)


def _since_session_start(events: List[Event]) -> List[Event]:
    for at in range(len(events) - 1, -1, -1):
        if isinstance(events[at], (Restarted, SessionStarted)):
            return events[at:]
    return events


def _applied(events: List[Event]) -> List[Event]:
    """The events that count, by Rasa's own reading (what was taken back is gone, a form's repeats are merged)."""
    reader = DialogueStateTracker("", slots=None)
    reader.events.extend(events)
    return reader.applied_events()


def _turns(events: List[Event]) -> Tuple[List[Event], List[List[Event]]]:
    """What stands before the first message, and then one list of events a message."""
    opening: List[Event] = []
    turns: List[List[Event]] = []
    for event in events:
        if isinstance(event, UserUttered):
            turns.append([event])
        else:
            (turns[-1] if turns else opening).append(event)
    return opening, turns


def _parted(turn: List[Event]) -> Tuple[List[Event], List[Event]]:
    """A turn up to its last action, and what stands after it (what an earlier compaction wrote there)."""
    last = max((at for at, event in enumerate(turn) if isinstance(event, ActionExecuted)), default=-1)
    return turn[: last + 1], turn[last + 1 :]


def _split(turns: List[List[Event]], reach: Reach, latest: List[Event]) -> Tuple[List[List[Event]], List[List[Event]]]:
    """Parts the turns behind the rules' reach from those within it; `latest` counts towards the reach."""
    missing = reach.states - _actions(latest)
    cut = len(turns)
    while cut > 0 and missing > 0:
        cut -= 1
        missing -= _actions(turns[cut])
    return turns[:cut], turns[cut:]


def _story_turns(older: List[List[Event]], reach: Reach, nearer: List[List[Event]]) -> List[int]:
    """Which of the older turns the stories still see: those that are not wholly rules' own, the latest first."""
    missing = reach.story_states - sum(_story_actions(turn) for turn in nearer)
    seen: List[int] = []
    for at in range(len(older) - 1, -1, -1):
        if missing <= 0:
            break
        if _story_actions(older[at]):
            seen.append(at)
            missing -= _story_actions(older[at])
    return seen


def _actions(turn: List[Event]) -> int:
    return sum(isinstance(event, ActionExecuted) for event in turn)


def _story_actions(turn: List[Event]) -> int:
    return sum(isinstance(event, ActionExecuted) and not event.hide_rule_turn for event in turn)


def _sparse(turn: List[Event]) -> List[Event]:
    """A turn without replies and without slot values that were replaced before the next action looked at them."""
    sparse: List[Event] = []
    replaced: Dict[str, int] = {}
    for event in turn:
        if isinstance(event, BotUttered):
            continue
        if isinstance(event, (ActionExecuted, AllSlotsReset)):
            replaced = {}
        if isinstance(event, SlotSet):
            if event.key in replaced:
                sparse[replaced[event.key]] = event
                continue
            replaced[event.key] = len(sparse)
        sparse.append(_bare(event) if isinstance(event, UserUttered) else event)
    return sparse


def _bare(message: UserUttered) -> UserUttered:
    """A message with what policies read of it and without its ranking."""
    if "intent_ranking" not in message.parse_data:
        return message
    return UserUttered(
        message.text,
        message.intent,
        message.entities,
        timestamp=message.timestamp,
        input_channel=message.input_channel,
        message_id=message.message_id,
        use_text_for_featurization=message.use_text_for_featurization,
    )
