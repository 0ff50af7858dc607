"""A payment by chat: an amount from free text, bounded to what is owed, and a link to pay it (design section 3)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from actions import amounts, cards, dates
from actions.amounts import Said, Share
from actions.balance import Account, account, say_if_clear
from actions.deed import Deed, Form, Question
from actions.proposals import is_unable, names_length
from actions.sensitive import may_answer
from actions.turn import Events, Turn, enter, leave, put
from bot import failpoints
from bot.billing import payments
from bot.billing.invoices import OpenInvoice, Standing
from bot.billing.payments.payment_states import UNPAID
from bot.billing.plans.coverage import in_steps
from bot.errors import InvalidInput
from bot.models import Customer, Payment, PaymentOrigin
from bot.money import Money, total

FORM = "payment_form"
# The form listens for an amount in messages of these intents, and in any short one that is not sensitive.
ANSWERS = frozenset({"inform", "make_payment", "affirm", "deny", "nlu_fallback"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the customer wants to pay: so much, meant for these invoices if any were named."""

    amount: Money
    invoice_ids: tuple[uuid.UUID, ...] = ()

    def in_slot(self) -> dict[str, Any]:
        """As it is remembered in the slot `amount`."""
        invoices = [str(id_) for id_ in self.invoice_ids]
        return {"minor": self.amount.minor, "currency": self.amount.currency, "invoices": invoices}


class MakePayment(Deed):
    """A wish to pay. With an amount the link is made at once; without one the amount is asked for."""

    title = "action_make_payment"
    intent = "make_payment"

    async def act(self, turn: Turn) -> Events:
        """Say the link, or begin the form. Raises `NotVerified`."""
        mine = await turn.write(lambda session: account(session, turn))
        if not is_payable(turn, mine):
            return leave("amount")
        wanted = from_message(turn, mine)
        if wanted is None and is_unable(turn.text):
            return await Deed.by_intent["change_plan" if mine.plan else "request_plan"].act(turn)
        if wanted is None and names_length(turn, mine):
            return await Deed.by_intent["propose_plan"].act(turn)
        if wanted is None or not is_fitting(turn, mine, wanted):
            return [*leave("amount"), *enter(FORM, amount=None, topic="payment")]
        return await give_link(turn, wanted)


class PaymentForm(Form):
    """Takes the amount."""

    form = FORM
    slots = ("amount",)

    async def take(self, turn: Turn) -> dict[str, Any]:
        """The amount, when the message names one that fits."""
        if not turn.is_answer or not may_answer(turn, ANSWERS):
            return {}
        mine = await turn.write(lambda session: account(session, turn))
        wanted = from_message(turn, mine)
        if wanted is None:
            if turn.intent == "inform" and turn.text:
                turn.say("utter_amount_unclear")
                return {"amount": None}
            return {}
        return {"amount": wanted.in_slot() if is_fitting(turn, mine, wanted) else None}


class AskAmount(Question):
    """Asks how much, with what is owed and ready choices."""

    title = "action_ask_amount"

    async def ask(self, turn: Turn) -> Events:
        """Ask."""
        mine = await turn.write(lambda session: account(session, turn))
        standing, say = mine.standing, mine.phrases
        turn.say(
            _question(mine),
            buttons=_choices(mine),
            overdue=say.money(mine.overdue),
            total=say.money(standing.payable),
        )
        return []


class OpenLink(Deed):
    """The amount is known: make the link."""

    title = "action_open_link"
    wish = "make_payment"

    async def act(self, turn: Turn) -> Events:
        """Say the link. Raises `NotVerified`."""
        kept = turn.slot("amount")
        if not kept:
            # The form ended without an amount: the proof of identity ran out, so the wish starts again from there.
            await turn.write(turn.customer)
            return enter(FORM, amount=None)
        ids = tuple(uuid.UUID(id_) for id_ in kept["invoices"])
        return await give_link(turn, Wanted(Money(kept["minor"], kept["currency"]), ids))


async def give_link(turn: Turn, wanted: Wanted) -> Events:
    """Open a link for `wanted` and say it. A newer link takes the place of an older one (design section 10, 6)."""

    def open_link(session: Session) -> tuple[str, str, bool]:
        customer = turn.customer(session)
        before = _unpaid(session, customer, turn.conversation_id)
        payment = payments.open_link(
            session,
            customer,
            wanted.amount,
            conversation_id=turn.conversation_id,
            invoice_ids=wanted.invoice_ids or None,
        )
        said = wanted.amount.format(turn.conversation(session).locale)
        return payments.link(payment), said, bool(before) and payment.id not in before

    try:
        url, said, changed = await turn.write(open_link)
        failpoints.reach("action.link_committed")
    except InvalidInput as error:
        turn.say("utter_refused", sentence=error.message)
        return [*leave("amount"), *enter(FORM, amount=None, topic="payment")]
    turn.say(
        "utter_pay_link_changed" if changed else "utter_pay_link",
        card=cards.pay_link(url, wanted.amount),
        amount=said,
        url=url,
    )
    failpoints.reach("action.link_said")
    return [*leave("amount"), *put(topic="payment")]


