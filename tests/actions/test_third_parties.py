"""Somebody who speaks for another hears nothing of the account, and may pay towards it all the same (P2, P4)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import sqlalchemy as sa

from actions.care.third_parties import GuestForm, OpenGuestLink, ThirdParty, named_amount
from bot import clock
from bot.db import Database
from bot.models import Case, Conversation, Customer, Payment, PaymentOrigin, VerificationChallenge
from bot.money import Money
from tests.actions.scene import Answer, Scene

FORM = "guest_form"


def payments(scene: Scene) -> list[Payment]:
    """Every payment."""
    with scene.db.reading() as session:
        return list(session.scalars(sa.select(Payment).order_by(Payment.id)))


def kinds(scene: Scene) -> list[str]:
    """The kinds of every case."""
    with scene.db.reading() as session:
        return sorted(session.scalars(sa.select(Case.kind)))


def is_proven(scene: Scene) -> bool:
    """Whether the proof in the conversation still holds."""
    with scene.db.reading() as session:
        until = session.get_one(Conversation, scene.id).verified_until
    return until is not None and until > clock.now()


@pytest.mark.parametrize("loop", [None, "verification_form", "payment_form", "plan_form", "story_form"])
async def test_nothing_is_told_and_what_they_can_do_is_p4(sqlite_db: Database, loop: str | None) -> None:
    scene = Scene(sqlite_db, verified=False)
    text = "I'm writing for my dad, what does he owe you?"
    answer = await scene.run(ThirdParty(), text, "third_party", loop=loop)
    assert answer.responses == ["utter_third_party"]
    assert not re.search(r"\$|owe|overdue|balance|Maya", answer.text)
    assert "permission" in answer.text
    assert answer.loop is None
    assert kinds(scene) == ["third_party"]


async def test_who_says_that_they_are_another_ends_the_holders_proof_p4(scene: Scene) -> None:
    with scene.db.transaction() as session:
        session.add(
            VerificationChallenge(
                conversation_id=scene.id, customer_id=scene.customer.id, code_digest="",
                expires_at=clock.now() + dt.timedelta(minutes=5),
            )
        )  # fmt: skip
    answer = await scene.run(ThirdParty(), "this is her husband, how much is it?", "third_party", loop="payment_form")
    assert answer.responses == ["utter_third_party"]
    assert not is_proven(scene)
    with scene.db.reading() as session:
        assert session.scalars(sa.select(VerificationChallenge)).one().used_at is not None


@pytest.mark.parametrize(
    "text",
    [
        "my daughter may speak for me",
        "I authorise my wife to deal with this",
        "my son will be handling my account",
        "my daughter Ana is allowed to speak for me from now on",
    ],
)
async def test_the_holder_may_name_who_speaks_for_them_and_a_person_makes_sure_p4(
    sqlite_db: Database, text: str
) -> None:
    scene = Scene(sqlite_db)
    answer = await scene.run(ThirdParty(), text, "third_party")
    assert answer.responses == ["utter_authorisation_noted"]
    assert is_proven(scene)
    assert kinds(scene) == ["authorisation"]


async def test_the_same_words_of_somebody_unknown_authorise_nobody(stranger: Scene) -> None:
    answer = await stranger.run(ThirdParty(), "my daughter may speak for me", "third_party")
    assert answer.responses == ["utter_third_party"]
    assert kinds(stranger) == ["third_party"]


async def test_a_customer_who_pays_for_another_account_stays_who_they_are(scene: Scene) -> None:
    answer = await scene.run(ThirdParty(), "I want to pay $20 for my mother's account GT-1008", "third_party")
    assert answer.responses == ["utter_guest_link"]
    assert is_proven(scene)


async def given(scene: Scene, text: str) -> Answer:
    """A link for a guest who says it all at once."""
    return await scene.run(ThirdParty(), text, "third_party")


def told(answer: Answer) -> list[tuple[str, str, Any]]:
    """What a guest sees, without the link's own token and the number that they wrote."""
    return [
        (name, re.sub(r"/pay/[\w-]+|GT-\d+", "…", text), sorted(message["custom"] or {}))
        for name, text, message in answer.said
    ]


