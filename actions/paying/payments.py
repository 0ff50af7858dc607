"""A payment by chat: an amount from free text, bounded to what is owed, and a link to pay it (design section 3)."""

from __future__ import annotations

import re
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from actions import cards, refused
from actions.balance import Account, account, say_if_clear
from actions.deed import Deed, Form
from actions.paying import amount_questions, remainder
from actions.paying.wanted import Wanted, from_message
from actions.plans.proposals import is_unable, named_terms, names_length
from actions.reading import choices, dates, terms
from actions.reading.terms import Proposed
from actions.sensitive import may_answer
from actions.turn import Events, Turn, enter, leave, put
from bot import failpoints
from bot.billing import payments
from bot.billing.payments.payment_states import UNPAID
from bot.billing.plans.coverage import in_steps
from bot.errors import InvalidInput
from bot.models import Customer, Payment, PaymentOrigin, PaymentStatus
from bot.money import Money

FORM = "payment_form"
# The form listens for an amount in messages of these intents, and in any short one that is not sensitive.
ANSWERS = frozenset({"inform", "make_payment", "affirm", "deny", "nlu_fallback", "promise_to_pay", "propose_plan"})
# Questions about money have answers of their own, however short: "what's the least?" names no invoice.
QUESTIONS = frozenset(
    {
        "ask_minimum_payment", "ask_fees", "ask_consequences", "ask_payment_methods", "check_balance", "check_due_date",
        "explain_balance", "payment_problem", "already_paid", "request_plan", "request_discount", "repeat",
        "start_over",
    }
)  # fmt: skip


# The instalment that is due anyway.
_USUAL = re.compile(r"\b(?:my|this|the|next) (?:\w+ )?(?:monthly|weekly|fortnightly)\b")
_PART = r"(?:one|payment|instal+ments?|part)(?! (?:day|date))\b"
_NEXT_ONE = re.compile(rf"\b(?:next|upcoming|coming|this (?:month|week)'?s|my (?:monthly|weekly|fortnightly)) {_PART}")
_THAT_ONE = re.compile(rf"\b(?:that|this) {_PART}")


class MakePayment(Deed):
    """A wish to pay. With an amount the link is made at once; without one the amount is asked for."""

    title = "action_make_payment"
    intent = "make_payment"

    async def act(self, turn: Turn) -> Events:
        """Say the link, or begin the form. Raises `NotVerified`."""
        mine = await turn.write(lambda session: account(session, turn))
        if not is_payable(turn, mine):
            return leave("amount")
        wanted = from_message(turn, mine) or _next_instalment(turn, mine)
        if wanted is None and is_unable(turn.words):
            return await Deed.by_intent["change_plan" if mine.plan else "request_plan"].act(turn)
        whole = (mine.standing.payable, mine.standing.payable_overdue)
        is_open = wanted is None or wanted.amount in whole
        if (is_open and names_length(turn, mine)) or _is_repeated(turn, mine):
            return await Deed.by_intent["propose_plan"].act(turn)
        if _is_for_later(turn, mine):
            return await Deed.by_intent["promise_to_pay"].act(turn)
        if wanted is None:
            amount_questions.ask_which(turn, mine)
        if wanted is None or not is_fitting(turn, mine, wanted):
            return [*leave("amount"), *enter(FORM, amount=None, topic="payment")]
        return await _link_and_rest(turn, mine, wanted)


def _is_for_later(turn: Turn, mine: Account) -> bool:
    """Whether all that the message names is for days to come: it is promised, and no link is made."""
    is_later = remainder.is_later(turn.words, mine) and not remainder.is_split(turn.words)
    return is_later or remainder.first_later(turn.words, mine) is not None


def _is_repeated(turn: Turn, mine: Account) -> bool:
    """Whether an amount is to be paid again and again: "100 a month", but not "my monthly 50"."""
    said = named_terms(turn, mine)
    is_again = said.amount is not None and said.frequency is not None and remainder.names_rhythm(turn.words)
    return is_again and not _USUAL.search(turn.words.lower())


def _next_instalment(turn: Turn, mine: Account) -> Wanted | None:
    """The next instalment of the plan, where the message means it: "the next one", or "that one" just after it was
    named."""
    if mine.progress is None or mine.progress.next is None or is_unable(turn.words):
        return None
    words = turn.words.lower()
    was_named = any("next_amount" in said.values for said in turn.last_said)
    is_meant = _NEXT_ONE.search(words) or (was_named and _THAT_ONE.search(words))
    return Wanted(mine.progress.next_amount) if is_meant else None