def _unpaid(session: Session, customer: Customer, conversation_id: uuid.UUID) -> set[uuid.UUID]:
    """The links that were given in this conversation and that a newer one takes the place of."""
    live = sa.select(Payment.id).where(
        Payment.customer_id == customer.id,
        Payment.conversation_id == conversation_id,
        Payment.origin == PaymentOrigin.LINK,
        Payment.status.in_(sorted(UNPAID)),
        Payment.superseded_at.is_(None),
    )
    return set(session.scalars(live))


def from_message(turn: Turn, mine: Account) -> Wanted | None:
    """The amount that the message names, or that its button stands for; None if it names none."""
    chosen = turn.entities.get("amount")
    if chosen == "overdue":
        return _share(Share.OVERDUE, mine.standing)
    if chosen == "all":
        return _share(Share.ALL, mine.standing)
    if chosen and chosen.isascii() and chosen.isdigit():
        return Wanted(Money(int(chosen), mine.standing.currency))
    numbers = [item.invoice.number for item in mine.standing.items]
    text = dates.without_dates(turn.text)
    said = amounts.read(text, mine.standing.currency, mine.phrases.locale, numbers)
    return meant(said, mine.standing) if said else None


def meant(said: Said, standing: Standing) -> Wanted | None:
    """What `said` comes to on this account, without what no card can pay, unless the figure is the customer's own (S4).

    Shares leave out what is disputed, unless an invoice is named (C9).
    """
    if said.amount is not None:
        return Wanted(said.amount)
    if said.invoices:
        return _of([item for item in standing.items if item.invoice.number in said.invoices], standing)
    if said.fraction is not None:
        base = standing.payable if said.share is Share.ALL or not standing.payable_overdue else standing.payable_overdue
        return Wanted(in_steps(_part(base, said.fraction)))
    return _share(said.share, standing) if said.share else None


def is_payable(turn: Turn, mine: Account) -> bool:
    """Whether anything may be paid; if not, that is said."""
    if say_if_clear(turn, mine):
        return False
    if not mine.standing.payable and not from_message(turn, mine):
        turn.say("utter_only_disputed")
        return False
    return True


def is_fitting(turn: Turn, mine: Account, wanted: Wanted) -> bool:
    """Whether `wanted` lies between something and what is owed; if not, that is said kindly."""
    if wanted.amount.minor <= 0:
        turn.say("utter_amount_none")
        return False
    if wanted.amount > mine.standing.total:
        turn.say("utter_amount_too_much", total=mine.phrases.money(mine.standing.total))
        return False
    held = mine.standing.total - mine.standing.payable
    if held and wanted.amount == in_steps(mine.standing.payable):
        turn.say("utter_disputed_note", amount=mine.phrases.money(held))
    return True


def _share(share: Share, standing: Standing) -> Wanted | None:
    items = [item for item in standing.items if not item.disputed]
    match share:
        case Share.ALL:
            return Wanted(in_steps(standing.payable)) if items else None
        case Share.OVERDUE:
            return Wanted(in_steps(standing.payable_overdue)) if standing.payable_overdue else None
        case Share.OLDEST:
            return _of(items[:1], standing)
        case Share.NEWEST:
            return _of(items[-1:], standing)
        case Share.SMALLEST:
            return _of(sorted(items, key=lambda item: item.owed.minor)[:1], standing)
        case Share.LARGEST:
            return _of(sorted(items, key=lambda item: -item.owed.minor)[:1], standing)


def _of(items: list[OpenInvoice], standing: Standing) -> Wanted | None:
    if not items:
        return None
    owed = total((item.owed for item in items), standing.currency)
    return Wanted(in_steps(owed), tuple(item.invoice.id for item in items))


def _part(whole: Money, fraction: Fraction) -> Money:
    return Money(round(whole.minor * fraction), whole.currency)


def _question(mine: Account) -> str:
    if not mine.overdue:
        return "utter_ask_amount_planned" if mine.plan else "utter_ask_amount_not_due"
    return "utter_ask_amount_overdue" if mine.overdue == mine.standing.payable else "utter_ask_amount"


def _choices(mine: Account) -> list[dict[str, str]]:
    overdue, everything = in_steps(mine.overdue), in_steps(mine.standing.payable)
    choices = []
    if overdue and overdue != everything:
        choices.append((mine.phrases.say("pay_overdue", amount=mine.phrases.money(overdue)), "overdue"))
    choices.append((mine.phrases.say("pay_all", amount=mine.phrases.money(everything)), "all"))
    return [{"title": title, "payload": f'/inform{{"amount": "{value}"}}'} for title, value in choices]
