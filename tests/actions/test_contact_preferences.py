"""Preferences: kept at once and said back (C7)."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from actions.care.contact import CeaseContact
from actions.talk.contact_preferences import KeepPreference, PreferenceForm, SetContactPreference
from bot.conversations import preferences
from bot.conversations.preferences import Standing
from bot.models import Case, Hold, Medium
from tests.actions.scene import Scene
from tests.conftest import SetClock


def standing(scene: Scene, *, known: bool = True) -> Standing:
    """What binds."""
    with scene.db.reading() as session:
        return preferences.of(session, None if known else scene.id, scene.customer.id if known else None)


def cases(scene: Scene) -> list[str]:
    """The kinds of the cases."""
    with scene.db.reading() as session:
        return list(session.scalars(sa.select(Case.kind)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no calls please, texts are fine", "no calls; texts are fine"),
        ("not before 10am", "only after 10:00"),
        ("only between 9 and 12", "only between 9:00"),
        ("weekends only", "only on Saturday and Sunday"),
        ("not on Sundays", "not on Sunday"),
        ("nothing until April 1", "nothing before April 1, 2026"),
    ],
)
async def test_a_preference_is_kept_at_once_and_said_back_c7(
    clock: SetClock, scene: Scene, text: str, said: str
) -> None:
    answer = await scene.run(SetContactPreference(), text, "set_contact_preference")
    assert answer.responses == ["utter_preference_noted"]
    assert said in answer.text
    assert standing(scene) != Standing()


async def test_one_way_alone_is_said_back_as_one(clock: SetClock, scene: Scene) -> None:
    answer = await scene.run(SetContactPreference(), "emails only", "set_contact_preference")
    assert "only e-mails" in answer.text
    assert "calls" not in answer.text


async def test_a_refusal_that_names_a_welcome_way_is_no_end_of_contact_c7(clock: SetClock, scene: Scene) -> None:
    answer = await scene.run(CeaseContact(), "please don't call me, text only", "cease_contact")
    assert answer.responses == ["utter_preference_noted"]
    found = standing(scene)
    assert Medium.CALL in found.refused
    assert Medium.SMS in found.welcome
    with scene.db.reading() as session:
        assert session.scalars(sa.select(Hold)).all() == []


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("leave me in peace until the 15th", "utter_preference_noted"),
        ("stop contacting me after 8pm", "utter_preference_noted"),
        ("don't ever contact me again, not on Mondays, not ever", "utter_cease_contact"),
        ("stop contacting me", "utter_cease_contact"),
    ],
)
async def test_a_pause_is_no_end_of_contact_and_an_end_is_no_pause_c7_c8(
    clock: SetClock, scene: Scene, text: str, response: str
) -> None:
    assert (await scene.run(CeaseContact(), text, "cease_contact")).responses == [response]


async def test_a_refused_medium_is_a_case_and_the_rest_goes_on_c7(clock: SetClock, scene: Scene) -> None:
    await scene.run(SetContactPreference(), "don't call me", "set_contact_preference")
    assert standing(scene).refused == {Medium.CALL}
    assert cases(scene) == ["contact_preference"]


async def test_a_strangers_preference_binds_the_conversation_p1(clock: SetClock, stranger: Scene) -> None:
    answer = await stranger.run(SetContactPreference(), "text me, no calls", "set_contact_preference")
    assert answer.responses == ["utter_preference_noted"]
    assert standing(stranger, known=False).refused == {Medium.CALL}
    assert standing(stranger) == Standing()


async def test_what_is_missing_is_asked_for(clock: SetClock, scene: Scene) -> None:
    begun = await scene.run(SetContactPreference(), "change how you contact me", "set_contact_preference")
    assert (begun.loop, begun.said) == ("preference_form", [])
    unclear = await scene.run(PreferenceForm(), "hm", loop="preference_form", requested="preference")
    assert (unclear.responses, unclear.slots) == (["utter_preference_unclear"], {"preference": None})
    clear = await scene.run(PreferenceForm(), "emails only", loop="preference_form", requested="preference")
    assert clear.slots == {"preference": True}
    kept = await scene.run(KeepPreference(), "emails only", answered_before=True)
    assert kept.responses == ["utter_preference_noted"]
    assert Medium.SMS in standing(scene).refused


async def test_a_later_day_that_is_quiet_holds_until_then(clock: SetClock, scene: Scene) -> None:
    await scene.run(SetContactPreference(), "leave me in peace until the 15th", "set_contact_preference")
    assert standing(scene).quiet_until == dt.date(2026, 3, 15)


async def test_a_question_writes_nothing_down_and_hears_what_stands_c4_c7(clock: SetClock, scene: Scene) -> None:
    asked = [
        "do you still text me?", "are you going to call me?", "who keeps calling me by phone?",
        "will you keep texting me until April 1?", "so when will you email me", "is it you that calls me on sundays?",
    ]  # fmt: skip
    for text in asked:
        answer = await scene.run(SetContactPreference(), text, "set_contact_preference")
        assert answer.responses == ["utter_contact_unsaid"], text
        assert standing(scene) == Standing()
    await scene.run(SetContactPreference(), "do you still call me? no calls please, texts are fine", "inform")
    answer = await scene.run(SetContactPreference(), "do you still call me?", "set_contact_preference")
    assert answer.responses == ["utter_contact_stands"]
    assert "no calls; texts are fine" in answer.text
    for wish in ("can you text me instead?", "could you email me please?", "will you please write to me in Spanish?"):
        answer = await scene.run(SetContactPreference(), wish, "set_contact_preference")
        assert answer.responses == ["utter_preference_noted"], wish


async def test_who_asked_us_to_stop_hears_that_it_holds_c7(clock: SetClock, scene: Scene) -> None:
    await scene.run(CeaseContact(), "stop contacting me", "cease_contact")
    answer = await scene.run(SetContactPreference(), "do you still text me?", "set_contact_preference")
    assert answer.responses == ["utter_contact_stopped"]