async def test_a_known_and_an_unknown_account_get_the_same_answer_p2(stranger: Scene) -> None:
    known = await given(stranger, "can I pay 50 for my mum, GT-1001")
    unknown = await given(stranger, "can I pay 50 for my mum, GT-9999")
    assert known.responses == ["utter_guest_link"]
    assert told(known) == told(unknown)
    assert "$50.00" in known.text
    first, second = payments(stranger)
    assert {payment.origin for payment in (first, second)} == {PaymentOrigin.GUEST}
    assert first.customer_id == stranger.customer.id
    assert second.customer_id != stranger.customer.id


async def test_far_more_than_is_owed_is_no_different_p2(stranger: Scene) -> None:
    known = await given(stranger, "I'd like to pay 5000 for GT-1001")
    unknown = await given(stranger, "I'd like to pay 5000 for GT-9999")
    assert told(known) == told(unknown)


@pytest.mark.parametrize("text", ["pay 0.10 for GT-1001", "pay 0.10 for GT-9999"])
async def test_what_stripe_would_not_charge_is_asked_again_in_the_same_words_p2(sqlite_db: Database, text: str) -> None:
    scene = Scene(sqlite_db, verified=False)
    answer = await given(scene, f"I want to {text}")
    assert answer.responses == ["utter_refused"]
    assert "smallest payment" in answer.text
    assert (answer.loop, answer.slots["guest_amount"], answer.slots["guest_account"]) == (FORM, None, True)


async def test_what_is_missing_is_asked_for_one_by_one(stranger: Scene) -> None:
    begun = await stranger.run(ThirdParty(), "", "third_party", entities={"third_party": "pay"})
    assert begun.responses == ["utter_guest_begin"]
    assert (begun.loop, begun.slots["guest_amount"], begun.slots["guest_account"]) == (FORM, None, None)
    amount = await stranger.run(GuestForm(), "thirty dollars", loop=FORM, requested="guest_amount", slots=begun.slots)
    assert amount.slots["guest_amount"] == {"minor": 3000, "currency": "USD"}
    slots = begun.slots | amount.slots
    number = await stranger.run(GuestForm(), "GT 1001", loop=FORM, requested="guest_account", slots=slots)
    assert number.slots["guest_account"] is True
    done = await stranger.run(OpenGuestLink(), "GT 1001", slots=slots | number.slots)
    assert done.responses == ["utter_guest_link"]
    assert payments(stranger)[0].amount == 3000
    assert done.slots["guest_amount"] is None
    assert done.slots["wish"] is None


async def test_a_number_named_first_is_not_asked_for_again(stranger: Scene) -> None:
    begun = await stranger.run(ThirdParty(), "can I pay something for GT-1001? I'm her son", "third_party")
    assert (begun.slots["guest_amount"], begun.slots["guest_account"]) == (None, True)
    amount = await stranger.run(GuestForm(), "25", loop=FORM, requested="guest_amount", slots=begun.slots)
    done = await stranger.run(OpenGuestLink(), "25", slots=begun.slots | amount.slots)
    assert "GT-1001" in done.text
    assert payments(stranger)[0].customer_id == stranger.customer.id


async def test_who_would_rather_not_is_left_in_peace(stranger: Scene) -> None:
    taken = await stranger.run(GuestForm(), "no, not now", "deny", loop=FORM, requested="guest_amount")
    assert taken.slots == {"guest_amount": None, "requested_slot": None}
    left = await stranger.run(OpenGuestLink(), "no, not now", "deny")
    assert left.responses == ["utter_guest_left"]
    assert payments(stranger) == []


async def test_digits_are_a_number_when_a_number_was_asked_for(stranger: Scene) -> None:
    slots = {"guest_amount": {"minor": 3000, "currency": "USD"}}
    taken = await stranger.run(GuestForm(), "1001", loop=FORM, requested="guest_account", slots=slots)
    assert set(taken.slots) == {"guest_account", "wish"}
    changed = await stranger.run(GuestForm(), "make it $40", loop=FORM, requested="guest_account", slots=slots)
    assert changed.slots == {"guest_amount": {"minor": 4000, "currency": "USD"}}


@pytest.mark.parametrize(
    ("requested", "said"),
    [("guest_amount", "utter_guest_amount_unclear"), ("guest_account", "utter_guest_account_unclear")],
)
async def test_what_cannot_be_read_is_asked_again_kindly(sqlite_db: Database, requested: str, said: str) -> None:
    scene = Scene(sqlite_db, verified=False)
    taken = await scene.run(GuestForm(), "not sure yet", loop=FORM, requested=requested)
    assert taken.responses == [said]
    assert taken.slots == {requested: None}


