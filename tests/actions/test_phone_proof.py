"""Proof of identity on a phone, in chat: the same words for every number, and what was begun goes on (P1, P2)."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from rasa_sdk import Action

from actions.balance import CheckBalance
from actions.care.care import ReportHardship
from actions.care.contact import CeaseContact, WrongPerson
from actions.care.trust import AskWhyVerify
from actions.paying.already_paid import AlreadyPaid
from actions.paying.payments import MakePayment
from actions.talk.contact_preferences import SetContactPreference
from actions.talk.talk import Greet, Inform, NotUnderstood
from actions.talk.verification import Resume, VerificationForm
from bot.billing.identity import factors
from bot.conversations import consents, transcript
from bot.db import Database
from bot.models import (
    Author,
    Channel,
    Consent,
    Conversation,
    Customer,
    CustomerFactor,
    Delivery,
    FactorKind,
    Hold,
    HoldKind,
    VerificationChallenge,
)
from tests import factories
from tests.actions.scene import Answer, Scene
from tests.conftest import SetClock

FORM = "verification_form"
PHONE, NOBODYS = "+12105550101", "+12125559999"


def knows(db: Database, customer: Customer, code: str = "78006", day: str = "1988-04-12") -> None:
    """What is on file of what `customer` knows."""
    with db.transaction() as session:
        for kind, value in ((FactorKind.POSTCODE, code), (FactorKind.BIRTH_DATE, day)):
            digest = factors.digest(customer.id, kind, value)
            session.add(CustomerFactor(customer_id=customer.id, kind=kind, digest=digest))


def scene_at(db: Database, phone: str = PHONE, channel: Channel = Channel.SMS, **given: Any) -> Scene:
    """Maya, who has a postcode and a birth date on file, and somebody who writes from `phone`."""
    made = Scene(db, **({"verified": False, "channel": channel, "address": phone} | given))
    knows(db, made.customer)
    return made


@pytest.fixture
def texting(db: Database, clock: SetClock) -> Scene:
    """Maya's own phone, before any proof."""
    return scene_at(db)


@pytest.fixture
def stranger_texting(sqlite_db: Database, clock: SetClock) -> Scene:
    """A number that nobody has on file."""
    return scene_at(sqlite_db, NOBODYS)


async def tell(
    scene: Scene, text: str, intent: str = "inform", requested: str | None = "factor", **given: Any
) -> Answer:
    """Answer the form's question, or begin the form with `requested` None."""
    return await scene.run(VerificationForm(), text, intent, loop=FORM, requested=requested, **given)


def now(scene: Scene) -> Conversation:
    with scene.db.reading() as session:
        return session.get_one(Conversation, scene.id)


def refused(scene: Scene) -> set[tuple[str, str]]:
    """Where nothing may be begun any more."""
    with scene.db.reading() as session:
        places = session.execute(sa.select(Consent.channel, Consent.address).distinct()).all()
        return {
            (channel, address) for channel, address in places if consents.is_refused(session, Channel(channel), address)
        }


async def test_the_form_asks_for_what_is_known_and_for_no_account_or_code_p1(texting: Scene) -> None:
    begun = await texting.run(CheckBalance(), "how much do I owe?", "check_balance")
    assert begun.loop == FORM
    first = await tell(texting, "how much do I owe?", "check_balance", None, answered_before=True)
    assert first.slots == {"requested_slot": "factor"}
    assert first.said == []
    with texting.db.reading() as session:
        assert session.scalars(sa.select(Delivery)).all() == []
        assert session.scalars(sa.select(VerificationChallenge)).all() == []


