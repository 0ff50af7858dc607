"""Mandates: one consent in force, kept to the letter; what is withdrawn binds at once and never comes back (K11)."""

from __future__ import annotations

import datetime as dt
import threading
import uuid

import pytest
import sqlalchemy as sa

from bot import policies
from bot.billing import mandates
from bot.billing.gateway import SavedCard
from bot.db import Database
from bot.errors import Conflict, NotFound
from bot.models import Customer, Mandate, MandateStatus, Payment, PaymentStatus, Plan, PlanStatus
from bot.money import Money
from tests import factories
from tests.billing.autopaid import MARCH, Autopaid, planned
from tests.conftest import SetClock

OTHER = SavedCard("pm_other", "cus_other", "mastercard", "4444", 2, 2028)


@pytest.fixture(autouse=True)
def _set(clock: SetClock) -> None:
    """Consents are given at a known instant."""


@pytest.mark.parametrize(("locale", "says"), [("en-GB", "I allow"), ("es-MX", "Autorizo a"), ("pt-BR", "Autorizo ")])
def test_a_consent_keeps_the_exact_words_that_the_customer_read(db: Database, locale: str, says: str) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        plan = session.get_one(Plan, planned(session, customer, MARCH)[1])
        mandate = mandates.consent(session, customer, plan, conversation_id=None, locale=locale, actor="agent:7")
        assert mandate.wording.startswith(says)
        assert policies.brand_name() in mandate.wording
        assert (mandate.status, mandate.locale, mandate.consented_by) == (MandateStatus.PENDING, locale, "agent:7")
        assert mandate.payment_method is None


def test_the_same_consent_again_is_the_same_mandate(sqlite_db: Database) -> None:
    paid = Autopaid(sqlite_db)
    with sqlite_db.transaction() as session:
        customer, plan = session.get_one(Customer, paid.customer_id), session.get_one(Plan, paid.plan_id)
        again = mandates.consent(session, customer, plan, conversation_id=None, locale="es-MX")
    assert (again.id, again.status) == (paid.mandate().id, MandateStatus.ACTIVE)


def test_consent_goes_with_a_plan_of_the_customer_that_is_in_force(db: Database) -> None:
    with db.transaction() as session:
        customer, other = factories.customer(session), factories.customer(session)
        theirs = session.get_one(Plan, planned(session, other, MARCH)[1])
        ended = session.get_one(Plan, planned(session, customer, MARCH, status=PlanStatus.BROKEN)[1])
        for plan in (theirs, ended):
            with pytest.raises(Conflict):
                mandates.consent(session, customer, plan, conversation_id=None, locale="en-US")


def test_a_consent_for_a_new_plan_ends_the_one_for_the_old(sqlite_db: Database) -> None:
    paid = Autopaid(sqlite_db)
    old = paid.mandate()
    with sqlite_db.transaction() as session:
        customer = session.get_one(Customer, paid.customer_id)
        session.get_one(Plan, paid.plan_id).status = PlanStatus.CANCELLED
        session.flush()
        plan = session.get_one(Plan, planned(session, customer, MARCH)[1])
        new = mandates.consent(session, customer, plan, conversation_id=None, locale="en-US")
        assert (new.status, mandates.current(session, customer)) == (MandateStatus.PENDING, new)
        assert session.get_one(Mandate, old.id).withdrawn_by == "system"


def test_twenty_consents_at_once_are_one_mandate(db: Database) -> None:
    with db.transaction() as session:
        customer = factories.customer(session)
        plan_id = planned(session, customer, MARCH)[1]

    def consent() -> None:
        with db.transaction() as session:
            ours, plan = session.get_one(Customer, customer.id), session.get_one(Plan, plan_id)
            mandates.consent(session, ours, plan, conversation_id=None, locale="en-US")

    threads = [threading.Thread(target=consent) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Mandate)) == 1


def test_the_card_of_the_next_payment_makes_a_mandate_active_and_no_number_is_kept_p3(db: Database) -> None:
    mandate = Autopaid(db, expires=(2, 2028)).mandate()
    assert mandate.status == MandateStatus.ACTIVE
    assert (mandate.card_brand, mandate.card_last4) == ("visa", "4242")
    assert mandates.card_ends_on(mandate) == dt.date(2028, 2, 29)


@pytest.mark.parametrize(
    ("month", "year", "last"),
    [(12, 2026, dt.date(2026, 12, 31)), (2, 2027, dt.date(2027, 2, 28)), (4, 2027, dt.date(2027, 4, 30))],
)
def test_a_card_lasts_to_the_end_of_its_month(month: int, year: int, last: dt.date) -> None:
    assert mandates.card_ends_on(Mandate(card_exp_month=month, card_exp_year=year)) == last


