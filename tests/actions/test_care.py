"""Hardship, crisis, disputes, no more contact, the wrong person: people first (C5, C8, C9, C12, C13, P4)."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from actions.balance import CheckBalance
from actions.care import contact
from actions.care.care import ExpressCrisis, ReportHardship, ReportVulnerability
from actions.care.contact import CeaseContact, WrongPerson
from actions.care.disputes import AskDisputed, DisputeDebt, DisputeForm, RecordDispute
from actions.care.insolvency import ReportBankruptcy
from actions.paying.payments import MakePayment
from actions.talk.handoff import RequestHuman
from actions.talk.languages import ChangeLanguage
from actions.talk.parting import OutOfScope
from actions.talk.talk import Affirm
from bot import clock
from bot.billing import payments, plans, promises
from bot.billing.holds import holds_on
from bot.billing.payments import PageState
from bot.conversations import preferences
from bot.db import Database
from bot.models import Case, Consent, Conversation, Handoff, Hold, Holder, HoldKind, HoldStatus, MandateStatus, Medium
from bot.money import Money
from tests import factories
from tests.actions.scene import Scene, invoice
from tests.billing.autopaid import Autopaid
from tests.conftest import SetClock

MONEY = ("$", "owe", "pay", "balance", "overdue", "debt", "account", "invoice", "plan")


def holds(scene: Scene) -> list[Hold]:
    """Every hold."""
    with scene.db.reading() as session:
        return list(session.scalars(sa.select(Hold)))


def cases(scene: Scene) -> list[Case]:
    """Every case."""
    with scene.db.reading() as session:
        return list(session.scalars(sa.select(Case)))


def handed_over(scene: Scene) -> Handoff:
    """The hand-over; the conversation is in the queue."""
    with scene.db.reading() as session:
        assert session.get_one(Conversation, scene.id).holder == Holder.QUEUE
        return session.scalars(sa.select(Handoff)).one()


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("loop", [None, "verification_form", "payment_form", "plan_form"])
async def test_a_crisis_brings_help_and_a_person_and_no_word_of_money_c12(
    sqlite_db: Database, clock: SetClock, verified: bool, loop: str | None
) -> None:
    scene = Scene(sqlite_db, verified=verified)
    answer = await scene.run(ExpressCrisis(), "I can't go on, I want to die", "express_crisis", loop=loop)
    assert answer.responses == ["utter_crisis"]
    assert "988" in answer.text
    assert not [word for word in MONEY if word in answer.text.lower()]
    assert answer.loop is None
    found = handed_over(scene)
    assert (found.reason, found.skill, found.priority) == ("crisis", "care", 0)


async def test_out_of_hours_no_answer_at_once_is_promised_after_the_help_lines_c12_c13(
    sqlite_db: Database, clock: SetClock
) -> None:
    clock.set(dt.datetime(2026, 3, 8, 17, tzinfo=dt.UTC))
    answer = await Scene(sqlite_db).run(ExpressCrisis(), "I want to die", "express_crisis")
    assert answer.responses == ["utter_crisis", "utter_crisis_closed"]
    assert "Monday, March 9" in answer.text
    assert not [word for word in MONEY if word in answer.text.lower()]


@pytest.mark.parametrize("verified", [True, False])
async def test_who_is_in_a_mental_health_crisis_hears_where_help_is_and_nothing_is_begun_c8_c12(
    sqlite_db: Database, clock: SetClock, verified: bool
) -> None:
    scene = Scene(sqlite_db, verified=verified)
    text = "I've just been sectioned and I'm in a mental health crisis"
    for deed in (ReportVulnerability(), ReportBankruptcy(), ReportHardship()):
        answer = await scene.run(deed, text, deed.intent)
        assert answer.responses[:2] == ["utter_vulnerability", "utter_help_lines"]
        assert "988" in answer.text
        assert answer.loop is None
    [held], [case] = holds(scene), cases(scene)
    assert (held.kind, held.customer_id) == (HoldKind.BREATHING_SPACE, scene.customer.id if verified else None)
    assert case.summary.startswith("Mental-health crisis")
    assert handed_over(scene).skill == "care"


async def test_somebody_elses_crisis_holds_nothing(scene: Scene, clock: SetClock) -> None:
    answer = await scene.run(ReportVulnerability(), "my partner has been sectioned", "report_vulnerability")
    assert (answer.responses[0], holds(scene)) == ("utter_vulnerability", [])


@pytest.mark.parametrize(
    ("locale", "line"),
    [
        ("en-GB", "116 123"),
        ("pt-BR", "188"),
        ("fr", "findahelpline.com"),
        ("es-US", "llame al 988"),
        ("es-GB", "116 123"),
        ("pt-GB", "ligue para 116 123"),
    ],
)
async def test_the_help_lines_are_those_of_the_country_c12(sqlite_db: Database, locale: str, line: str) -> None:
    scene = Scene(sqlite_db, verified=False, locale=locale)
    assert line in (await scene.run(ExpressCrisis(), "I want to die", "express_crisis")).text


async def test_the_words_of_help_come_even_when_the_database_fails_c12(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db)
    with sqlite_db.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE conversations RENAME TO elsewhere"))
    answer = await scene.run(ExpressCrisis(), "I want to die", "express_crisis")
    assert answer.responses == ["utter_crisis"]
    assert "findahelpline.com" in answer.text


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("my husband died", "loss"),
        ("I lost my mum last week and can't think", "loss"),
        ("I'm in hospital with cancer", "Health comes first"),
        ("I have bipolar and it's a bad month", "Health comes first"),
        ("we are going through a lot at home", "thank you for telling me"),
    ],
)
async def test_vulnerability_goes_to_a_specialist_and_is_acknowledged_c8(
    sqlite_db: Database, clock: SetClock, text: str, heard: str
) -> None:
    scene = Scene(sqlite_db)
    answer = await scene.run(ReportVulnerability(), text, "report_vulnerability", loop="payment_form")
    assert answer.responses[0] == "utter_vulnerability"
    assert heard in answer.text
    assert "?" not in answer.text
    assert not [word for word in ("$", "pay ", "balance", "overdue", "link") if word in answer.text.lower()]
    assert answer.loop is None
    assert (handed_over(scene).skill, handed_over(scene).priority) == ("care", 1)


async def test_who_is_not_safe_hears_of_safety_first(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db, verified=False, locale="en-GB")
    text = "my husband is violent and controls the money"
    answer = await scene.run(ReportVulnerability(), text, "report_vulnerability")
    assert answer.responses[:2] == ["utter_vulnerability", "utter_safety"]
    assert "999" in answer.text


async def test_a_link_that_was_given_stays_valid_and_unmentioned_in_bereavement(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db)
    link = await scene.run(MakePayment(), "pay 80.50", "make_payment")
    assert link.card is not None
    answer = await scene.run(ReportVulnerability(), "sorry, my mother just died", "report_vulnerability")
    assert "/pay/" not in answer.text
    with scene.db.reading() as session:
        payment = payments.find(session, link.card["url"].rsplit("/", 1)[-1])
        assert payments.page_state(session, payment) == PageState.PAYABLE


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("I got laid off in May", "lost work"),
        ("they cut my hours", "less coming in"),
        ("I live on universal credit", "so little room"),
        ("between the rent and the kids there is nothing left", "so tight"),
        ("we are getting divorced and I'm broke", "upside down"),
        ("can't afford it", "things are hard"),
    ],
)
async def test_the_reason_that_was_told_is_acknowledged_k1(sqlite_db: Database, text: str, heard: str) -> None:
    assert heard in (await Scene(sqlite_db).run(ReportHardship(), text, "report_hardship")).text


async def test_hardship_inside_the_proof_goes_on_with_the_account_in_the_same_message(stranger: Scene) -> None:
    answer = await stranger.run(
        ReportHardship(), "I lost my job. GT-1001", "report_hardship", loop="verification_form", requested="reference"
    )
    assert answer.responses[0] == "utter_hardship_unknown"
    assert answer.slots["reference"] is True
    assert [case.kind for case in cases(stranger)] == ["hardship"]


async def test_hardship_opens_a_case_offers_ways_and_asks_for_nothing_k7(scene: Scene) -> None:
    answer = await scene.run(ReportHardship(), "I lost my job", "report_hardship", loop="payment_form")
    assert answer.responses == ["utter_hardship", "utter_advice"]
    assert "?" not in answer.text
    assert "nfcc.org" in answer.text
    assert [(case.kind, case.customer_id, case.summary) for case in cases(scene)] == [
        ("hardship", scene.customer.id, "I lost my job")
    ]
    with scene.db.reading() as session:
        assert session.get_one(Conversation, scene.id).holder == Holder.BOT


async def test_who_pays_automatically_hears_how_to_stop_that_k7(sqlite_db: Database, clock: SetClock) -> None:
    paid = Autopaid(sqlite_db)
    scene = Scene(sqlite_db, verified=False)
    scene.conversation.id = paid.conversation_id
    answer = await scene.run(ReportHardship(), "I lost my job", "report_hardship")
    assert answer.responses == ["utter_hardship", "utter_hardship_autopay", "utter_advice"]
    assert paid.mandate().status == MandateStatus.ACTIVE


async def test_hardship_said_twice_is_one_case(scene: Scene) -> None:
    await scene.run(ReportHardship(), "I lost my job", "report_hardship")
    again = await scene.run(ReportHardship(), "and my rent is due", "report_hardship")
    assert again.responses == ["utter_hardship_again"]
    assert [case.summary for case in cases(scene)] == ["I lost my job\nand my rent is due"]


async def test_hardship_before_any_proof_tells_nothing_of_an_account_p1(stranger: Scene) -> None:
    answer = await stranger.run(ReportHardship(), "I lost my job", "report_hardship")
    assert answer.responses == ["utter_hardship_unknown", "utter_advice_unknown"]
    assert cases(stranger)[0].customer_id is None


async def test_a_person_comes_with_a_summary_that_saves_repeating_c13(clock: SetClock, scene: Scene) -> None:
    answer = await scene.run(
        RequestHuman(), "a person please", "request_human", loop="payment_form",
        slots={"amount": None, "topic": "plan"}, intents_before=("greet", "check_balance"),
    )  # fmt: skip
    assert answer.responses == ["utter_handoff"]
    assert answer.loop is None
    found = handed_over(scene)
    assert (found.skill, found.priority) == ("payments", 5)
    assert found.summary["verified"] is True
    assert found.summary["overdue"] == {"minor": 20050, "currency": "USD"}
    assert found.summary["total"] == {"minor": 26050, "currency": "USD"}
    assert found.summary["last_intents"] == ["greet", "check_balance", "request_human"]
    assert found.summary["doing"] == "payment"


async def test_without_a_proof_the_summary_says_nothing_of_an_account_p1(stranger: Scene) -> None:
    await stranger.run(RequestHuman(), "person", "request_human", loop="verification_form")
    summary = handed_over(stranger).summary
    assert summary["verified"] is False
    assert not {"total", "overdue", "invoices"} & set(summary)


async def test_asked_for_twice_it_is_one_hand_over_c13(clock: SetClock, scene: Scene) -> None:
    for _ in range(2):
        assert (await scene.run(RequestHuman(), "person", "request_human")).responses == ["utter_handoff"]
    with scene.db.reading() as session:
        assert len(factories.in_line(session)) == 1


async def test_a_named_invoice_is_held_at_once_and_the_rest_goes_on_c9(scene: Scene) -> None:
    answer = await scene.run(DisputeDebt(), "INV-1001 is wrong, I returned it", "dispute_debt")
    assert answer.responses == ["utter_dispute_recorded", "utter_dispute_rest"]
    assert "What's wrong" not in answer.text
    assert answer.loop == "story_form"
    assert "$140.50" in answer.text
    (found,) = holds(scene)
    assert (found.kind, found.status) == (HoldKind.DISPUTE, HoldStatus.REPORTED)
    with scene.db.reading() as session:
        assert found.invoice_id == invoice(session, "INV-1001").id
    assert [(case.kind, case.summary) for case in cases(scene)] == [("dispute", "INV-1001 is wrong, I returned it")]


async def test_which_invoice_is_asked_and_may_be_named_or_pressed_c9(scene: Scene) -> None:
    asked = await scene.run(DisputeDebt(), "the amount is wrong", "dispute_debt")
    assert asked.loop == "dispute_form"
    buttons = await scene.run(AskDisputed(), "", loop="dispute_form")
    assert buttons.payloads[-1] == '/inform{"invoice": "all"}'
    named = await scene.run(DisputeForm(), "the oldest one", loop="dispute_form", requested="disputed")
    pressed = await scene.run(
        DisputeForm(), entities={"invoice": "INV-1001"}, loop="dispute_form", requested="disputed"
    )
    assert named.slots == pressed.slots
    held = await scene.run(RecordDispute(), "the oldest one", slots={**named.slots, "wish": asked.slots["wish"]})
    assert held.responses[0] == "utter_dispute_recorded"
    assert cases(scene)[0].summary == "the amount is wrong"


@pytest.mark.parametrize(
    "text",
    [
        "the lampshades were meant to be 60 not 80.50, wrong price",
        "wrong price for the lampshades, I agreed 60",
        "it should be 60, not 80.50",
    ],
)
async def test_what_was_bought_comes_before_a_price_that_another_invoice_has_c9(sqlite_db: Database, text: str) -> None:
    scene = Scene(sqlite_db)
    with scene.db.transaction() as session:
        invoice(session, "INV-1002").description = "Two lampshades"
    answer = await scene.run(DisputeDebt(), text, "dispute_debt")
    assert answer.responses[0] == "utter_dispute_recorded"
    with scene.db.reading() as session:
        assert [hold.invoice_id for hold in session.scalars(sa.select(Hold))] == [invoice(session, "INV-1002").id]


async def test_a_new_one_is_no_invoice(sqlite_db: Database) -> None:
    text = "send me a code again, try me with a new one"
    taken = await Scene(sqlite_db).run(DisputeForm(), text, loop="dispute_form", requested="disputed")
    assert taken.slots.get("disputed") is None


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("how much is the table?", "check_balance"),
        ("ok fine how much for just the table", "inform"),
        ("can I pay the table", "nlu_fallback"),
        ("when was INV-1001 due", "check_due_date"),
    ],
)
async def test_a_question_that_names_an_invoice_disputes_nothing_c9(
    sqlite_db: Database, text: str, intent: str
) -> None:
    scene = Scene(sqlite_db)
    with scene.db.transaction() as session:
        invoice(session, "INV-1001").description = "Oak side table"
    taken = await scene.run(DisputeForm(), text, intent, loop="dispute_form", requested="disputed")
    assert taken.slots.get("disputed") is None
    named = await scene.run(DisputeForm(), "the table", loop="dispute_form", requested="disputed")
    assert named.slots["disputed"]


@pytest.mark.parametrize(
    ("text", "count"), [("all of it is wrong", 3), ("everything is wrong", 3), ("all the drawers stick", 1)]
)
async def test_all_that_is_wrong_is_held_though_one_was_named_before_c9(
    sqlite_db: Database, text: str, count: int
) -> None:
    scene = Scene(sqlite_db)
    begun = await scene.run(DisputeDebt(), "INV-1001 is wrong", "dispute_debt")
    await scene.run(DisputeDebt(), text, "dispute_debt", loop="story_form", requested="story", slots=begun.slots)
    assert len(holds(scene)) == count


async def test_a_dispute_repeated_is_one_hold(scene: Scene) -> None:
    first, again = [await scene.run(DisputeDebt(), "INV-1001 is wrong", "dispute_debt") for _ in range(2)]
    assert len(holds(scene)) == 1
    assert "What's wrong with it" in first.text
    assert again.responses[0] == "utter_dispute_known"


async def test_more_about_the_dispute_goes_to_its_case_and_asks_for_no_invoice(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db)
    begun = await scene.run(DisputeDebt(), "INV-1001 is wrong", "dispute_debt")
    more = await scene.run(
        DisputeDebt(),
        "it came with a broken leg",
        "dispute_debt",
        loop="story_form",
        requested="story",
        slots=begun.slots,
    )
    assert more.responses == ["utter_story_kept"]
    assert cases(scene)[0].summary == "INV-1001 is wrong\nit came with a broken leg"
    other = await scene.run(
        DisputeDebt(), "INV-1002 too", "dispute_debt", loop="story_form", requested="story", slots=begun.slots
    )
    assert other.responses[0] == "utter_dispute_recorded"
    assert len(holds(scene)) == 2


@pytest.mark.parametrize(
    ("text", "number"),
    [("the side table came with a broken leg", "INV-1001"), ("I sent the lampshades back", "INV-1002")],
)
async def test_an_invoice_may_be_named_by_what_was_bought_c9(sqlite_db: Database, text: str, number: str) -> None:
    scene = Scene(sqlite_db)
    with scene.db.transaction() as session:
        for name, description in (("INV-1001", "Oak side table"), ("INV-1002", "Two linen lampshades")):
            invoice(session, name).description = description
    answer = await scene.run(DisputeDebt(), text, "dispute_debt")
    assert answer.responses[0] == "utter_dispute_recorded"
    assert number in answer.text


async def test_a_dispute_that_names_the_account_goes_on_to_the_code(stranger: Scene) -> None:
    answer = await stranger.run(DisputeDebt(), "this is wrong, my account is GT-1001", "dispute_debt")
    assert answer.responses == ["utter_dispute_unknown", "utter_code_sent"]
    assert (answer.loop, answer.slots["reference"]) == ("verification_form", True)
    assert answer.slots["wish"]["intent"] == "dispute_debt"


async def test_the_rest_can_be_paid_in_the_same_talk_c9(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db)
    begun = await scene.run(DisputeDebt(), "INV-1001 is wrong", "dispute_debt")
    paying = await scene.run(
        MakePayment(), "I'll pay INV-1002", "make_payment", loop="story_form", requested="story", slots=begun.slots
    )
    assert paying.card is not None
    assert paying.card["amount"] == 8050
    assert paying.loop is None


async def test_a_dispute_before_any_proof_is_heard_and_carried_out_after_it_p1_c13(stranger: Scene) -> None:
    answer = await stranger.run(DisputeDebt(), "INV-1001 is not mine", "dispute_debt")
    assert answer.responses == ["utter_dispute_unknown"]
    assert [(case.kind, case.customer_id) for case in cases(stranger)] == [("dispute", None)]
    yes = await stranger.run(Affirm(), "yes", "affirm", slots={"offer": answer.slots["offer"]})
    assert yes.loop == "verification_form"
    assert yes.slots["wish"]["intent"] == "dispute_debt"


async def test_ceasing_contact_is_one_sentence_and_binds_at_once_c5_c8(scene: Scene) -> None:
    answer = await scene.run(CeaseContact(), "stop contacting me", "cease_contact", loop="plan_form")
    assert answer.responses == ["utter_cease_contact"]
    assert answer.text.count(".") == 1
    assert [(hold.kind, hold.customer_id) for hold in holds(scene)] == [(HoldKind.CEASE, scene.customer.id)]
    assert answer.loop is None


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("please stop texting me", "text messages"),
        ("don't call me or email me again", "phone calls and e-mails"),
        ("no more whatsapp messages please", "WhatsApp messages"),
    ],
)
async def test_a_refusal_binds_as_far_as_its_words_say_c5(sqlite_db: Database, text: str, ways: str) -> None:
    scene = Scene(sqlite_db)
    answer = await scene.run(CeaseContact(), text, "cease_contact")
    assert answer.responses == ["utter_cease_medium"]
    assert ways in answer.text
    assert answer.text.count(".") == 1
    on_file = {scene.customer.phone, scene.customer.email}
    assert holds(scene)
    for hold in holds(scene):
        assert hold.kind == HoldKind.CEASE
        assert hold.address in on_file
    with scene.db.reading() as session:
        assert not holds_on(session, scene.customer.id)
    assert cases(scene)[0].summary.startswith("Refused: ")


@pytest.mark.parametrize(
    "text",
    [
        "stop contacting me", "never write to me again", "no texts, no calls, nothing, anywhere",
        "stop messaging me by text", "I got your text. Do not contact me", "leave me alone and stop calling",
    ],
)  # fmt: skip
async def test_a_refusal_of_everything_binds_everywhere_c8(sqlite_db: Database, text: str) -> None:
    scene = Scene(sqlite_db)
    assert (await scene.run(CeaseContact(), text, "cease_contact")).responses == ["utter_cease_contact"]
    with scene.db.reading() as session:
        assert holds_on(session, scene.customer.id) == {HoldKind.CEASE}


@pytest.mark.parametrize(
    "text",
    [
        "you can contact me again",
        "it's ok to call me again",
        "I take it back, you can message me",
        "you can start texting me again",
    ],
)
async def test_words_that_allow_contact_again_hold_nothing_c7(sqlite_db: Database, text: str) -> None:
    scene = Scene(sqlite_db)
    await scene.run(CeaseContact(), text, "cease_contact")
    assert holds(scene) == []
    await scene.run(CeaseContact(), "stop contacting me", "cease_contact")
    answer = await scene.run(CeaseContact(), text, "cease_contact")
    assert answer.responses == ["utter_contact_again"]
    assert len(holds(scene)) == 1
    assert "Allows contact again" in "\n".join(case.summary for case in cases(scene))


@pytest.mark.parametrize(
    "text", ["you can stop calling me", "you may not contact me", "you can't message me", "don't call me again"]
)
async def test_a_refusal_in_the_same_words_is_one_c8(sqlite_db: Database, text: str) -> None:
    scene = Scene(sqlite_db)
    await scene.run(CeaseContact(), text, "cease_contact")
    assert holds(scene)


@pytest.mark.parametrize("text", ["stop all letters", "no letters please"])
async def test_a_refusal_of_letters_is_a_preference_c7(sqlite_db: Database, text: str) -> None:
    scene = Scene(sqlite_db)
    answer = await scene.run(CeaseContact(), text, "cease_contact")
    with scene.db.reading() as session:
        kept = preferences.of(session, scene.id, scene.customer.id)
    assert (answer.responses, holds(scene)) == (["utter_preference_noted"], [])
    assert kept.refused == {Medium.LETTER}


@pytest.mark.parametrize(
    "text", ["can you stop the next payment", "stop the december one", "stop the card payment in March"]
)
async def test_to_stop_a_payment_is_no_refusal_of_contact(sqlite_db: Database, text: str) -> None:
    scene = Scene(sqlite_db)
    answer = await scene.run(CeaseContact(), text, "cease_contact")
    assert holds(scene) == []
    assert answer.responses
    assert not [name for name in answer.responses if "cease" in name or name == "utter_sorry"]


@pytest.mark.parametrize(
    "text",
    [
        "and you won't write to me until then?",
        "nobody will write to me till then?",
        "so don't contact me until then",
    ],
)
async def test_until_then_is_the_day_that_they_promised_c7(sqlite_db: Database, text: str) -> None:
    scene = Scene(sqlite_db)
    with scene.db.transaction() as session:
        day = clock.today(scene.customer.time_zone) + dt.timedelta(days=5)
        promises.promise(session, scene.customer, Money(6000, "USD"), day, scene.id)
    answer = await scene.run(CeaseContact(), text, "cease_contact")
    assert answer.responses == ["utter_quiet_until_promise"]
    assert holds(scene) == []
    with scene.db.reading() as session:
        assert preferences.of(session, scene.id, scene.customer.id).quiet_until == day


async def test_to_end_a_promise_is_no_refusal_of_contact(scene: Scene) -> None:
    text = "forget it, no more promises"
    assert (await scene.run(CeaseContact(), text, "cease_contact")).responses == ["utter_what_next"]
    with scene.db.transaction() as session:
        promises.promise(session, scene.customer, Money(6000, "USD"), clock.today(scene.customer.time_zone), scene.id)
    answer = await scene.run(CeaseContact(), text, "cease_contact")
    assert answer.responses == ["utter_promise_taken_back"]
    assert "$60.00" in answer.text
    assert holds(scene) == cases(scene) == []
    with scene.db.reading() as session:
        assert promises.promises(session, scene.customer) == []
    await scene.run(CeaseContact(), "no more promises, no more messages", "cease_contact")
    assert [hold.kind for hold in holds(scene)] == [HoldKind.CEASE]


async def test_a_question_about_contact_refuses_none_c4_c7(scene: Scene) -> None:
    with scene.db.transaction() as session:
        day = clock.today(scene.customer.time_zone) + dt.timedelta(days=5)
        promises.promise(session, scene.customer, Money(6000, "USD"), day, scene.id)
    for text in ("will you keep texting me till then", "who keeps calling me by phone?", "do you still text me?"):
        answer = await scene.run(CeaseContact(), text, "cease_contact")
        assert answer.responses == ["utter_contact_unsaid", "utter_contact_promised"], text
    with scene.db.reading() as session:
        assert preferences.of(session, scene.id, scene.customer.id) == preferences.Standing()
        assert list(session.scalars(sa.select(Consent))) == []
    assert holds(scene) == []
    for text in ("will you stop calling me?", "why do you keep harassing me by text?"):
        await scene.run(CeaseContact(), text, "cease_contact")
    assert holds(scene)


async def test_to_stop_a_payment_waits_for_a_proof_p1(stranger: Scene) -> None:
    answer = await stranger.run(CeaseContact(), "can you stop the next payment", "cease_contact")
    assert answer.loop == "verification_form"
    assert holds(stranger) == []


async def test_until_then_without_a_promise_asks_for_the_day(scene: Scene) -> None:
    answer = await scene.run(CeaseContact(), "and you won't write to me until then?", "cease_contact")
    assert (answer.loop, holds(scene)) == ("preference_form", [])


async def test_on_the_web_a_refusal_before_a_proof_is_a_persons_to_see_to_c8(stranger: Scene) -> None:
    text = "stop contacting me, it's GT-1008 or +1 210 555 0101"
    answer = await stranger.run(CeaseContact(), text, "cease_contact")
    assert answer.responses == ["utter_cease_passed_on"]
    assert "won't contact" not in answer.text
    assert "Named: GT-1008, +1 210 555 0101." in cases(stranger)[0].summary


async def test_ceasing_contact_unverified_binds_the_address_c8(stranger: Scene) -> None:
    for _ in range(2):
        await stranger.run(CeaseContact(), "stop contacting me", "cease_contact")
    assert [(hold.kind, hold.customer_id, hold.address) for hold in holds(stranger)] == [
        (HoldKind.CEASE, None, stranger.conversation.address)
    ]


@pytest.mark.parametrize(
    ("text", "introduces"),
    [
        ("Hi, this is Priya", True), ("hello 👋, this is Harold", True), ("Hey, Carlos here", True),
        ("Maya Torres speaking.", True), ("it's me again", True), ("I'm Owen", True), ("evening, samuel here", True),
        ("I'm not Maya", False), ("no Maya here", False), ("this is not Priya", False), ("nobody named Lena", False),
        ("this is the wrong number", False), ("hi, this is a shop", False), ("this is Owen, not Maya", False),
        ("it's somebody else now", False), ("this is his brother", False), ("wrong person here", False),
        ("Carlos doesn't live here", False), ("there's no Samuel here", False), ("ain't no Carlos here", False),
    ],
)  # fmt: skip
def test_who_says_their_name_is_not_the_wrong_person_for_that_p4(text: str, introduces: bool) -> None:
    assert contact.introduces(text) is introduces


async def test_who_says_their_name_is_greeted_and_nothing_is_held_c13(scene: Scene) -> None:
    await scene.run(WrongPerson(), "Hi, this is Maya", "wrong_person")
    with scene.db.reading() as session:
        assert session.scalars(sa.select(Hold)).all() == []
        assert session.scalars(sa.select(Conversation)).one().verified_until is not None


async def test_the_wrong_person_is_told_nothing_and_the_proof_ends_p4(scene: Scene) -> None:
    answer = await scene.run(WrongPerson(), "I'm not Maya", "wrong_person", loop="payment_form")
    assert answer.responses == ["utter_wrong_person"]
    assert "Maya" not in answer.text
    assert [(hold.kind, hold.address) for hold in holds(scene)] == [(HoldKind.WRONG_PERSON, scene.conversation.address)]
    with scene.db.reading() as session:
        assert session.get_one(Conversation, scene.id).verified_until is None


async def test_the_wrong_person_who_asks_about_the_right_one_is_told_and_asked_nothing_p4(stranger: Scene) -> None:
    asked = await stranger.run(CheckBalance(), "do they owe you money?", "check_balance")
    assert asked.loop == "verification_form"
    await stranger.run(WrongPerson(), "wrong number", "wrong_person")
    answer = await stranger.run(CheckBalance(), "do they owe you money?", "check_balance")
    assert answer.responses == ["utter_wrong_person_nothing"]
    assert (answer.loop, "?" in answer.text) == (None, False)
    again = await stranger.run(CheckBalance(), "sorry, it is me after all, what do I owe?", "check_balance")
    assert again.loop == "verification_form"


async def test_the_summary_names_what_was_agreed(scene: Scene) -> None:
    with scene.db.transaction() as session:
        offer = plans.quote(session, scene.customer, conversation_id=scene.id)[0]
        plans.agree(session, offer.id, scene.customer)
        due_on = clock.today(scene.customer.time_zone)
        promises.promise(session, scene.customer, Money(6000, "USD"), due_on, scene.id)
    amount = {"minor": 5000, "currency": "USD", "invoices": []}
    await scene.run(RequestHuman(), "person", "request_human", slots={"amount": amount})
    summary = handed_over(scene).summary
    assert summary["plan"]["total"] == {"minor": 20050, "currency": "USD"}
    assert summary["promise"] == {"amount": {"minor": 6000, "currency": "USD"}, "due_on": due_on.isoformat()}
    assert summary["amount_named"] == {"minor": 5000, "currency": "USD"}


@pytest.mark.parametrize("text", ["ya no quiero vivir", "quero me matar", "je veux mourir"])
async def test_despair_in_a_language_that_we_do_not_speak_is_met_like_any_c12(scene: Scene, text: str) -> None:
    """Whatever the model took it for: help and a person, no question about languages, no word of money."""
    for deed, form in ((ChangeLanguage(), None), (OutOfScope(), "payment_form")):
        answer = await scene.run(deed, text, deed.intent or "out_of_scope", loop=form)
        assert answer.responses[0] == "utter_crisis"
        assert answer.loop is None


async def test_a_dispute_taken_back_opens_no_other_and_goes_to_its_case(sqlite_db: Database) -> None:
    scene = Scene(sqlite_db)
    await scene.run(DisputeDebt(), "INV-1001 is wrong, I never got it", "dispute_debt")
    for text in ("I don't want to dispute INV-1001 any more", "please drop the dispute"):
        answer = await scene.run(DisputeDebt(), text, "dispute_debt")
        assert answer.responses == ["utter_dispute_withdrawn"], text
    known = await scene.run(DisputeDebt(), "stop, I dispute INV-1001", "dispute_debt")
    assert known.responses[0] == "utter_dispute_known"
    with scene.db.reading() as session:
        case = session.scalars(sa.select(Case)).one()
        assert "no longer dispute it" in case.summary
        assert session.scalar(sa.select(sa.func.count()).select_from(Hold)) == 1
