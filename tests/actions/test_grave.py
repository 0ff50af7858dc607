"""Insolvency, an adviser, a death: what is asked for stops at once, and people are met by people (C8)."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from actions.balance import CheckBalance, CheckDueDate, ExplainBalance
from actions.care.advisers import ReportAttorney, contacts
from actions.care.care import ReportVulnerability
from actions.care.deaths import ReportDeceased, is_of_holder, tells_of_death
from actions.care.insolvency import ReportBankruptcy, kind_of
from actions.care.story import StoryForm
from actions.care.third_parties import ThirdParty
from actions.talk.handoff import RequestHuman
from actions.talk.verification import Resume, VerificationForm
from bot import clock
from bot.billing.holds import holds_on, is_stopped
from bot.db import Database
from bot.models import Case, Conversation, Customer, Handoff, Hold, Holder, HoldKind, HoldStatus
from bot.policies import Stop
from tests import factories
from tests.actions.scene import Answer, Scene
from tests.conftest import SetClock

MONEY = re.compile(r"\$|\bpay|money|\bow(?:e|ed|ing)\b|account|balance|debt|\bbill|\bplan", re.IGNORECASE)
HOUR = dt.timedelta(hours=1)
LOOPS = (None, "verification_form", "payment_form", "plan_form", "promise_form", "story_form")


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """Monday morning, when people are in."""


def hold(scene: Scene) -> Hold:
    """The one hold."""
    with scene.db.reading() as session:
        return session.scalars(sa.select(Hold)).one()


def case(scene: Scene) -> Case:
    """The one case."""
    with scene.db.reading() as session:
        return session.scalars(sa.select(Case)).one()


def holder(scene: Scene) -> Holder:
    """Who has the conversation."""
    with scene.db.reading() as session:
        return session.get_one(Conversation, scene.id).holder


def stopped(scene: Scene) -> set[Stop]:
    """What is stopped for Maya."""
    with scene.db.reading() as session:
        return {stop for stop in Stop if is_stopped(session, scene.customer.id, stop)}


def is_calm(answer: Answer) -> bool:
    """Nothing is asked, and no word is about money."""
    said = "\n".join(text for name, text, _ in answer.said if name != "utter_concern_unknown")
    return "?" not in said and not MONEY.search(said)


@pytest.mark.parametrize("loop", LOOPS)
async def test_insolvency_binds_at_once_and_nothing_more_is_asked_c8(sqlite_db: Database, loop: str | None) -> None:
    scene = Scene(sqlite_db)
    answer = await scene.run(ReportBankruptcy(), "I filed for chapter 7", "report_bankruptcy", loop=loop)
    assert answer.responses == ["utter_insolvency", "utter_concern_noted"]
    assert is_calm(answer)
    assert answer.loop == "story_form"
    found = hold(scene)
    assert (found.kind, found.status, found.customer_id) == (
        HoldKind.BANKRUPTCY, HoldStatus.REPORTED, scene.customer.id,
    )  # fmt: skip
    assert stopped(scene) == {Stop.OUTREACH, Stop.AUTOPAY, Stop.PLAN_REMINDERS, Stop.NEWS, Stop.OFFERS}
    assert (case(scene).kind, case(scene).customer_id) == ("insolvency", scene.customer.id)
    assert holder(scene) == Holder.BOT


@pytest.mark.parametrize("intent", ["inform", "make_payment", "nlu_fallback"])
async def test_the_reference_that_follows_goes_into_the_case_and_is_no_amount(sqlite_db: Database, intent: str) -> None:
    scene = Scene(sqlite_db)
    begun = await scene.run(ReportBankruptcy(), "I filed for chapter 7", "report_bankruptcy")
    text = "my reference is 44871"
    more = await scene.run(StoryForm(), text, intent, loop="story_form", requested="story", slots=begun.slots)
    assert more.responses == ["utter_story_kept"]
    assert text in case(scene).summary


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I'm bankrupt", HoldKind.BANKRUPTCY),
        ("I have an IVA", HoldKind.BANKRUPTCY),
        ("my DRO was approved", HoldKind.BANKRUPTCY),
        ("I'm in breathing space", HoldKind.BREATHING_SPACE),
        ("they put me on the Debt Respite scheme", HoldKind.BREATHING_SPACE),
        ("I need some breathing-space under the scheme", HoldKind.BREATHING_SPACE),
    ],
)
def test_a_breathing_space_is_a_hold_of_its_own(text: str, kind: HoldKind) -> None:
    assert kind_of(text) is kind


async def test_insolvency_of_somebody_unknown_binds_here_and_can_be_noted_for_the_account_p1(stranger: Scene) -> None:
    answer = await stranger.run(ReportBankruptcy(), "I'm in breathing space", "report_bankruptcy")
    assert answer.responses == ["utter_insolvency_passed_on", "utter_concern_noted", "utter_concern_unknown"]
    found = hold(stranger)
    assert (found.kind, found.customer_id, found.address) == (
        HoldKind.BREATHING_SPACE, None, stranger.conversation.address,
    )  # fmt: skip
    assert answer.slots["offer"]["intent"] == "report_bankruptcy"


async def test_what_was_said_before_the_proof_binds_the_person_once_it_is_known_who_they_are_c8(
    stranger: Scene,
) -> None:
    await stranger.run(ReportBankruptcy(), "I'm bankrupt", "report_bankruptcy")
    assert not stopped(stranger)
    with stranger.db.transaction() as session:
        session.get_one(Conversation, stranger.id).customer_id = stranger.customer.id
    assert Stop.AUTOPAY in stopped(stranger)
    with stranger.db.transaction() as session:
        session.scalars(sa.select(Hold)).one().status = HoldStatus.LIFTED
    assert not stopped(stranger)


async def test_the_wish_is_done_for_the_account_after_the_proof(scene: Scene) -> None:
    wish = {"intent": "report_bankruptcy", "text": "I'm bankrupt", "entities": {}}
    answer = await scene.run(Resume(), "482913", slots={"wish": wish})
    assert answer.responses == ["utter_verified_clear", "utter_insolvency", "utter_concern_noted"]
    assert hold(scene).customer_id == scene.customer.id


async def test_told_before_and_after_the_proof_it_is_placed_and_not_repeated(stranger: Scene) -> None:
    await stranger.run(ReportBankruptcy(), "I'm bankrupt", "report_bankruptcy")
    with stranger.db.transaction() as session:
        conversation = session.get_one(Conversation, stranger.id)
        conversation.customer_id, conversation.verified_until = stranger.customer.id, clock.now() + HOUR
    answer = await stranger.run(ReportBankruptcy(), "I'm bankrupt", "report_bankruptcy")
    assert answer.responses == ["utter_concern_placed", "utter_concern_noted"]
    assert case(stranger).customer_id == stranger.customer.id


@pytest.mark.parametrize("kind", [HoldKind.BANKRUPTCY, HoldKind.BREATHING_SPACE, HoldKind.ATTORNEY])
@pytest.mark.parametrize("deed", [CheckBalance(), CheckDueDate(), ExplainBalance()], ids=lambda deed: deed.intent)
async def test_who_asks_under_a_hold_gets_the_answer_and_no_way_to_pay_c8(
    sqlite_db: Database, kind: HoldKind, deed: CheckBalance | CheckDueDate | ExplainBalance
) -> None:
    scene = Scene(sqlite_db)
    with scene.db.transaction() as session:
        factories.hold_customer(session, scene.customer, kind)
    answer = await scene.run(deed, "how much is it", deed.intent)
    assert answer.responses == ["utter_balance_held"]
    assert "$260.50" in answer.text
    assert not re.search(r"\bpay\b|spread|instal|part", answer.text)


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("loop", LOOPS)
async def test_an_adviser_is_spoken_to_by_a_specialist_c8(
    sqlite_db: Database, verified: bool, loop: str | None
) -> None:
    scene = Scene(sqlite_db, verified=verified)
    answer = await scene.run(ReportAttorney(), "talk to my lawyer from now on", "report_attorney", loop=loop)
    said = "utter_adviser" if verified else "utter_adviser_passed_on"
    assert answer.responses[:2] == [said, "utter_specialist"]
    assert is_calm(answer)
    assert answer.loop is None
    assert (hold(scene).kind, hold(scene).customer_id) == (
        HoldKind.ATTORNEY, scene.customer.id if verified else None,
    )  # fmt: skip
    assert holder(scene) == Holder.QUEUE
    with scene.db.reading() as session:
        handoff = session.scalars(sa.select(Handoff)).one()
    assert (handoff.reason, handoff.skill) == ("attorney", "care")
    assert ("total" in handoff.summary) is verified


async def test_how_to_reach_the_adviser_is_kept_with_the_case_and_apart_from_the_customer_c8(scene: Scene) -> None:
    text = "My solicitor is Ann Poole at Poole & Co, ann@poole.example, 020 7946 0018, ref PC/2291"
    answer = await scene.run(ReportAttorney(), text, "report_attorney")
    assert answer.responses[0] == "utter_adviser_known"
    summary = case(scene).summary
    assert "The adviser, not the customer:" in summary
    assert "E-mail: ann@poole.example" in summary
    assert "Phone: 020 7946 0018" in summary
    assert "Reference: PC/2291" in summary
    assert text in summary
    with scene.db.reading() as session:
        customer = session.get_one(Customer, scene.customer.id)
    assert (customer.email, customer.phone) == (scene.customer.email, scene.customer.phone)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I have a solicitor dealing with this now, please speak to them", "attorney"),
        ("talk to my lawyer, not me", "attorney"),
        ("can I speak to a person please", "request_human"),
        ("I want a manager or I'll get a lawyer", "request_human"),
    ],
)
async def test_please_speak_to_them_is_no_wish_for_a_person_of_ours_c8(
    sqlite_db: Database, text: str, reason: str
) -> None:
    scene = Scene(sqlite_db)
    await scene.run(RequestHuman(), text, "request_human")
    with scene.db.reading() as session:
        assert session.scalars(sa.select(Handoff)).one().reason == reason


def test_what_gives_no_contact_gives_none() -> None:
    assert list(contacts("please speak to my lawyer, I owe 200.50 on 2 invoices")) == []


async def test_an_advisers_address_is_never_taken_for_the_customers_own(stranger: Scene) -> None:
    answer = await stranger.run(
        VerificationForm(), "my lawyer is ann@poole.example", "report_attorney", loop="verification_form",
        requested="reference",
    )  # fmt: skip
    assert answer.events == []
    assert answer.said == []


@pytest.mark.parametrize("loop", LOOPS)
async def test_a_death_is_met_with_condolences_and_a_specialist_c8(sqlite_db: Database, loop: str | None) -> None:
    scene = Scene(sqlite_db, verified=False)
    text = "my husband died in June and you keep writing to him"
    answer = await scene.run(ReportDeceased(), text, "report_deceased", loop=loop)
    assert answer.responses[:2] == ["utter_deceased_passed_on", "utter_specialist"]
    assert is_calm(answer)
    assert (hold(scene).kind, hold(scene).address) == (HoldKind.DECEASED, scene.conversation.address)
    assert holder(scene) == Holder.QUEUE
    with scene.db.reading() as session:
        handoff = session.scalars(sa.select(Handoff)).one()
    assert (handoff.reason, handoff.skill, handoff.priority) == ("deceased", "care", 2)


async def test_who_tells_of_the_holders_death_is_not_the_holder_so_the_proof_ends_p1(scene: Scene) -> None:
    answer = await scene.run(ReportDeceased(), "this is her daughter, Maya passed away", "report_deceased")
    assert answer.responses[0] == "utter_deceased"
    assert "Maya" not in answer.text
    assert (hold(scene).kind, hold(scene).customer_id) == (HoldKind.DECEASED, scene.customer.id)
    with scene.db.reading() as session:
        assert session.get_one(Conversation, scene.id).verified_until is None


@pytest.mark.parametrize("text", ["I'm writing on behalf of my father, it's his account", "he's in a care home now"])
async def test_nobody_is_mourned_who_is_alive_p4(sqlite_db: Database, text: str) -> None:
    scene = Scene(sqlite_db, verified=False)
    assert ThirdParty.intent == "third_party"
    assert (await scene.run(ReportDeceased(), text, "report_deceased")).responses == ["utter_third_party"]
    with scene.db.reading() as session:
        assert session.scalars(sa.select(Hold)).first() is None


async def test_a_customer_who_grieves_is_alive(scene: Scene) -> None:
    answer = await scene.run(ReportDeceased(), "my husband died last week", "report_deceased")
    assert answer.responses[0] == "utter_vulnerability"
    with scene.db.reading() as session:
        assert session.scalars(sa.select(Hold)).first() is None
        assert session.scalars(sa.select(Handoff)).one().reason == "vulnerability"
        assert session.get_one(Conversation, scene.id).verified_until is not None


async def test_a_holders_death_is_one_however_it_is_heard(stranger: Scene) -> None:
    text = "my mum passed away, it was her account and I'm the executor"
    answer = await stranger.run(ReportVulnerability(), text, "report_vulnerability")
    assert answer.responses[0] == "utter_deceased_passed_on"
    with stranger.db.reading() as session:
        assert holds_on(session, stranger.customer.id) == frozenset()
    assert hold(stranger).kind == HoldKind.DECEASED


@pytest.mark.parametrize(
    ("text", "of_holder"),
    [
        ("I'm the executor of her estate", True),
        ("The account holder is deceased", True),
        ("My wife has died, the account was hers", True),
        ("He bought a sofa from you before he died", True),
        ("I am Maya's son, she died on Monday", True),
        ("Maya Torres died", True),
        ("he died in June and you keep writing to him", True),
        ("my mother died, I used to call her every day", False),
        ("I'm Maya, my dad died", False),
        ("my mother died and he had a great life", False),
        ("my son passed away and I can't pay this bill", False),
        ("there were her funeral bills", False),
        ("I lost my partner, it was her heart", False),
    ],
)
def test_whose_death_it_is_follows_from_whose_account_is_spoken_of(
    sqlite_db: Database, text: str, of_holder: bool
) -> None:
    assert is_of_holder(text, Scene(sqlite_db).customer) is of_holder


@pytest.mark.parametrize(
    "text", ["she passed away", "my late husband's account", "he is no longer with us", "he pased awy", "I'm his widow"]
)
def test_words_for_death_are_known(text: str) -> None:
    assert tells_of_death(text)


@pytest.mark.parametrize("text", ["what did he order", "I paid his account", "she is sick", "the deadline passed"])
def test_other_words_are_no_death(text: str) -> None:
    assert not tells_of_death(text)


@pytest.mark.parametrize("text", ["whose account is this", "whats the name on the account"])
async def test_a_question_without_a_word_of_death_is_asked_back_and_holds_nothing(stranger: Scene, text: str) -> None:
    answer = await stranger.run(ReportDeceased(), text, "report_deceased")
    assert answer.responses == ["utter_not_understood"]
    with stranger.db.reading() as session:
        assert session.scalars(sa.select(Hold)).all() == []