@pytest.mark.parametrize("text", ["78006", "it's 78 006", "born on the 12th of april 88", "12/04/1988", "4/12/88"])
@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP])
async def test_the_right_answer_ends_the_form_and_no_slot_holds_it(
    sqlite_db: Database, clock: SetClock, channel: Channel, text: str
) -> None:
    scene = scene_at(sqlite_db, channel=channel)
    answer = await tell(scene, text)
    assert answer.slots == {"factor": True, "requested_slot": None}
    assert now(scene).customer_id == scene.customer.id
    done = await scene.run(Resume(), text, slots={"wish": {"intent": "check_balance", "text": "balance"}})
    assert done.responses == ["utter_verified", "utter_balance_overdue"]
    assert done.slots["factor"] is None


async def test_p2_a_number_that_nobody_knows_hears_the_same_words(texting: Scene) -> None:
    with texting.db.transaction() as session:
        there = factories.conversation(session, channel=Channel.SMS, address=NOBODYS)
    mine = [await tell(texting, "10001") for _ in range(6)]
    texting.conversation = there
    theirs = [await tell(texting, text) for text in ("78006", "12/04/1988", "10001", "10001", "10001", "78006")]
    assert [answer.responses for answer in mine] == [["utter_factor_wrong"]] * 4 + [["utter_locked"]] * 2
    assert [(answer.text, answer.slots) for answer in mine] == [(answer.text, answer.slots) for answer in theirs]
    assert mine[0].slots == {"factor": None, "requested_slot": "factor"}
    assert mine[-1].slots == {"factor": None, "requested_slot": None}


async def test_c13_a_wrong_answer_names_the_other_ways(stranger_texting: Scene) -> None:
    answer = await tell(stranger_texting, "78006")
    assert "juniperfinch.example" in answer.text
    assert "person" in answer.text


async def test_design_10_11_a_message_with_proof_and_request_does_both_and_keeps_no_proof(texting: Scene) -> None:
    said = "I want to pay 20, postcode 78006"
    begun = await texting.run(MakePayment(), said, "make_payment")
    wish = begun.slots["wish"]
    proven = await tell(texting, said, "make_payment", None, slots={"wish": wish}, answered_before=True)
    assert proven.slots["factor"] is True
    assert proven.slots["requested_slot"] is None
    assert proven.slots["wish"]["intent"] == "make_payment"
    assert "78006" not in proven.slots["wish"]["text"]
    done = await texting.run(Resume(), said, "make_payment", slots={"wish": proven.slots["wish"]})
    assert done.responses == ["utter_verified", "utter_pay_link"]
    assert done.card is not None
    assert done.card["amount"] == 2000


async def test_a_wish_beside_the_answer_takes_the_place_of_the_one_before(texting: Scene) -> None:
    wish = {"intent": "make_payment", "text": "pay 20", "entities": {}}
    answer = await tell(texting, "78006, when is it all due?", "check_due_date", slots={"wish": wish})
    assert answer.slots["wish"] == {"intent": "check_due_date", "text": ", when is it all due?", "entities": {}}
    kept = await tell(texting, "my zip is 78006", "check_due_date", slots={"wish": wish})
    assert "wish" not in kept.slots


async def test_a_wrong_proof_keeps_the_wish_without_it(texting: Scene) -> None:
    wish = {"intent": "make_payment", "text": "pay 20, zip 10001", "entities": {}}
    answer = await tell(texting, "pay 20, zip 10001", "make_payment", None, slots={"wish": wish}, answered_before=True)
    assert answer.responses == ["utter_factor_wrong"]
    assert answer.slots["wish"]["text"] == "pay 20, zip"


@pytest.mark.parametrize("text", ["why do you need that?", "is this a scam?"])
async def test_why_is_answered_and_the_question_stays_open(texting: Scene, text: str) -> None:
    answer = await tell(texting, text, "explain_balance")
    assert answer.responses == ["utter_why_verify_phone"]
    assert answer.slots == {"factor": None, "requested_slot": "factor"}