def test_the_same_card_again_changes_nothing(sqlite_db: Database) -> None:
    paid = Autopaid(sqlite_db)
    before = paid.mandate()
    card = SavedCard(before.payment_method or "", before.stripe_customer or "", "visa", "4242", 12, 2034)
    with sqlite_db.transaction() as session:
        mandates.suspend(session, session.get_one(Mandate, before.id), "lost_card")
        again = mandates.activate(session, before.id, card)
        assert (again.id, again.status) == (before.id, MandateStatus.SUSPENDED)


def test_another_card_resumes_a_suspended_mandate_as_a_new_one_and_the_old_card_is_given_up_s3(db: Database) -> None:
    paid = Autopaid(db)
    old = paid.mandate()
    with db.transaction() as session:
        mandates.suspend(session, session.get_one(Mandate, old.id), "lost_card")
    with db.transaction() as session:
        new = mandates.activate(session, old.id, OTHER)
        assert mandates.activate(session, old.id, OTHER) is new
        ended = session.get_one(Mandate, old.id)
        assert (ended.status, ended.withdrawn_by, ended.payment_method) == (
            MandateStatus.WITHDRAWN,
            "system",
            old.payment_method,
        )
        assert (new.status, new.wording, new.plan_id) == (MandateStatus.ACTIVE, old.wording, old.plan_id)
        assert [each.id for each in mandates.to_forget(session)] == [old.id]


def test_a_withdrawn_consent_never_comes_back_and_its_card_is_given_up(db: Database) -> None:
    paid = Autopaid(db, card=False)
    mandate = paid.mandate()
    with db.transaction() as session:
        customer = session.get_one(Customer, paid.customer_id)
        assert mandates.withdraw(session, customer, by="customer") is not None
        assert mandates.withdraw(session, customer) is None
        late = mandates.activate(session, mandate.id, OTHER)
        assert (late.status, late.withdrawn_by) == (MandateStatus.WITHDRAWN, "customer")
        second = mandates.activate(session, mandate.id, SavedCard("pm_2", "cus_2", "visa", "1111", 1, 2030))
        assert second.status == MandateStatus.WITHDRAWN
        assert mandates.current(session, customer) is None
        to_forget = {each.payment_method for each in mandates.to_forget(session)}
        assert to_forget == {"pm_other", "pm_2"}
        mandates.forgotten(session, late.id)
        assert [each.payment_method for each in mandates.to_forget(session)] == ["pm_2"]


def test_a_card_is_kept_while_a_charge_of_it_is_being_answered(sqlite_db: Database, clock: SetClock) -> None:
    paid = Autopaid(sqlite_db)
    clock.set(dt.datetime(2026, 3, 9, 16, tzinfo=dt.UTC))
    paid.gateway.answer_lost = True
    paid.sweep()
    paid.withdraw()
    with sqlite_db.transaction() as session:
        assert mandates.to_forget(session) == []
        session.scalars(
            sa.select(Payment).where(Payment.status == PaymentStatus.PROCESSING)
        ).one().status = PaymentStatus.FAILED
    with sqlite_db.reading() as session:
        assert len(mandates.to_forget(session)) == 1


def test_a_mandate_goes_on_with_the_plan_that_replaces_its_own_and_ends_with_the_plan(sqlite_db: Database) -> None:
    paid = Autopaid(sqlite_db)
    with sqlite_db.transaction() as session:
        customer, old = session.get_one(Customer, paid.customer_id), session.get_one(Plan, paid.plan_id)
        new = session.get_one(Plan, planned(session, customer, MARCH, status=PlanStatus.QUOTE)[1])
        assert mandates.carry(session, old, new) is not None
        mandates.end(session, old)
        mandate = mandates.current(session, customer)
        assert mandate is not None
        assert mandate.plan_id == new.id
        mandates.end(session, new)
        assert mandates.current(session, customer) is None
        assert mandates.carry(session, old, new) is None


def test_no_such_consent_is_not_found(sqlite_db: Database) -> None:
    with sqlite_db.transaction() as session, pytest.raises(NotFound):
        mandates.activate(session, uuid.uuid4(), OTHER)


def test_a_link_saves_a_card_only_while_a_mandate_waits_for_one(sqlite_db: Database) -> None:
    paid = Autopaid(sqlite_db, card=False)
    waiting = paid.link(Money(2_000, "USD"))
    assert waiting.mandate_id == paid.mandate().id
    paid.save_card(Money(500, "USD"))
    assert paid.link(Money(2_000, "USD")).mandate_id is None
    with sqlite_db.transaction() as session:
        mandates.suspend(session, session.get_one(Mandate, paid.mandate().id), "lost_card")
    assert paid.link(Money(2_000, "USD")).mandate_id == paid.mandate().id
    paid.withdraw()
    assert paid.link(Money(2_000, "USD")).mandate_id is None
