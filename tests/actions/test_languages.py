"""Another language, in the middle of anything: spoken from the next word on, else said kindly and a person (K12)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from actions.talk.contact_preferences import SetContactPreference
from actions.talk.languages import ChangeLanguage
from actions.talk.talk import NotUnderstood
from bot import clock
from bot.conversations import preferences
from bot.db import Database, lock
from bot.models import Conversation, Customer, Handoff
from tests import factories
from tests.actions.scene import Answer, Scene
from tests.conftest import SetClock


def locale(scene: Scene) -> str:
    """How the conversation is held now."""
    with scene.db.reading() as session:
        return session.get_one(Conversation, scene.id).locale


def afresh(scene: Scene, **given: Any) -> Scene:
    """Another conversation of hers, or of a stranger."""
    with scene.db.transaction() as session:
        scene.conversation = factories.conversation(session, **given)
    return scene


def profile(scene: Scene, language: str) -> None:
    """Let the customer's file say this."""
    with scene.db.transaction() as session:
        customer = lock(session, Customer, scene.customer.id)
        assert customer is not None
        customer.language = language


def languages(answer: Answer) -> set[str | None]:
    """In which languages the answer is said."""
    return {message.get("in_language") for _, _, message in answer.said}


async def test_a_language_of_ours_is_spoken_from_the_next_word_on_k12(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db)
    for text, code, becomes in (
        ("¿hablas español?", "es", "es-US"),
        ("fala português?", "pt", "pt"),
        ("em português por favor", "pt", "pt"),
        ("can we do this in Spanish", "es", "es-US"),
        ("no hablo inglés", "es", "es-US"),
        ("mi inglés no es bueno", "es", "es-US"),
        ("não falo inglês", "pt", "pt"),
    ):
        afresh(scene)
        answer = await scene.run(ChangeLanguage(), text, "change_language")
        assert answer.responses == ["utter_language_here", "utter_what_next_unknown"], text
        assert (languages(answer), answer.slots["language"], locale(scene)) == ({code}, code, becomes), text


async def test_english_is_spoken_again_on_a_wish(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db, locale="es-MX")
    answer = await scene.run(ChangeLanguage(), "English please", "change_language", slots={"language": "es"})
    assert answer.responses == ["utter_language_here", "utter_what_next"]
    assert (languages(answer), answer.slots["language"], locale(scene)) == ({"en"}, None, "en-US")


async def test_a_language_is_named_in_each_of_ours(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db)
    for text, here, spoken in (
        ("¿podemos hablar en inglés?", "es-MX", "en"),
        ("pode ser em inglês?", "pt-BR", "en"),
        ("¿y en portugués?", "es-MX", "pt"),
        ("quero em espanhol", "pt-BR", "es"),
        ("no, en inglés no, español por favor", "es-MX", "es"),
    ):
        afresh(scene, locale=here)
        answer = await scene.run(ChangeLanguage(), text, "change_language")
        assert (answer.responses[0], languages(answer)) == ("utter_language_here", {spoken}), text
    afresh(scene, locale="es-MX")
    asked = await scene.run(ChangeLanguage(), "¿hablan francés?", "change_language")
    assert asked.responses == ["utter_language_own", "utter_language_other_alone"]


async def test_who_is_known_is_written_to_as_in_their_country(scene: Scene) -> None:
    profile(scene, "es-MX")
    await scene.run(ChangeLanguage(), "en español por favor", "change_language")
    assert locale(scene) == "es-MX"


async def test_a_language_without_a_name_is_known_by_what_is_there(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db)
    proof = {"customer_id": scene.customer.id, "verified_until": clock.now() + dt.timedelta(minutes=30)}
    for text, file, spoken in (
        ("can we do this in my own language", "es-MX", "es-MX"),
        ("hola, no puedo leer esto, quiero pagar", "en-US", "es-US"),
        ("não entendo nada, preciso de ajuda", "en-US", "pt"),
    ):
        afresh(scene, **proof)
        profile(scene, file)
        answer = await scene.run(ChangeLanguage(), text, "change_language")
        assert (answer.responses[0], locale(scene)) == ("utter_language_here", spoken), text


