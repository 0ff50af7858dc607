"""A note the day before a promise comes to who said yes to it, and to nobody else (C14; design section 10, 4)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from actions.paying.promises import RecordPromise
from actions.talk.remind_me import OFFER, RemindMe
from actions.talk.talk import Affirm, Deny
from bot.conversations import consents
from bot.models import Channel, Consent, ConsentSource, Purpose
from bot.settings import settings
from tests.actions.scene import Answer, Scene
from tests.conftest import SetClock
from tests.outreach.reminded import SETTINGS

PHONE = "+12105550101"


@pytest.fixture
def on(scene: Scene, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Maya, on Monday, 2 March 2026, with SMS and WhatsApp switched on."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    return scene


async def promise(scene: Scene) -> Answer:
    """She says yes to paying on Friday."""
    kept = {"promise": {"minor": 20050, "currency": "USD"}, "promise_day": "2026-03-06", "promise_agreed": True}
    return await scene.run(RecordPromise(), "yes", "affirm", slots=kept)


def said(scene: Scene) -> list[tuple[str, bool, str]]:
    """What stands in the ledger of consents."""
    with scene.db.reading() as session:
        rows = session.scalars(sa.select(Consent).order_by(Consent.created_at, Consent.id))
        return [(row.channel, row.granted, row.purpose) for row in rows]


def say(scene: Scene, *, granted: bool) -> None:
    """She said so before, of all texts."""
    with scene.db.transaction() as session:
        consents.record(
            session, channel=Channel.SMS, address=PHONE, granted=granted, source=ConsentSource.KEYWORD,
            purpose=Purpose.EVERYTHING,
        )  # fmt: skip


async def test_after_a_promise_it_is_asked_and_a_yes_is_kept_for_the_phone_on_file(on: Scene) -> None:
    asked = await promise(on)
    assert asked.responses[-1] == "utter_offer_reminder"
    answer = await on.run(Affirm(), "yes please", "affirm", slots={"offer": asked.slots["offer"]})
    assert answer.responses == ["utter_reminder_noted"]
    assert said(on) == [("sms", True, "reminders")]
    await on.run(RemindMe(), "yes", "affirm")
    assert len(said(on)) == 1


async def test_a_no_leaves_it_and_nothing_is_written_down(on: Scene) -> None:
    answer = await on.run(Deny(), "no", "deny", slots={"offer": OFFER})
    assert answer.responses == ["utter_offer_withdrawn"]
    assert said(on) == []


async def test_who_has_said_yes_before_is_told_and_not_asked(on: Scene) -> None:
    say(on, granted=True)
    assert (await promise(on)).responses[-1] == "utter_reminder_stands"


async def test_c5_who_stopped_texts_is_offered_another_phone_medium_and_its_stop_stays(on: Scene) -> None:
    say(on, granted=False)
    asked = await promise(on)
    assert asked.responses[-1] == "utter_offer_reminder"
    await on.run(Affirm(), "yes", "affirm", slots={"offer": OFFER})
    assert said(on) == [("sms", False, "everything"), ("whatsapp", True, "reminders")]


async def test_where_nothing_can_be_sent_nothing_is_offered(scene: Scene, clock: SetClock) -> None:
    assert (await promise(scene)).responses == ["utter_promise_recorded"]
