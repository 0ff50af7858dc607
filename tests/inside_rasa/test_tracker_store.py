"""What the tracker store promises, on SQLite and on PostgreSQL."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet, UserUttered

from bot.inside_rasa import tracker_store
from bot.inside_rasa.tracker_store import Conversation, ConversationStore, SavedMeanwhile

DOMAIN = Domain.from_dict({"slots": {"amount": {"type": "any", "mappings": [{"type": "custom"}]}}})

Opening = Callable[[], ConversationStore]


@pytest.fixture(params=["sqlite", "postgresql"])
async def opening(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Opens stores on one empty database."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/deep/er/tracker.db" if sqlite else request.getfixturevalue("postgresql")
    opened: list[ConversationStore] = []

    def open_one() -> ConversationStore:
        opened.append(ConversationStore(DOMAIN, host=url))
        return opened[-1]

    yield open_one
    with opened[0]._engine.begin() as database:
        tracker_store.metadata.drop_all(database)
    for store in opened:
        await store.close()


def spoken(conversation: Conversation, text: str) -> Conversation:
    """The conversation after one more turn."""
    conversation.update_with_events(
        [
            UserUttered(text, {"name": "greet", "confidence": 0.9}, message_id=text),
            ActionExecuted("utter_greet"),
            SlotSet("amount", {"minor": 5000, "currency": "USD"}),
            BotUttered("Hello 😀 \x00", {"buttons": None, "custom": {"card": {}}}),
            ActionExecuted("action_listen"),
        ],
        DOMAIN,
    )
    return conversation


async def test_a_saved_conversation_is_read_back_by_another_store(opening: Opening) -> None:
    one, two = opening(), opening()
    conversation = spoken(one.init_tracker("c1"), "hello")
    conversation.last_message_id, conversation.last_answer = "hello", {"replies": []}
    await one.save(conversation)
    found = await two.retrieve("c1")
    assert found is not None
    assert list(found.events) == list(conversation.events)
    assert found.get_slot("amount") == {"minor": 5000, "currency": "USD"}
    assert (found.last_message_id, found.last_answer, found.version) == ("hello", {"replies": []}, 1)


async def test_an_unknown_conversation_is_none_and_a_new_one_is_saved_with_its_first_turn(opening: Opening) -> None:
    store = opening()
    assert await store.retrieve("c1") is None
    created = await store.get_or_create_tracker("c1", append_action_listen=False)
    assert not created.events
    assert await store.keys() == []
    await store.save(spoken(created, "hello"))
    assert await store.keys() == ["c1"]


async def test_two_stores_that_serve_one_conversation_in_turn_see_each_others_turns(opening: Opening) -> None:
    stores = opening(), opening()
    for number in range(6):
        store = stores[number % 2]
        conversation = await store.get_or_create_tracker("c1", append_action_listen=False)
        await store.save(spoken(conversation, f"message {number}"))
    found = await stores[0].retrieve("c1")
    assert found is not None
    assert found.version == 6
    assert found.latest_message is not None
    assert found.latest_message.text == "message 5"


async def test_a_save_over_somebody_elses_is_refused_and_loses_nothing(opening: Opening) -> None:
    one, two = opening(), opening()
    await one.save(spoken(one.init_tracker("c1"), "first"))
    mine, theirs = await one.retrieve("c1"), await two.retrieve("c1")
    assert mine is not None
    assert theirs is not None
    await two.save(spoken(theirs, "theirs"))
    with pytest.raises(SavedMeanwhile):
        await one.save(spoken(mine, "mine"))
    with pytest.raises(SavedMeanwhile):
        await one.save(spoken(one.init_tracker("c1"), "mine"))
    found = await one.retrieve("c1")
    assert found is not None
    assert found.latest_message is not None
    assert found.latest_message.text == "theirs"


async def test_many_conversations_are_saved_at_once(opening: Opening) -> None:
    store = opening()
    await asyncio.gather(*(store.save(spoken(store.init_tracker(f"c{n}"), "hello")) for n in range(50)))
    assert len(await store.keys()) == 50


async def test_a_row_stays_short_however_long_the_conversation(opening: Opening) -> None:
    store = opening()
    sizes = []
    for number in range(120):
        conversation = await store.get_or_create_tracker("c1", append_action_listen=False)
        await store.save(spoken(conversation, f"{number:03d}"))
        with store._engine.begin() as database:
            sizes.append(len(database.execute(sa.select(tracker_store.rows.c.state)).scalar_one()))
    assert sizes[-1] <= sizes[40] + 20
    assert sizes[-1] < 10_000


async def test_two_stores_may_make_the_table_at_the_same_moment(opening: Opening) -> None:
    first, *others = [opening() for _ in range(3)]
    await first.save(spoken(first.init_tracker("c1"), "hello"))
    assert [await store.keys() for store in others] == [["c1"], ["c1"]]


def test_a_store_without_an_address_says_which_setting_is_missing() -> None:
    with pytest.raises(ValueError, match="GT_TRACKER_URL"):
        ConversationStore(DOMAIN, host=None)


async def test_on_sqlite_a_commit_is_on_disk_before_a_save_returns(tmp_path: Path) -> None:
    store = ConversationStore(DOMAIN, host=f"sqlite:///{tmp_path}/tracker.db")
    with store._engine.connect() as database:
        assert database.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert database.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
    await store.save(spoken(store.init_tracker("c1"), "hello"))
    with sqlite3.connect(tmp_path / "tracker.db") as other:
        assert other.execute("SELECT count(*) FROM rasa_conversations").fetchone() == (1,)
    await store.close()


async def test_a_save_that_fails_is_raised(tmp_path: Path) -> None:
    store = ConversationStore(DOMAIN, host=f"sqlite:///{tmp_path}/tracker.db")
    with store._engine.begin() as database:
        tracker_store.metadata.drop_all(database)
    with pytest.raises(sa.exc.OperationalError):
        await store.save(spoken(store.init_tracker("c1"), "hello"))
    await store.close()
