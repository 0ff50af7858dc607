"""Adjustments: alone within the limit, above it by a second pair of eyes, and never beyond the books (C11, S7)."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.billing import adjustments, invoices, ledger, payments, plans
from bot.billing.payments import settlement
from bot.db import Database
from bot.errors import Conflict, InvalidInput, NotAllowed, NotFound
from bot.models import Adjustment, AdjustmentKind, AdjustmentStatus, Agent, Customer, Invoice, PlanStatus, Role
from bot.money import Money
from tests import factories
from tests.conftest import SetClock

REASON = "The parcel came late"
KIND = AdjustmentKind


def dollars(amount: str) -> Money:
    return Money.of(amount, "USD")


class Account:
    """Robin owes 200.00 on one invoice. Ana and Ben are agents, Sol and Sue supervisors; alone they may do 50.00."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.robin = factories.customer(session)
        self.invoice = factories.invoice(session, self.robin, "200.00")
        self.ana, self.ben = factories.agent(session), factories.agent(session, name="Ben")
        self.sol, self.sue = (factories.agent(session, role=Role.SUPERVISOR) for _ in range(2))

    def propose(self, amount: str, kind: KIND = KIND.REDUCTION, by: Agent | None = None, **given: Any) -> Adjustment:
        """Ana proposes."""
        who, invoice, reason = by or self.ana, given.pop("invoice", self.invoice), given.pop("reason", REASON)
        return adjustments.propose(self.session, who, invoice.id, kind, dollars(amount), reason, **given)

    def owed(self, invoice: Invoice | None = None) -> str:
        """On the invoice, in words."""
        account = ledger.invoice_account((invoice or self.invoice).id)
        return str(ledger.balance(self.session, account, "USD").major)

    def with_credit(self, amount: str) -> None:
        """Robin pays everything and `amount` more."""
        payment = payments.open_link(self.session, self.robin, dollars("200.00"), conversation_id=None)
        more = dollars("200.00") + dollars(amount)
        settlement.settle(self.session, payment.id, factories.intent(payment, amount=more))


@pytest.fixture
def account(db: Database, clock: SetClock) -> Any:
    """In one transaction, on both databases."""
    with db.transaction() as session:
        yield Account(session)
        ledger.trial_balance(session)


@pytest.mark.parametrize(
    ("kind", "against", "owed"),
    [
        (KIND.WRITE_OFF, "write_offs", "170.00"),
        (KIND.REDUCTION, "adjustments", "170.00"),
        (KIND.INCREASE, "adjustments", "230.00"),
    ],
)
def test_within_the_limit_it_is_posted_at_once(account: Account, kind: KIND, against: str, owed: str) -> None:
    made = account.propose("30.00", kind)
    assert (made.status, made.decided_by, account.owed()) == (AdjustmentStatus.POSTED, None, owed)
    sign = -1 if kind == KIND.INCREASE else 1
    assert ledger.balance(account.session, against, "USD").minor == sign * 3_000
    assert ledger.trial_balance(account.session)["USD"][against] == sign * 3_000


def test_above_the_limit_it_waits_for_somebody_else(account: Account) -> None:
    made = account.propose("50.01")
    assert (made.status, account.owed()) == (AdjustmentStatus.PROPOSED, "200.00")
    with pytest.raises(NotAllowed, match="Somebody else"):
        adjustments.decide(account.session, made.id, account.ana, approve=True)
    with pytest.raises(NotAllowed, match="supervisor"):
        adjustments.decide(account.session, made.id, account.ben, approve=True)
    for _ in range(2):
        adjustments.decide(account.session, made.id, account.sol, approve=True)
    assert (made.status, made.decided_by, account.owed()) == (AdjustmentStatus.POSTED, account.sol.id, "149.99")
    with pytest.raises(Conflict, match="decided already"):
        adjustments.decide(account.session, made.id, account.sue, approve=True)
    with pytest.raises(Conflict, match="decided already"):
        adjustments.decide(account.session, made.id, account.sol, approve=False)


def test_what_a_supervisor_proposes_anybody_else_may_decide_but_not_they(account: Account) -> None:
    made = account.propose("150.00", by=account.sol)
    with pytest.raises(NotAllowed):
        adjustments.decide(account.session, made.id, account.sol, approve=True)
    assert adjustments.decide(account.session, made.id, account.ben, approve=True).status == AdjustmentStatus.POSTED


def test_what_is_refused_changes_nothing_and_stays_refused(account: Account) -> None:
    made = account.propose("150.00")
    for _ in range(2):
        assert adjustments.decide(account.session, made.id, account.sol, approve=False).status == "refused"
    with pytest.raises(Conflict):
        adjustments.decide(account.session, made.id, account.sol, approve=True)
    assert account.owed() == "200.00"


