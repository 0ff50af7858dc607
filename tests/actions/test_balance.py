"""What is owed, in words and as a card (K1, K3, K6, C9)."""

from __future__ import annotations

from actions.balance import CheckBalance, CheckDueDate, ExplainBalance
from bot.billing import plans
from bot.db import Database
from tests import factories
from tests.actions.scene import Scene, invoice
from tests.conftest import SetClock


async def test_what_is_overdue_and_what_is_open_in_all_are_both_said_with_every_invoice(scene: Scene) -> None:
    answer = await scene.run(CheckBalance(), "how much", "check_balance")
    assert answer.responses == ["utter_balance_overdue"]
    for words in ("$200.50", "$260.50", "INV-1001", "INV-1002", "INV-1003", "45 days ago", "15 days ago"):
        assert words in answer.text


async def test_the_card_says_the_same_in_minor_units(scene: Scene) -> None:
    card = (await scene.run(CheckBalance(), "how much", "check_balance")).card
    assert card is not None
    assert (card["kind"], card["currency"], card["overdue"], card["total"]) == ("invoices", "USD", 20050, 26050)
    assert [(item["number"], item["amount"], item["days_late"]) for item in card["items"]] == [
        ("INV-1001", 12000, 45),
        ("INV-1002", 8050, 15),
        ("INV-1003", 6000, 0),
    ]


async def test_what_is_disputed_is_marked_and_not_called_overdue_c9(scene: Scene) -> None:
    with scene.db.transaction() as session:
        factories.hold(session, invoice(session, "INV-1001"))
    answer = await scene.run(CheckBalance(), "how much", "check_balance")
    assert "$80.50" in answer.text
    assert "on hold" in answer.text
    assert answer.card is not None
    assert (answer.card["overdue"], answer.card["total"]) == (8050, 26050)


async def test_when_all_that_is_late_is_disputed_nothing_is_asked_for_c9(scene: Scene) -> None:
    with scene.db.transaction() as session:
        for number in ("INV-1001", "INV-1002"):
            factories.hold(session, invoice(session, number))
    assert (await scene.run(CheckBalance(), "how much", "check_balance")).responses == ["utter_balance_on_hold"]


async def test_a_plan_in_force_is_named_and_what_it_covers_is_not_called_late(scene: Scene) -> None:
    with scene.db.transaction() as session:
        offer = plans.quote(session, scene.customer, conversation_id=scene.id)[0]
        plans.agree(session, offer.id, scene.customer)
    answer = await scene.run(CheckBalance(), "how much", "check_balance")
    assert answer.responses == ["utter_balance_plan_begins"]
    assert "covered by your plan" in answer.text
    assert "ago" not in answer.text


async def test_nothing_owed_is_celebrated_k9(db: Database) -> None:
    scene = Scene(db)
    with db.transaction() as session:
        other = factories.customer(session, name="Lena Fischer")
        conversation = session.merge(scene.conversation)
        conversation.customer_id = other.id
    for action, intent in ((CheckBalance(), "check_balance"), (CheckDueDate(), "check_due_date")):
        answer = await scene.run(action, "how much", intent)
        assert answer.responses == ["utter_nothing_owed"]
        assert "Lena" in answer.text


async def test_dates_are_said_as_the_conversations_locale_writes_them(db: Database, clock: SetClock) -> None:
    answer = await Scene(db, locale="en-GB").run(CheckDueDate(), "when", "check_due_date")
    assert "16 January 2026" in answer.text


async def test_an_explanation_names_what_was_billed_and_what_is_left(scene: Scene) -> None:
    answer = await scene.run(ExplainBalance(), "what is this for", "explain_balance")
    assert "Goods: billed on" in answer.text
    assert "$120.00 still open" in answer.text