async def test_why_is_answered_in_words_for_a_phone(texting: Scene) -> None:
    assert (await texting.run(AskWhyVerify(), "why", "ask_why_verify")).responses == ["utter_why_verify_phone"]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("78006, I want to die", "express_crisis"), ("a person please, 78006", "request_human"),
        ("wrong number, 78006 is not me", "wrong_person"), ("stop texting me 78006", "cease_contact"),
        ("my husband died on 12/04/1988", "report_deceased"), ("is this a scam", "suspect_scam"),
        ("never mind", "cancel"), ("can I pay by card?", "ask_payment_methods"),
        ("I'll pay on april 12 2026", "promise_to_pay"),
    ],
)  # fmt: skip
async def test_c12_c13_p4_what_is_no_answer_is_heard_for_what_it_is(texting: Scene, text: str, intent: str) -> None:
    answer = await tell(texting, text, intent)
    assert answer.events == []
    assert now(texting).customer_id is None


async def test_after_something_else_the_same_is_asked_again(texting: Scene) -> None:
    for requested in ("factor", "birth_date", "postcode"):
        answer = await tell(texting, "are you a bot? 78006", "ask_bot_identity", requested, answered_before=True)
        assert answer.slots == {"requested_slot": requested}
        assert answer.said == []
    assert now(texting).customer_id is None


async def test_something_grave_beside_the_proof_leads_to_it(texting: Scene) -> None:
    answer = await tell(texting, "I lost my job. My zip is 78006", "report_hardship")
    assert answer.slots["factor"] is True
    assert answer.slots["wish"]["intent"] == "report_hardship"
    assert "78006" not in answer.slots["wish"]["text"]


@pytest.mark.parametrize("text", ["GT-1001", "blue", "april 12"])
async def test_what_cannot_be_read_is_asked_again_and_counts_as_no_try(texting: Scene, text: str) -> None:
    for _ in range(6):
        answer = await tell(texting, text)
        assert answer.responses == ["utter_factor_unclear"]
        assert answer.slots == {"factor": None, "requested_slot": "factor"}
    assert (await tell(texting, "78006")).slots["factor"] is True


async def test_two_with_one_number_are_asked_for_the_other_factor(texting: Scene) -> None:
    with texting.db.transaction() as session:
        other = factories.customer(session, name="Ben Torres", phone=PHONE)
    knows(texting.db, other, day="1990-01-01")
    first = await tell(texting, "78006")
    assert first.responses == ["utter_factor_other"]
    assert first.slots == {"factor": None, "requested_slot": "birth_date"}
    wrong = await tell(texting, "01/02/1970", requested="birth_date")
    assert wrong.responses == ["utter_factor_wrong"]
    assert (await tell(texting, "1 January 1990", requested="birth_date")).slots["factor"] is True
    assert now(texting).customer_id == other.id


async def test_who_cannot_be_told_apart_is_shown_another_way_c13(texting: Scene) -> None:
    with texting.db.transaction() as session:
        other = factories.customer(session, phone=PHONE)
    knows(texting.db, other)
    assert (await tell(texting, "12 april 1988")).slots["requested_slot"] == "postcode"
    answer = await tell(texting, "78006", requested="postcode")
    assert answer.responses == ["utter_factor_shared"]
    assert answer.slots == {"factor": None, "requested_slot": None}
    assert (await tell(texting, "78006, 12 april 1988")).responses == ["utter_factor_shared"]


async def test_design_10_11_expiry_keeps_what_was_being_done(texting: Scene, clock: SetClock) -> None:
    await tell(texting, "78006")
    assert (await texting.run(CheckBalance(), "balance", "check_balance")).responses == ["utter_balance_overdue"]
    clock.advance(hours=25)
    late = await texting.run(MakePayment(), "pay 50", "make_payment", loop="payment_form", requested="amount")
    assert late.loop == FORM
    assert late.slots["wish"]["text"] == "pay 50"
    assert late.slots["factor"] is None
    assert (await tell(texting, "78006")).slots["factor"] is True