async def test_which_language_is_asked_where_nothing_tells_it(scene: Scene) -> None:
    for text in ("another language please", "I don't speak English"):
        answer = await scene.run(ChangeLanguage(), text, "change_language")
        assert answer.responses == ["utter_language_which"], text
        assert "English, Spanish, and Portuguese" in answer.text


async def test_the_wish_is_kept_for_the_next_conversation(scene: Scene) -> None:
    await scene.run(ChangeLanguage(), "en español por favor", "change_language")
    with scene.db.reading() as session:
        assert preferences.of(session, None, scene.customer.id).language == "es"


async def test_what_was_being_done_goes_on_in_the_new_language(scene: Scene) -> None:
    inside = await scene.run(ChangeLanguage(), "en español", "change_language", loop="payment_form", requested="amount")
    assert (inside.responses, inside.loop) == (["utter_language_here"], "unchanged"), "the form asks its question again"
    told = await scene.run(ChangeLanguage(), "português?", "change_language", intents_before=("check_balance",))
    assert told.responses[0] == "utter_language_here"
    assert told.responses[1].startswith("utter_balance")
    assert languages(told) == {"pt"}
    assert "R$" not in told.text
    assert "US$" in told.text


async def test_an_offer_is_made_again_and_stands(scene: Scene) -> None:
    offered = await scene.run(ChangeLanguage(), "do you speak German", "change_language")
    answer = await scene.run(
        ChangeLanguage(), "¿y español?", "change_language", last=offered, slots={"offer": offered.slots["offer"]}
    )
    assert answer.responses == ["utter_language_here", offered.responses[-1]]
    assert answer.slots["offer"] == offered.slots["offer"]


async def test_a_language_that_we_lack_is_met_in_it_with_a_person_k12_c13(scene: Scene) -> None:
    for text, sentence in (
        ("do you speak German", "Deutsch"),
        ("parlez-vous français", "français"),
        ("говорите по-русски?", "по-русски"),
    ):
        answer = await scene.run(ChangeLanguage(), text, "change_language")
        assert answer.responses == ["utter_language_own", "utter_language_other_alone"], text
        assert sentence in answer.text, text
        assert answer.slots["offer"]["intent"] == "request_human"
        assert locale(scene) == "en-US"
    unknown = await scene.run(ChangeLanguage(), "do you speak Welsh", "change_language")
    assert unknown.responses == ["utter_language_other_alone"]


async def test_whoever_takes_it_knows_the_language(clock: SetClock, stranger: Scene) -> None:
    answer = await stranger.run(ChangeLanguage(), "auf Deutsch bitte", "change_language")
    yes = await stranger.run(NotUnderstood(), "Ja, gern!", "nlu_fallback", slots={"offer": answer.slots["offer"]})
    assert yes.responses == ["utter_handoff"]
    with stranger.db.reading() as session:
        assert session.scalars(sa.select(Handoff)).one().summary["language"] == "de"


async def test_a_message_in_a_language_that_we_lack_is_not_answered_as_if_it_were_understood(stranger: Scene) -> None:
    for text, intent in (
        ("Bonjour, je voudrais savoir combien je dois", "check_balance"),
        ("ich möchte bezahlen", "nlu_fallback"),
        ("我想付款，我欠多少钱", "nlu_fallback"),
    ):
        answer = await stranger.run(NotUnderstood(), text, intent)
        assert answer.responses == ["utter_language_own", "utter_language_other_alone"], text
    ours = await stranger.run(NotUnderstood(), "quiero saber cuánto es lo que debo", "nlu_fallback")
    assert ours.responses == ["utter_not_understood"]


async def test_a_wish_for_how_to_be_reached_is_spoken_at_once_c7(scene: Scene) -> None:
    answer = await scene.run(SetContactPreference(), "please write to me in Portuguese", "set_contact_preference")
    assert (answer.responses, languages(answer)) == (["utter_preference_noted"], {"pt"})
    assert locale(scene) == "pt"
