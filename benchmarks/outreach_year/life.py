"""What people do, done to the database by the product's own services, and noted in their story when it was done."""

from __future__ import annotations

import datetime as dt
import random
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.outreach_year.provider import Carriers
from benchmarks.outreach_year.story import Agreed, Bill, Doing, Person, Promised
from benchmarks.outreach_year.world import DAY, Plan
from bot import clock
from bot.billing import hold_steps, invoices, ledger, payments, plans
from bot.billing.gateway import CheckoutSession
from bot.billing.promises import promise
from bot.conversations import consents, keywords, opt_out, transcript
from bot.db import lock, new_id
from bot.errors import GoodTermsError
from bot.models import (
    Author,
    Channel,
    ConsentSource,
    Conversation,
    Customer,
    Hold,
    HoldKind,
    HoldStatus,
    Payment,
    PlanStatus,
    Provider,
)
from bot.models import Plan as AgreedPlan
from bot.money import Money


class Life:
    """Does what was planned. What comes of it later, such as the payments of a plan, is planned by it."""

    def __init__(self, people: list[Person], carriers: Carriers, seed: int) -> None:
        self._people, self._carriers = people, carriers
        self._chance = random.Random(seed + 2)
        self.done = 0

    def do(self, session: Session, plan: Plan) -> list[Plan]:
        """Do it, if it can be done as things stand; what will follow."""
        person = self._people[plan.number]
        try:
            with session.begin_nested():
                follows = self._do(session, person, plan)
        except GoodTermsError:  # there is nothing to promise, or to spread out
            return []
        self.done += 1
        return follows

    def _do(self, session: Session, person: Person, plan: Plan) -> list[Plan]:
        match plan.doing:
            case Doing.BANK | Doing.LINK | Doing.PART:
                self._pay(session, person, plan.what, plan.doing)
            case Doing.WRITE | Doing.PROVE:
                self._write(session, person, plan.what, plan.doing)
            case Doing.STOP | Doing.START:
                self._say(session, person, plan.what, plan.doing)
            case Doing.REFUSE:
                self._refuse(session, person)
            case Doing.HOLD:
                return self._hold(session, person, *plan.what)
            case Doing.LIFT | Doing.RESOLVE:
                self._lift(session, person, plan.what, plan.doing)
            case Doing.DISPUTE:
                return self._dispute(session, person, *plan.what)
            case Doing.PROMISE:
                self._promise(session, person, plan.what)
            case Doing.PLAN:
                return self._agree(session, person, plan.what)
            case Doing.PAY_PLAN:
                self._pay_part(session, person, plan.what)
            case Doing.MOVE:
                customer = _locked(session, person)
                customer.time_zone = plan.what
                person.zones.append((clock.now(), plan.what))
            case Doing.BLOCK:
                assert person.phone is not None
                self._carriers.blocked.add((plan.what, person.phone))
                person.blocked.append((clock.now(), plan.what))
        return []

    def _pay(self, session: Session, person: Person, bill: Bill, doing: Doing) -> None:
        customer = _locked(session, person)
        owed = ledger.balance(session, ledger.invoice_account(bill.id), customer.currency)
        if owed.minor <= 0 or any(end is None for _, end in bill.planned):
            return
        if doing is Doing.BANK:
            reference = f"import:{bill.id}:paid:{bill.minor}"
            account = ledger.invoice_account(bill.id)
            ledger.post(session, source=account, destination=ledger.IMPORTED, amount=owed, reference=reference)
            bill.paid_at = clock.now()
            return
        amount = Money(owed.minor // 2, owed.currency) if doing is Doing.PART else owed
        link = payments.open_link(session, customer, amount, conversation_id=None, invoice_ids=[bill.id])
        payments.settle(session, link.id, _paid(link))
        person.paid.append(clock.now())
        if doing is Doing.PART:
            bill.parts.append(clock.now())
        else:
            bill.paid_at = clock.now()

    def _write(self, session: Session, person: Person, medium: str, doing: Doing) -> None:
        talk = _talk(session, person, medium)
        transcript.append(session, talk, author=Author.CUSTOMER, text="Thank you, I will have a look.")
        if doing is Doing.PROVE:
            talk.customer_id, talk.verified_until = person.id, clock.now() + DAY
            person.proven.append((clock.now(), clock.now() + DAY))
        person.wrote.append((clock.now(), medium, doing))

    def _say(self, session: Session, person: Person, medium: str, doing: Doing) -> None:
        """On a phone by a word; from e-mail by the link at its foot."""
        talk = _talk(session, person, medium)
        if medium == "email" and doing is Doing.STOP:
            opt_out.by_link(session, talk)
        else:
            text = "Stop. Thank you" if doing is Doing.STOP else "START"
            keyword = keywords.read(text, refused=False)
            assert keyword is not None
            opt_out.heard(session, talk, keyword, text=text, client_id=str(new_id()), told_by_provider=False)
            person.wrote.append((clock.now(), medium, doing))
        person.yes.append((clock.now(), medium, doing is Doing.START))

    def _refuse(self, session: Session, person: Person) -> None:
        for medium, address in (("sms", person.phone), ("whatsapp", person.phone), ("email", person.email)):
            if address:
                consents.record(
                    session, channel=Channel(medium), address=address, granted=False, source=ConsentSource.WORDS
                )
                person.yes.append((clock.now(), medium, False))

    def _hold(self, session: Session, person: Person, kind: str, days: int) -> list[Plan]:
        customer = _locked(session, person)
        held = Hold(kind=HoldKind(kind), customer_id=customer.id, status=HoldStatus.CONFIRMED)
        session.add(held)
        session.flush()
        now = clock.now()
        if kind == HoldKind.BREATHING_SPACE:  # it ends by itself, after its last day
            last = clock.today(customer.time_zone) + dt.timedelta(days=days)
            hold_steps.set_last_day(session, held, customer, last)
            over = dt.datetime.combine(last + DAY, dt.time(), ZoneInfo(customer.time_zone)).astimezone(dt.UTC)
            person.holds.append((now, over))
            return []
        person.holds.append((now, None))
        return [Plan(now + DAY * days, person.number, Doing.LIFT, held.id)]

    def _lift(self, session: Session, person: Person, what: object, doing: Doing) -> None:
        """A hold by its id; a dispute as the bill and its hold's id."""
        bill, hold_id = what if isinstance(what, tuple) else (None, what)
        _locked(session, person)
        held = session.get_one(Hold, hold_id)
        hold_steps.release(session, held)
        spans = bill.disputed if bill is not None else person.holds
        place = next(index for index, span in enumerate(spans) if span[1] is None)
        spans[place] = (spans[place][0], clock.now())

    def _dispute(self, session: Session, person: Person, bill: Bill, days: int) -> list[Plan]:
        customer = _locked(session, person)
        held = Hold(kind=HoldKind.DISPUTE, customer_id=customer.id, invoice_id=bill.id, status=HoldStatus.CONFIRMED)
        session.add(held)
        session.flush()
        bill.disputed.append((clock.now(), None))
        return [Plan(clock.now() + DAY * days, person.number, Doing.RESOLVE, (bill, held.id))]

    def _promise(self, session: Session, person: Person, days: int) -> None:
        customer = _locked(session, person)
        day = clock.today(customer.time_zone) + dt.timedelta(days=days)
        amount = invoices.standing(session, customer).payable_overdue
        promise(session, customer, amount, day, None)
        person.promises.append(Promised(clock.now(), day, amount.minor))

    def _agree(self, session: Session, person: Person, keeps: float) -> list[Plan]:
        customer = _locked(session, person)
        offered = plans.quote(session, customer, conversation_id=None, months=[3])
        agreed = plans.agree(session, offered[0].id, customer)
        session.flush()
        covered = {part.invoice_id for part in agreed.invoices}
        bills = [bill for bill in person.bills if bill.id in covered]
        for bill in bills:
            bill.planned.append((clock.now(), None))
        made = Agreed(
            clock.now(), agreed.id, [one.due_on for one in agreed.instalments],
            [one.amount for one in agreed.instalments], bills, keeps,
        )  # fmt: skip
        person.plans.append(made)
        person.talked.append(clock.now())
        return self._parts(person, made)

    def _parts(self, person: Person, made: Agreed) -> list[Plan]:
        """Most parts are paid in time, some late; who leaves one out altogether pays no other."""
        found: list[Plan] = []
        for day in made.days:
            if self._chance.random() > made.keeps:
                if self._chance.random() < 0.5:
                    return found
                day += DAY * self._chance.randrange(2, 6)
            at = dt.datetime.combine(day, dt.time(self._chance.randrange(0, 24)), dt.UTC)
            found.append(Plan(at - DAY * self._chance.choice((0, 0, 1, 4)), person.number, Doing.PAY_PLAN, made))
        return found

    def _pay_part(self, session: Session, person: Person, made: Agreed) -> None:
        customer = _locked(session, person)
        if made.ended_at is not None:
            return
        link = payments.open_link(
            session, customer, Money(made.amounts[len(made.paid_at)], customer.currency), conversation_id=None,
            invoice_ids=[bill.id for bill in made.bills], named=False,
        )  # fmt: skip
        payments.settle(session, link.id, _paid(link))
        made.paid_at.append(clock.now())
        person.paid.append(clock.now())
        if made.ended_at is not None:
            _over(made, clock.now(), is_paid=True)

    def broken(self, session: Session) -> None:
        """Note which plans have ended for want of payment: those people were told of it."""
        open_ = {one.id: one for person in self._people for one in person.plans if one.ended_at is None}
        query = sa.select(AgreedPlan.id).where(AgreedPlan.status == PlanStatus.BROKEN)
        for id_ in session.scalars(query):
            if id_ in open_:
                open_[id_].broken_at = clock.now()
                _over(open_[id_], clock.now(), is_paid=False)


def _over(made: Agreed, at: dt.datetime, *, is_paid: bool) -> None:
    for bill in made.bills:
        bill.planned[-1] = (bill.planned[-1][0], at)
        if is_paid:
            bill.paid_at = at


def _locked(session: Session, person: Person) -> Customer:
    customer = lock(session, Customer, person.id)
    assert customer is not None
    return customer


def _talk(session: Session, person: Person, medium: str) -> Conversation:
    address = person.email if medium == "email" else person.phone
    known = sa.select(Conversation.id).where(Conversation.channel == medium, Conversation.address == address)
    id_ = session.scalar(known)
    if id_ is None:
        provider = Provider.SMTP if medium == "email" else Provider.TWILIO
        made = Conversation(
            id=new_id(), channel=Channel(medium), address=address, provider=provider, locale=person.language
        )
        session.add(made)
        session.flush()
        id_ = made.id
    talk = lock(session, Conversation, id_)
    assert talk is not None
    return talk


def _paid(link: Payment) -> CheckoutSession:
    """The provider's word that it was paid."""
    return CheckoutSession(
        id=f"cs_{link.id}", url=None, status="complete", payment_status="paid", payment_intent=f"pi_{link.id}",
        amount=Money(link.amount, link.currency), payment_id=str(link.id), created_at=clock.now(),
        expires_at=clock.now() + dt.timedelta(hours=1), intent_status="succeeded",
    )  # fmt: skip