async def test_an_account_named_beside_something_grave_goes_on_with_the_proof_and_sends_no_code(texting: Scene) -> None:
    answer = await texting.run(ReportHardship(), "I lost my job. GT-1001", "report_hardship")
    assert answer.loop == FORM
    assert "reference" not in answer.slots or answer.slots["reference"] is None
    with texting.db.reading() as session:
        assert session.scalars(sa.select(VerificationChallenge)).all() == []


async def test_p4_a_wrong_person_marks_the_number_on_every_medium(texting: Scene) -> None:
    await tell(texting, "78006")
    with texting.db.transaction() as session:
        whatsapp = factories.conversation(session, channel=Channel.WHATSAPP, address=PHONE)
    answer = await texting.run(WrongPerson(), "wrong number", "wrong_person")
    assert answer.responses == ["utter_wrong_person"]
    assert now(texting).verified_until is None
    for here in (texting.conversation, whatsapp):
        texting.conversation = here
        assert (await tell(texting, "78006")).responses == ["utter_factor_wrong"]
    with texting.db.reading() as session:
        hold = session.scalars(sa.select(Hold)).one()
        assert (hold.kind, hold.address, hold.customer_id) == (HoldKind.WRONG_PERSON, PHONE, None)


SMS, WHATSAPP, EMAIL = ("sms", PHONE), ("whatsapp", PHONE), ("email", "maya@example.com")


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("please don't text me any more", {SMS}),
        ("stop sending me sms", {SMS}),
        ("leave me alone, no contact at all", {SMS, WHATSAPP}),
        ("stop contacting me", {SMS, WHATSAPP}),
        ("stop calling me", set()),
        ("no more whatsapp messages", {WHATSAPP}),
    ],
)
@pytest.mark.parametrize("verified", [True, False])
async def test_c4_c5_a_refusal_in_words_binds_as_far_as_it_says(
    sqlite_db: Database, clock: SetClock, text: str, places: set[tuple[str, str]], verified: bool
) -> None:
    scene = scene_at(sqlite_db, verified=verified)
    if verified and places == {SMS, WHATSAPP}:
        places = places | {EMAIL}  # nothing, anywhere: their mailbox too, once we know whose phone it is
    await scene.run(CeaseContact(), text, "cease_contact")
    assert refused(scene) == places
    await scene.run(CheckBalance(), "how much is it?", "check_balance")
    assert refused(scene) == places


async def test_c5_texts_on_whatsapp_are_what_comes_there(sqlite_db: Database, clock: SetClock) -> None:
    scene = scene_at(sqlite_db, channel=Channel.WHATSAPP)
    await scene.run(CeaseContact(), "don't text me any more", "cease_contact")
    assert refused(scene) == {SMS, WHATSAPP}


async def test_c5_a_known_customer_on_the_web_refuses_their_phone_and_a_stranger_none(
    sqlite_db: Database, clock: SetClock
) -> None:
    scene = scene_at(sqlite_db, "203.0.113.7", Channel.WEB)
    await scene.run(CeaseContact(), "never text me again", "cease_contact")
    assert refused(scene) == set()
    with sqlite_db.transaction() as session:
        scene.conversation = factories.conversation(
            session, customer_id=scene.customer.id, verified_until=clock.now().replace(year=2027)
        )
    await scene.run(CeaseContact(), "never text me again", "cease_contact")
    assert refused(scene) == {SMS}


async def test_c7_no_texts_as_a_preference_is_a_refusal_and_a_welcome_restores_none(texting: Scene) -> None:
    await texting.run(SetContactPreference(), "please no texts, email me instead", "set_contact_preference")
    assert refused(texting) == {SMS}
    await texting.run(SetContactPreference(), "text me instead of calling", "set_contact_preference")
    assert refused(texting) == {SMS}


async def test_c7_texts_that_are_welcome_are_a_consent(texting: Scene) -> None:
    await texting.run(SetContactPreference(), "text me instead of calling", "set_contact_preference")
    with texting.db.reading() as session:
        (only,) = consents.history(session, [PHONE])
        assert (only.granted, only.source, only.channel) == (True, "words", "sms")


