"""Questions about money: answered when asked, truthfully, for strangers in general (K5, K6, K11, C11, P1)."""

from __future__ import annotations

import re

import pytest

from actions.balance import ExplainBalance
from actions.deed import Deed
from actions.paying.answers import AskConsequences, AskFees, AskMinimumPayment, AskPaymentMethods
from bot import policies
from bot.billing import ledger, plans
from bot.db import Database
from bot.models import Customer, Hold, HoldKind
from bot.money import Money
from bot.policies import AnswersPolicy
from tests.actions.scene import Scene, invoice

HINTS = r"\b(?:you owe|your balance|overdue|your debt|your invoice|\$)"
DEEDS = (AskFees, AskMinimumPayment, AskConsequences, AskPaymentMethods)


def use(monkeypatch: pytest.MonkeyPatch, changed: AnswersPolicy) -> None:
    monkeypatch.setattr(policies, "answers", lambda: changed)


async def test_k6_fees_are_told_when_asked_with_what_makes_up_the_amount(scene: Scene) -> None:
    answer = await scene.run(AskFees(), "do you charge interest?", "ask_fees")
    assert answer.responses == ["utter_fees"]
    for part in ("$260.50", "INV-1001", "INV-1002", "INV-1003", "no interest"):
        assert part in answer.text


@pytest.mark.parametrize("deed", DEEDS)
async def test_p1_before_a_proof_the_answer_is_general_and_true_and_no_proof_is_asked_for(
    stranger: Scene, deed: type[Deed]
) -> None:
    answer = await stranger.run(deed(), "what about it?", deed.intent)
    assert answer.responses
    assert all(name.endswith("_general") for name in answer.responses)
    assert not re.search(HINTS, answer.text, re.IGNORECASE)
    assert answer.loop == "unchanged"


@pytest.mark.parametrize("deed", DEEDS)
async def test_who_owes_nothing_gets_the_general_answer(scene: Scene, deed: type[Deed]) -> None:
    with scene.db.transaction() as session:
        for number in ("INV-1001", "INV-1002", "INV-1003"):
            account = ledger.invoice_account(invoice(session, number).id)
            owed = ledger.balance(session, account, "USD")
            ledger.post(session, source=account, destination=ledger.STRIPE, amount=owed, reference=number)
    assert all(name.endswith("_general") for name in (await scene.run(deed(), "hm?", deed.intent)).responses)


async def test_k6_what_the_operator_adds_is_itemised(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    added = {"en": ["A reminder by letter costs 2.00."]}
    use(monkeypatch, policies.answers().model_copy(update={"added": added}))
    answer = await scene.run(AskFees(), "any fees?", "ask_fees")
    assert answer.responses == ["utter_fees_added", "utter_fees_itemised"]
    assert "A reminder by letter costs 2.00." in answer.text
    assert "no interest" not in answer.text


async def test_c11_what_an_agent_added_is_not_passed_over(scene: Scene) -> None:
    with scene.db.transaction() as session:
        account = ledger.invoice_account(invoice(session, "INV-1002").id)
        ledger.post(session, source=ledger.ADJUSTMENTS, destination=account, amount=Money(500, "USD"), reference="more")
    answer = await scene.run(AskFees(), "why is it more", "ask_fees")
    assert answer.responses == ["utter_fees_by_hand"]
    assert "$5.00" in answer.text


async def test_k5_the_least_is_what_a_card_can_be_charged_and_then_what_would_work(scene: Scene) -> None:
    answer = await scene.run(AskMinimumPayment(), "what's the minimum", "ask_minimum_payment")
    assert answer.responses == ["utter_least"]
    assert "$0.50" in answer.text
    assert "comfortable" in answer.text


async def test_k5_with_a_plan_its_next_part_is_named_with_ways_to_change_it(scene: Scene) -> None:
    with scene.db.transaction() as session:
        maya = session.get_one(Customer, scene.customer.id)
        plans.agree(session, plans.quote(session, maya, conversation_id=None, months=[4])[0].id, maya)
    answer = await scene.run(AskMinimumPayment(), "least I can pay?", "ask_minimum_payment")
    assert answer.responses == ["utter_least_on_plan"]
    assert "$50.12" in answer.text


async def test_c11_consequences_are_the_operators_facts_and_nothing_else(scene: Scene) -> None:
    answer = await scene.run(AskConsequences(), "what happens if I don't pay", "ask_consequences")
    for fact in policies.answers().unpaid["en"]:
        assert fact in answer.text
    assert "We don't report to credit agencies." in answer.text
    assert not re.search(r"arrest|police|court|bailiff", answer.text, re.IGNORECASE)
    assert "spread" in answer.text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("will I go to jail??", "nobody is arrested"),
        ("Are you gonna sue me", "to court"),
        ("will bailiffs come to my door", "Nobody comes to your home"),
        ("do you take it out of my wages", "not with an employer"),
        ("will my wages be garnished", "No. Nothing is taken from your pay"),
        ("will you send it to a collection agency", "none is passed on"),
        ("¿me meten a la cárcel?", "nobody is arrested"),
        ("le avisan a mi patrón?", "not with an employer"),
        ("vão penhorar minha casa?", "nothing is taken from it"),
    ],
)
@pytest.mark.parametrize("verified", [True, False])
async def test_a_worry_is_answered_first(db: Database, text: str, says: str, verified: bool) -> None:
    answer = await Scene(db, verified=verified).run(AskConsequences(), text, "ask_consequences")
    first = next(line for line in answer.text.splitlines() if line.startswith("•"))
    assert says in first


