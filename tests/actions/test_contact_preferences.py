"""Preferences and languages: kept at once and said back (C7, K12)."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from actions.care.contact import CeaseContact
from actions.talk.contact_preferences import KeepPreference, PreferenceForm, SetContactPreference
from actions.talk.languages import ChangeLanguage
from actions.talk.talk import Affirm
from bot.conversations import preferences
from bot.conversations.preferences import Standing
from bot.db import Database
from bot.models import Case, Handoff, Hold, Medium
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
        ("please write to me in Spanish", "Spanish where we can"),
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


@pytest.mark.parametrize(
    ("text", "response", "words"),
    [
        ("¿hablas español?", "utter_language_es", "Hablar"),
        ("fala português?", "utter_language_pt_alone", "português"),
        ("do you speak German", "utter_language_other_alone", "German"),
        ("another language please", "utter_language_which", "Spanish"),
    ],
)
async def test_a_language_that_we_do_not_speak_is_said_so_in_it_where_we_can_k12(
    scene: Scene, text: str, response: str, words: str
) -> None:
    answer = await scene.run(ChangeLanguage(), text, "change_language")
    assert answer.responses == [response]
    if response.startswith("utter_language_es"):
        assert "español" in answer.text
    else:
        assert words in answer.text
    assert answer.slots.get("language") is None


async def test_the_language_is_kept_and_the_person_knows_it(clock: SetClock, stranger: Scene) -> None:
    answer = await stranger.run(ChangeLanguage(), "en español por favor", "change_language")
    assert standing(stranger, known=False).language == "es"
    yes = await stranger.run(Affirm(), "sí", "affirm", slots={"offer": answer.slots["offer"]})
    assert yes.responses == ["utter_handoff"]
    with stranger.db.reading() as session:
        assert session.scalars(sa.select(Handoff)).one().summary["language"] == "es"


@pytest.mark.parametrize(
    ("text", "locale", "response"),
    [
        ("can we do this in my own language", "es-US", "utter_language_es"),
        ("I want my language", "pt-BR", "utter_language_pt_alone"),
        ("hola, no puedo leer esto, quiero pagar", "en-US", "utter_language_es"),
        ("não entendo nada, preciso de ajuda", "en-US", "utter_language_pt_alone"),
    ],
)
async def test_a_language_without_a_name_is_known_by_what_is_there_k12(
    sqlite_db: Database, text: str, locale: str, response: str
) -> None:
    answer = await Scene(sqlite_db, verified=False, locale=locale).run(ChangeLanguage(), text, "change_language")
    assert answer.responses == [response]


async def test_the_language_that_is_kept_serves_again_k12(scene: Scene) -> None:
    await scene.run(ChangeLanguage(), "en español por favor", "change_language")
    answer = await scene.run(ChangeLanguage(), "my language please", "change_language")
    assert answer.responses == ["utter_language_es"]


async def test_english_goes_on_in_english(scene: Scene) -> None:
    answer = await scene.run(ChangeLanguage(), "English please", "change_language")
    assert (answer.responses, answer.slots) == (["utter_language_here"], {"language": None})


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