def test_many_small_ones_are_no_way_around_the_limit(account: Account, clock: SetClock) -> None:
    statuses = [account.propose("20.00").status for _ in range(3)]
    assert statuses == ["posted", "posted", "proposed"]
    other = factories.invoice(account.session, factories.customer(account.session), "90.00")
    assert account.propose("20.00", by=account.ben).status == "posted"
    assert account.propose("20.00", invoice=other).status == "posted"
    clock.advance(hours=24, seconds=1)
    assert account.propose("50.00").status == "posted"


def test_what_was_undone_or_agreed_by_two_counts_as_it_should_towards_the_limit(account: Account) -> None:
    first = account.propose("40.00")
    adjustments.reverse(account.session, first.id, account.sol, "A mistake of mine")
    assert account.propose("11.00").status == "proposed"
    approved = account.propose("60.00", by=account.ben)
    adjustments.decide(account.session, approved.id, account.sol, approve=True)
    assert account.propose("50.00", by=account.ben).status == "posted"


@pytest.mark.parametrize(
    ("amount", "given", "words"),
    [
        ("200.01", {}, "At most \\$200.00"),
        ("0.00", {}, "more than nothing"),
        ("0.01", {"kind": KIND.CREDIT_USED}, "At most \\$0.00"),
        ("1.00", {"reason": "   because    "}, "10 to 2,000"),
        ("1.00", {"reason": "x" * 2001}, "10 to 2,000"),
    ],
)
def test_what_the_books_or_the_policy_do_not_allow_is_refused(
    account: Account, amount: str, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        account.propose(amount, **given)
    assert adjustments.of_customer(account.session, account.robin) == []


def test_another_currency_and_an_unknown_invoice_are_refused(account: Account) -> None:
    with pytest.raises(InvalidInput, match="kept in USD"):
        adjustments.propose(account.session, account.ana, account.invoice.id, KIND.REDUCTION, Money(1, "EUR"), REASON)
    with pytest.raises(NotFound):
        adjustments.propose(account.session, account.ana, uuid.uuid4(), KIND.REDUCTION, dollars("1.00"), REASON)
    with pytest.raises(NotFound):
        adjustments.decide(account.session, uuid.uuid4(), account.sol, approve=True)


def test_a_proposal_that_the_account_has_overtaken_is_not_posted(account: Account) -> None:
    made = account.propose("150.00")
    account.with_credit("0.00")
    with pytest.raises(Conflict, match="has changed"):
        adjustments.decide(account.session, made.id, account.sol, approve=True)


def test_credit_pays_an_invoice_within_the_credit_and_never_a_disputed_one_c9(account: Account) -> None:
    account.with_credit("25.00")
    later = factories.invoice(account.session, account.robin, "40.00")
    disputed = factories.invoice(account.session, account.robin, "40.00", disputed=True)
    with pytest.raises(InvalidInput, match="disputed"):
        account.propose("10.00", KIND.CREDIT_USED, invoice=disputed)
    with pytest.raises(InvalidInput, match=r"At most \$25.00"):
        account.propose("25.01", KIND.CREDIT_USED, invoice=later)
    account.propose("25.00", KIND.CREDIT_USED, invoice=later)
    standing = invoices.standing(account.session, account.robin)
    assert (account.owed(later), standing.credit) == ("15.00", dollars("0.00"))


def test_undoing_brings_back_what_was_owed_and_is_once(account: Account) -> None:
    made = account.propose("30.00", KIND.WRITE_OFF)
    with pytest.raises(InvalidInput, match="reason"):
        adjustments.reverse(account.session, made.id, account.sol, "no")
    for _ in range(2):
        adjustments.reverse(account.session, made.id, account.sol, "The wrong invoice")
    assert (made.status, made.reversed_by, made.reversed_for) == ("reversed", account.sol.id, "The wrong invoice")
    assert account.owed() == "200.00"
    with pytest.raises(Conflict):
        adjustments.reverse(account.session, account.propose("100.00").id, account.sol, "Only proposed yet")


def test_undoing_much_takes_a_supervisor(account: Account) -> None:
    made = account.propose("150.00")
    adjustments.decide(account.session, made.id, account.sol, approve=True)
    with pytest.raises(NotAllowed, match="supervisor"):
        adjustments.reverse(account.session, made.id, account.ben, "I would rather not")
    assert account.owed() == "50.00"


def test_undoing_many_small_ones_of_others_is_no_way_around_the_limit(account: Account, clock: SetClock) -> None:
    made = [account.propose("20.00") for _ in range(2)] + [account.propose("20.00", by=account.sol)]
    for each in made[:2]:
        adjustments.reverse(account.session, each.id, account.ben, "I would rather not")
    with pytest.raises(NotAllowed, match="supervisor"):
        adjustments.reverse(account.session, made[2].id, account.ben, "I would rather not")
    assert account.propose("20.00", by=account.ben).status == "proposed"
    clock.advance(hours=24, seconds=1)
    assert adjustments.reverse(account.session, made[2].id, account.ben, "I would rather not").status == "reversed"


def test_an_increase_that_was_paid_is_not_undone_over_the_customers_head_c11(account: Account) -> None:
    made = account.propose("10.00", KIND.INCREASE)
    account.with_credit("10.00")
    with pytest.raises(Conflict, match="Refund the payment first"):
        adjustments.reverse(account.session, made.id, account.sol, "It was too much")


def test_the_same_client_id_is_the_same_adjustment(account: Account) -> None:
    client_id = uuid.uuid4()
    made = [account.propose("30.00", client_id=client_id) for _ in range(3)]
    assert {each.id for each in made} == {client_id}
    assert account.owed() == "170.00"
    for other in (
        {"amount": "31.00"},
        {"amount": "30.00", "by": account.ben},
        {"amount": "30.00", "kind": KIND.WRITE_OFF},
    ):
        with pytest.raises(Conflict, match="client_id"):
            account.propose(client_id=client_id, **other)  # type: ignore[arg-type]


def test_a_plan_ends_with_what_was_written_off_and_lives_again_when_that_is_undone(account: Account) -> None:
    [plan, *_] = plans.quote(account.session, account.robin, conversation_id=None)
    plans.agree(account.session, plan.id, account.robin)
    made = account.propose("200.00", KIND.WRITE_OFF)
    adjustments.decide(account.session, made.id, account.sol, approve=True)
    assert plan.status == PlanStatus.COMPLETED
    adjustments.reverse(account.session, made.id, account.sol, "They can pay after all")
    assert plan.status == PlanStatus.ACTIVE


def test_however_many_at_once_neither_the_limit_nor_what_is_owed_is_passed(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        account = Account(session)
        ids = [account.propose("150.00").id for _ in range(2)]
        sol, ana, invoice = account.sol, account.ana, account.invoice.id

    def decide(id_: uuid.UUID) -> Callable[[Session], object]:
        return lambda session: adjustments.decide(session, id_, session.get_one(Agent, sol.id), approve=True).status

    def propose(session: Session) -> object:
        agent = session.get_one(Agent, ana.id)
        return adjustments.propose(session, agent, invoice, KIND.REDUCTION, dollars("20.00"), REASON).status

    results = _at_once(db, [*map(decide, ids * 4), *[propose] * 8])
    with db.reading() as session:
        owed = ledger.balance(session, ledger.invoice_account(invoice), "USD")
        posted = [a for a in session.query(Adjustment) if a.status == AdjustmentStatus.POSTED]
        assert owed == dollars("200.00") - Money(sum(a.amount for a in posted), "USD")
        assert owed.minor >= 0
        assert sum(a.amount for a in posted if a.decided_by is None) <= 5_000
        assert len([a for a in posted if a.decided_by]) <= 1
    assert len(results) == 16


def _at_once(db: Database, acts: list[Callable[[Session], object]]) -> list[object]:
    results: list[object] = []
    ready = threading.Barrier(len(acts))

    def run(act: Callable[[Session], object]) -> None:
        ready.wait()
        try:
            with db.transaction() as session:
                results.append(act(session))
        except (Conflict, InvalidInput) as error:
            results.append(error.code)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


ACTS = st.lists(
    st.tuples(st.sampled_from(list(KIND)), st.integers(1, 25_000), st.sampled_from(["keep", "undo", "refuse"])),
    max_size=8,
)


@given(acts=ACTS, paid=st.integers(50, 19_950) | st.just(20_000))  # never a rest that no card can pay (S4)
def test_after_any_adjustments_nothing_is_below_zero_and_the_sums_agree_s7(
    sqlite_db: Database, acts: list[tuple[KIND, int, str]], paid: int
) -> None:
    with sqlite_db.transaction() as session:
        account = Account(session)
        payment = payments.open_link(session, account.robin, Money(paid, "USD"), conversation_id=None)
        settlement.settle(session, payment.id, factories.intent(payment, amount=Money(paid + 3_000, "USD")))
        for kind, minor, then in acts:
            try:
                made = account.propose(str(Money(minor, "USD").major), kind)
                if made.status == AdjustmentStatus.PROPOSED:
                    adjustments.decide(session, made.id, account.sol, approve=then != "refuse")
                if then == "undo":
                    adjustments.reverse(session, made.id, account.sol, "It was a mistake")
            except (InvalidInput, Conflict):
                pass
            owed = ledger.balance(session, ledger.invoice_account(account.invoice.id), "USD").minor
            held = ledger.balance(session, ledger.credit_account(account.robin.id), "USD").minor
            assert owed >= 0 >= held
            ledger.trial_balance(session)
        posted = [each for each in adjustments.of_customer(session, account.robin) if each.status == "posted"]
        sums = {kind: sum(each.amount for each in posted if each.kind == kind) for kind in KIND}
        less = sums[KIND.WRITE_OFF] + sums[KIND.REDUCTION] + sums[KIND.CREDIT_USED] - sums[KIND.INCREASE]
        into_invoice = min(paid + 3_000, 20_000)
        assert owed_now(session, account) == 20_000 - into_invoice - less


def owed_now(session: Session, account: Account) -> int:
    """Minor units on the invoice."""
    customer = session.get_one(Customer, account.robin.id)
    return invoices.standing(session, customer).total.minor