@pytest.mark.parametrize("text", ["78006", "12/04/1988", "my zip is 78006"])
async def test_a_proof_that_nobody_asked_for_is_taken_on_a_phone(texting: Scene, text: str) -> None:
    begun = await texting.run(Inform(), text)
    assert begun.loop == FORM
    assert (await tell(texting, text, requested=None, answered_before=True)).slots["factor"] is True


async def test_on_the_web_a_bare_number_is_no_proof(stranger: Scene) -> None:
    assert (await stranger.run(Inform(), "78006")).responses == ["utter_what_next_unknown"]


@pytest.mark.parametrize(
    ("text", "action", "intent", "wished"),
    [
        ("78006 set me up on 4 months", MakePayment(), "make_payment", "make_payment"),
        ("78006 and i want to pay 20", MakePayment(), "make_payment", "make_payment"),
        ("how much do i owe 78006", CheckBalance(), "check_balance", "check_balance"),
        ("78006 balance", Inform(), "inform", "check_balance"),
        ("78006 pay", Inform(), "inform", "make_payment"),
        ("78006 plan", NotUnderstood(), "nlu_fallback", "request_plan"),
        ("hey its maya 04/12/1988 how much", Greet(), "greet", "check_balance"),
    ],
)
async def test_design_10_11_proof_and_request_in_one_message_are_both_done_without_a_question(
    texting: Scene, text: str, action: Action, intent: str, wished: str
) -> None:
    begun = await texting.run(action, text, intent)
    assert (begun.loop, begun.said) == (FORM, [])
    slots = {"wish": begun.slots["wish"]}
    proven = await tell(texting, text, intent, None, slots=slots, answered_before=True)
    assert proven.slots["factor"] is True
    assert proven.said == []
    assert proven.slots["wish"]["intent"] == wished
    assert "78" not in proven.slots["wish"]["text"]


async def test_a_wrong_proof_before_the_question_hears_one_thing(texting: Scene) -> None:
    assert (await texting.run(Inform(), "10001")).said == []
    assert (await tell(texting, "10001", requested=None, answered_before=True)).responses == ["utter_factor_wrong"]


async def test_on_the_web_a_postcode_beside_a_wish_is_no_proof_and_says_why_one_is_needed(stranger: Scene) -> None:
    begun = await stranger.run(CheckBalance(), "78006 how much do i owe", "check_balance")
    asked = await stranger.run(
        VerificationForm(), "78006 how much do i owe", "check_balance", loop=FORM, answered_before=True
    )
    assert [*begun.responses, *asked.responses] == ["utter_verify_first"]


async def test_who_was_greeted_already_is_greeted_once(texting: Scene) -> None:
    for greeted in (["utter_what_next_unknown"], ["utter_greet"]):
        with texting.db.transaction() as session:
            there = session.get_one(Conversation, texting.id)
            transcript.append(session, there, author=Author.CUSTOMER, text="hello")
        assert (await texting.run(Greet(), "hello", "greet")).responses == greeted


@pytest.mark.parametrize("text", ["new number, old one was 210 555 0101", "i have a new phone"])
async def test_c13_a_new_phone_is_told_the_ways_that_work_from_it(stranger_texting: Scene, text: str) -> None:
    for requested in (None, "factor"):
        answer = await tell(stranger_texting, text, "update_contact", requested)
        assert answer.responses == ["utter_other_phone"]
        assert answer.slots == {"factor": None, "requested_slot": "factor"}
    assert (await tell(stranger_texting, "change my e-mail", "update_contact")).events == []


async def test_a_wish_told_before_the_proof_is_kept_through_other_messages(texting: Scene) -> None:
    first = await texting.run(AlreadyPaid(), "this is my receipt, i paid this already", "already_paid")
    begun = await texting.run(Inform(), "78006", slots={"wish": first.slots["wish"]})
    assert begun.slots["wish"]["intent"] == "already_paid"