class PaymentForm(Form):
    """Takes the amount."""

    form = FORM
    slots = ("amount",)

    async def take(self, turn: Turn) -> dict[str, Any]:
        """The amount, when the message names one that fits."""
        if not turn.is_answer or not may_answer(turn, ANSWERS) or turn.intent in QUESTIONS:
            return {}
        mine = await turn.write(lambda session: account(session, turn))
        if remainder.first_later(turn.words, mine) is not None:
            return {"amount": None, "requested_slot": None}  # the form ends, and the first part is promised
        wanted = amount_questions.chosen(turn, mine) or from_message(turn, mine)
        if wanted is None:
            return self._unread(turn, mine)
        if turn.intent == MakePayment.intent and _is_repeated(turn, mine):
            return {}
        other = turn.intent in ("promise_to_pay", "propose_plan") and not remainder.is_split(turn.words)
        if other and not is_bare(turn, mine):
            return {}  # another day or instalments, which are heard for what they are
        return {"amount": wanted.in_slot() if is_fitting(turn, mine, wanted) else None}

    def _unread(self, turn: Turn, mine: Account) -> dict[str, Any]:
        may_name = turn.intent in ("inform", "make_payment", "affirm", "nlu_fallback")
        if may_name and amount_questions.ask_which(turn, mine):
            return {"amount": None}
        if turn.intent == "affirm" and choices.is_clear_yes(turn.words):
            turn.say("utter_amount_which")  # a yes to a question that offers several amounts is none of them
            return {"amount": None}
        if turn.intent == "inform" and remainder.is_later(turn.words, mine):
            return {"amount": None, "requested_slot": None}  # the form ends, and the day is promised
        if turn.intent == "inform" and turn.text:
            turn.say("utter_amount_unclear")
            return {"amount": None}
        return {}


def is_bare(turn: Turn, mine: Account) -> bool:
    """Whether the message names an amount and nothing else: no rhythm, no length and no day."""
    said = terms.read(turn.words, mine.standing.currency, mine.phrases.locale, mine.today)
    return said in (Proposed(), Proposed(amount=said.amount)) and not dates.is_vague(turn.words)


class OpenLink(Deed):
    """The amount is known: make the link."""

    title = "action_open_link"
    wish = "make_payment"

    async def act(self, turn: Turn) -> Events:
        """Say the link. Raises `NotVerified`."""
        kept = turn.slot("amount")
        mine = await turn.write(lambda session: account(session, turn))
        if _is_for_later(turn, mine):
            return [*leave("amount"), *await Deed.by_intent["promise_to_pay"].act(turn)]
        if not kept:
            # The form ended without an amount: the proof of identity ran out, so the wish starts again from there.
            return enter(FORM, amount=None)
        ids = tuple(uuid.UUID(id_) for id_ in kept["invoices"])
        return await _link_and_rest(turn, mine, Wanted(Money(kept["minor"], kept["currency"]), ids))


async def _link_and_rest(turn: Turn, mine: Account, wanted: Wanted) -> Events:
    """The link, then a promise of the rest where the message named one ("50 now and the rest on Friday")."""
    events = await give_link(turn, wanted)
    is_refused = any(event.get("event") == "active_loop" and event["name"] == FORM for event in events)
    return events if is_refused else [*events, *remainder.promised(turn, mine, wanted.amount)]


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
        refused.tell(turn, error)
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


def under_way(session: Session, customer: Customer, conversation_id: uuid.UUID) -> int:
    """What the live links of this conversation come to, and what is still being paid."""
    live = sa.select(sa.func.coalesce(sa.func.sum(Payment.amount), 0)).where(
        Payment.customer_id == customer.id,
        Payment.conversation_id == conversation_id,
        Payment.origin == PaymentOrigin.LINK,
        Payment.status.in_((PaymentStatus.CREATED, PaymentStatus.OPEN, PaymentStatus.PROCESSING)),
        Payment.superseded_at.is_(None),
    )
    return session.scalar(live) or 0


def is_payable(turn: Turn, mine: Account) -> bool:
    """Whether anything may be paid; if not, that is said."""
    if say_if_clear(turn, mine):
        return False
    wanted = from_message(turn, mine)
    if not mine.standing.payable and not (wanted and wanted.invoice_ids):
        turn.say("utter_only_disputed")  # a figure alone does not say that it is for what is disputed (C9)
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
    payable = in_steps(mine.standing.payable)
    if held and wanted.amount > payable and not wanted.invoice_ids:
        # A figure alone does not say that it is for what is disputed (C9).
        values: dict[str, Any] = {"total": mine.phrases.money(payable), "held": mine.phrases.money(held)}
        turn.say("utter_amount_beside_hold" if payable else "utter_only_disputed", **values)
        return False
    if held and wanted.amount == payable:
        turn.say("utter_disputed_note", amount=mine.phrases.money(held))
    return True