async def test_what_comes_of_a_dispute_or_on_a_day_is_answered_by_itself_c13(scene: Scene) -> None:
    answer = await scene.run(AskConsequences(), "what happens on March 28 then", "ask_consequences")
    assert "utter_due_dates" in answer.responses
    text = "what happens now with my dispute?"
    assert (await scene.run(AskConsequences(), text, "ask_consequences")).responses == ["utter_what_happens"]
    with scene.db.transaction() as session:
        found = invoice(session, "INV-1001")
        session.add(Hold(kind=HoldKind.DISPUTE, customer_id=scene.customer.id, invoice_id=found.id))
    answer = await scene.run(AskConsequences(), text, "ask_consequences")
    assert answer.responses == ["utter_dispute_stands"]
    assert "INV-1001" in answer.text
    for unpaid in ("what if I don't pay by March 28", "will you sue me over the dispute"):
        answer = await scene.run(AskConsequences(), unpaid, "ask_consequences")
        assert answer.responses == ["utter_what_happens"], unpaid


async def test_c11_where_we_report_it_is_said_when(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    reports = {"reports": True, "after_days": 90}
    changed = policies.answers().model_dump() | {"credit_agencies": reports}
    use(monkeypatch, AnswersPolicy.model_validate(changed))
    answer = await scene.run(AskConsequences(), "my credit score?", "ask_consequences")
    assert "90 days" in answer.text


@pytest.mark.parametrize(
    ("text", "responses"),
    [
        ("how can I pay", ["utter_methods"]),
        ("do you take Apple Pay?", ["utter_method_taken", "utter_methods"]),
        ("can i pay with paypal", ["utter_method_not_taken", "utter_methods"]),
        ("can I pay cash", ["utter_method_not_taken", "utter_methods"]),
        ("aceita pix?", ["utter_method_not_taken", "utter_methods"]),
        ("passa cartão?", ["utter_method_taken", "utter_methods"]),
        ("paypal or card?", ["utter_methods"]),
    ],
)
async def test_k11_the_way_that_was_asked_about_is_answered_then_all_are_named(
    scene: Scene, text: str, responses: list[str]
) -> None:
    answer = await scene.run(AskPaymentMethods(), text, "ask_payment_methods")
    assert answer.responses == responses
    assert "debit or credit card" in answer.text


async def test_k11_ways_beside_the_page_are_told_where_there_are_any(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    methods = policies.answers().methods.model_copy(update={"beyond": {"en": ["By transfer to account 000."]}})
    use(monkeypatch, policies.answers().model_copy(update={"methods": methods}))
    answer = await scene.run(AskPaymentMethods(), "how do I pay", "ask_payment_methods")
    assert answer.responses == ["utter_methods", "utter_methods_beyond"]
    assert "By transfer to account 000." in answer.text


@pytest.mark.parametrize(
    ("deed", "text"),
    [
        (AskConsequences, "what happens if I leave it"),
        (AskConsequences, "does it go on my credit score"),
        (ExplainBalance, "is this about a debt?"),
    ],
)
@pytest.mark.parametrize("loop", [None, "verification_form"])
async def test_p1_before_a_proof_nothing_is_said_that_holds_only_for_who_owes(
    stranger: Scene, deed: type[Deed], text: str, loop: str | None
) -> None:
    answer = await stranger.run(deed(), text, deed.intent, loop=loop)
    assert answer.responses == ["utter_nothing_known_here_general" if loop else "utter_nothing_known_general"]
    assert answer.loop == "unchanged"
    assert not re.search(r"asked for|\bpa(?:y|id|rts)\b|over time|court|\bgrow", answer.text)


@pytest.mark.parametrize("loop", [None, "verification_form"])
async def test_p1_a_strangers_worry_is_answered_with_what_holds_for_everyone(stranger: Scene, loop: str | None) -> None:
    answer = await stranger.run(AskConsequences(), "will you sue me", "ask_consequences", loop=loop)
    nothing = "utter_nothing_known_here_general" if loop else "utter_nothing_known_general"
    assert answer.responses == ["utter_worry_general", nothing]
    assert "to court" in answer.text
    assert not re.search(r"asked for|\bpa(?:y|id|rts)\b|over time|credit|\bgrow", answer.text)