@pytest.mark.parametrize("intent", ["express_crisis", "report_deceased", "request_human", "cease_contact"])
async def test_a_sensitive_message_is_never_an_amount_c12(sqlite_db: Database, intent: str) -> None:
    taken = await Scene(sqlite_db, verified=False).run(GuestForm(), "50", intent, loop=FORM, requested="guest_amount")
    assert taken.events == []


async def test_too_many_links_are_refused_kindly(stranger: Scene) -> None:
    for minor in range(5):
        await given(stranger, f"I want to pay {minor + 10} for GT-1001")
    assert (await given(stranger, "I want to pay 99 for GT-1001")).responses == ["utter_too_many"]


@pytest.mark.parametrize(
    ("text", "locale", "amount"),
    [
        ("pay £20", "en-US", Money(2000, "GBP")),
        ("20 quid", "en-GB", Money(2000, "GBP")),
        ("20", "en-GB", Money(2000, "GBP")),
        ("20", "pt-BR", Money(2000, "BRL")),
        ("20", "en", Money(2000, "USD")),
        ("half of it", "en-US", None),
    ],
)
def test_the_currency_is_the_guests_own_never_the_accounts_p2(text: str, locale: str, amount: Money | None) -> None:
    assert named_amount(text, locale) == amount


async def test_an_account_in_another_currency_is_treated_as_nobodys_p2(stranger: Scene) -> None:
    with stranger.db.transaction() as session:
        session.get_one(Customer, stranger.customer.id).currency = "GBP"
    await given(stranger, "I want to pay $20 for GT-1001")
    assert payments(stranger)[0].customer_id != stranger.customer.id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hang on, I need to ask my husband", "utter_ask_at_home"),
        ("let me check with my wife", "utter_ask_at_home"),
        ("I'd like to run it by my partner first", "utter_ask_at_home"),
        ("I'll try my sister's card, can she use the same link", "utter_any_card"),
    ],
)
async def test_who_asks_at_home_or_takes_a_card_from_there_is_still_the_holder(
    sqlite_db: Database, text: str, said: str
) -> None:
    scene = Scene(sqlite_db)
    answer = await scene.run(ThirdParty(), text, "third_party", loop="plan_form")
    assert answer.responses == [said]
    assert (answer.loop, kinds(scene)) == ("unchanged", [])
    assert is_proven(scene)


@pytest.mark.parametrize("text", ["I'm her husband, I need to ask my wife", "this is her son, can I use my mum's card"])
async def test_who_says_that_they_are_another_is_not_p4(sqlite_db: Database, text: str) -> None:
    scene = Scene(sqlite_db)
    await scene.run(ThirdParty(), text, "third_party")
    assert not is_proven(scene)


@pytest.mark.parametrize(
    "text",
    ["does Maya Torres have an account", "I'm a police officer, tell me about Maya Torres", "does my ex owe you money"],
)
async def test_who_fishes_is_neither_thanked_nor_told_p2(sqlite_db: Database, text: str) -> None:
    answer = await Scene(sqlite_db, verified=False).run(ThirdParty(), text, "third_party")
    assert answer.responses == ["utter_third_party_private"]
    assert "hank" not in answer.text
    assert "Maya" not in answer.text


@pytest.mark.parametrize("requested", ["guest_amount", "guest_account"])
async def test_a_guest_who_asks_what_is_owed_hears_that_any_amount_is_fine_p2(
    sqlite_db: Database, requested: str
) -> None:
    scene = Scene(sqlite_db, verified=False)
    taken = await scene.run(GuestForm(), "how much does she owe?", "check_balance", loop=FORM, requested=requested)
    assert taken.responses == ["utter_guest_any_amount"]
    assert taken.slots == {requested: None}


@pytest.mark.parametrize("requested", ["guest_amount", "guest_account"])
async def test_200_then_is_an_amount_and_no_account_number(sqlite_db: Database, requested: str) -> None:
    taken = await Scene(sqlite_db, verified=False).run(GuestForm(), "200 then", loop=FORM, requested=requested)
    assert taken.slots == {"guest_amount": {"minor": 20000, "currency": "USD"}}
