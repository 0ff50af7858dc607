"""The example in docs/ledger.md, done with the product's own services: every figure in its table is so (S5, S6, S7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing import adjustments, ledger, payments
from bot.billing.gateway import Intent, Return, ReturnKind
from bot.billing.payments import reversals, settlement
from bot.db import Database
from bot.models import AdjustmentKind, Agent, Invoice, Payment, Posting, Role
from bot.money import Money
from bot.settings import ROOT
from tests import factories

COLUMNS = ("A", "B", "C", "credit", "stripe")


class Books:
    """The customer of the example, and the steps that the table names."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.customer = factories.customer(session)
        self.accounts: dict[str, str] = {"credit": ledger.credit_account(self.customer.id), "stripe": ledger.STRIPE}
        self.seen = 0

    def billed(self) -> None:
        self.invoices: dict[str, Invoice] = {}
        for name, amount, late in (("A", "120.00", 45), ("B", "80.50", 15), ("C", "60.00", -10)):
            self.invoices[name] = factories.invoice(self.session, self.customer, amount, late=late)
            self.accounts[name] = ledger.invoice_account(self.invoices[name].id)

    def paid(self) -> None:
        self.payment = payments.open_link(self.session, self.customer, usd("150.00"), conversation_id=None)
        settlement.settle(self.session, self.payment.id, intent(self.payment, "pi_first"))

    def reduced(self) -> None:
        agent = Agent(email="a@example.com", name="Ana", role=Role.AGENT, password_hash="x")
        self.session.add(agent)
        self.session.flush()
        adjustments.propose(
            self.session, agent, self.invoices["B"].id, AdjustmentKind.REDUCTION, usd("0.50"), "Postage was free"
        )

    def paid_again(self) -> None:
        settlement.settle(self.session, self.payment.id, intent(self.payment, "pi_second"))

    def refunded(self) -> None:
        self._back("pi_second", Return("re_1", ReturnKind.REFUND, usd("40.00"), True, "succeeded", NOW))

    def taken_back(self) -> None:
        self._back("pi_first", Return("dp_1", ReturnKind.CHARGEBACK, usd("150.00"), True, "needs_response", NOW))

    def won(self) -> None:
        self._back("pi_first", Return("dp_1", ReturnKind.CHARGEBACK, usd("150.00"), False, "won", NOW))

    def _back(self, id: str, back: Return) -> None:
        reversals.converge(self.session, self.payment.id, intent(self.payment, id, back))

    def new_postings(self) -> str:
        """What was posted since the last look, as the table writes it."""
        names = {account: name for name, account in self.accounts.items()}
        rows = self.session.scalars(sa.select(Posting).where(Posting.id > self.seen).order_by(Posting.id)).all()
        self.seen = rows[-1].id
        return ", ".join(
            f"{names.get(row.source, row.source)} → {names.get(row.destination, row.destination)} {written(row.amount)}"
            for row in rows
        )

    def balances(self) -> list[str]:
        """The table's columns."""
        sums = ledger.balances(self.session, self.accounts.values())
        return [written(sums[self.accounts[name]]) for name in COLUMNS]


NOW = factories.clock.now()
STEPS: tuple[Callable[[Books], None], ...] = (
    Books.billed, Books.paid, Books.reduced, Books.paid_again, Books.refunded, Books.taken_back, Books.won,
)  # fmt: skip


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def written(minor: int) -> str:
    return f"{Decimal(minor).scaleb(-2):.2f}"


def intent(payment: Payment, id: str, *returns: Return) -> Intent:
    """Stripe's word that the money of `id` came, and what of it went back."""
    return Intent(id, "succeeded", Money(payment.amount, payment.currency), str(payment.id), NOW, returns=returns)


def table() -> Iterator[list[str]]:
    """The rows of the example: what happens, postings, balances."""
    lines = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("| what happens"))
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


@pytest.fixture
def books(db: Database) -> Iterator[Books]:
    with db.transaction() as session:
        yield Books(session)


def test_every_figure_of_the_example_is_so(books: Books) -> None:
    rows = list(table())
    assert len(rows) == len(STEPS)
    for step, (what, posted, *balances) in zip(STEPS, rows, strict=True):
        step(books)
        books.session.flush()
        assert (what, books.new_postings(), books.balances()) == (what, posted, balances)
    ends = ledger.trial_balance(books.session)["USD"]
    assert {name: sum_ for name, sum_ in ends.items() if sum_} == {"sales": -26050, "stripe": 26000, "adjustments": 50}
