"""Every dialogue of `tests/conversations/dialogues`, played on the running product from a fresh morning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from bot.models import Author
from tests.end_to_end import script
from tests.end_to_end.customer import texts
from tests.end_to_end.script import Step
from tests.end_to_end.stage import STRANGER, Message, Play, Stage
from tests.kindness import asked, banned

pytestmark = pytest.mark.slow

# What would imply a debt before anybody has proven who they are (P1).
TELLING = re.compile(
    r"\b(?:owes?|owed|owing|overdue|debts?|balance|past due|arrears|in default"
    r"|debe|adeudos?|deudas?|vencid[oa]s?|atrasad[oa]s?|deve|dívidas?|saldo)\b"
    r"|[$£€]\s?\d|\bUSD\d",
    re.IGNORECASE,
)


@pytest.mark.parametrize("name", script.names())
def test_a_dialogue_goes_as_it_is_written(name: str, stage: Stage) -> None:
    dialogue = script.dialogue(name)
    with stage.play(dialogue) as play:
        is_known = dialogue.writes != STRANGER and dialogue.by == "web"
        before: Sequence[Message] = []
        for place, step in enumerate(dialogue.talk, start=1):
            answer = play.do(step)
            wrong = [*_unlike(step, answer), *_unkind(answer, before, play.said)]
            is_known = is_known or step.code is not None or step.proves
            if not is_known:
                wrong += [f"tells a stranger {found.group()!r}" for found in TELLING.finditer(texts(answer))]
            assert not wrong, _told(name, place, play, wrong)
            before = answer or before
        wrong = play.differences(dialogue.state)
        assert not wrong, _told(name, len(dialogue.talk), play, wrong)


def test_there_are_sixty_dialogues_and_ten_are_shown() -> None:
    everything = [script.dialogue(name) for name in script.names()]
    assert len(everything) >= 60
    assert len({dialogue.title for dialogue in everything}) == len(everything)
    assert sum(dialogue.shown for dialogue in everything) == 10


def _unlike(step: Step, answer: Sequence[Message]) -> list[str]:
    said = _plain(texts(list(answer)))
    wrong = [f"lacks {part!r}" for part in step.expect if not any(_plain(one) in said for one in part.split(" | "))]
    wrong += [f"says {part!r}" for part in step.never if _plain(part) in said]
    cards = [message["card"] for message in answer if message["card"]]
    if step.card is not None and not any(_holds(card, step.card) for card in cards):
        wrong.append(f"has no card with {step.card}, only {cards}")
    titles = [button["title"] for message in answer for button in message["buttons"] or []]
    wrong += [f"has no button {title!r}, only {titles}" for title in step.buttons if title not in titles]
    if step.silence and answer:
        wrong.append("answers")
    return wrong


def _holds(found: Any, expected: Any) -> bool:
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(_holds(found.get(key), value) for key, value in expected.items())
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(_holds(one, other) for one, other in zip(found, expected, strict=True))
        )
    return bool(found == expected)


def _unkind(answer: Sequence[Message], before: Sequence[Message], said: str) -> list[str]:
    ours = [message["text"] for message in answer if message["author"] == Author.BOT]
    wrong = [f"is unkind: {found}" for text in ours for found in banned(text, asked(said))]
    wrong += [f"has a hole: {text!r}" for text in ours if re.search(r"[{}]|\bNone\b|\butter_", text)]
    earlier = {message["text"] for message in before if message["author"] == Author.BOT}
    return wrong + [f"repeats word for word: {text!r}" for text in ours if text in earlier]


def _plain(text: str) -> str:
    # Babel puts spaces that do not break into amounts.
    return " ".join(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())


def _told(name: str, place: int, play: Play, wrong: Sequence[str]) -> str:
    lines = [f"  {message['author']}: {message['text']}" for message in play.customer.heard]
    return "\n".join([f"{name}, step {place}: the answer", *(f"- {one}" for one in wrong), "", *lines])
