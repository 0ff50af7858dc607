"""A payment that did not go as it should: looked at first, then settled or passed on (C13, S5; design section 10, 6).

Nobody is blamed and nobody is asked for a card number. What cannot be settled here becomes a case.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from actions import cards, records, refused
from actions.balance import Account, account, say_if_clear
from actions.deed import Deed
from actions.paying.history import arrived_on
from actions.reading import amounts, dates
from actions.reading.figures import plain
from actions.turn import Events, Turn, put
from bot import clock
from bot.billing import payments
from bot.billing.payments import PageState, troubles
from bot.errors import InvalidInput
from bot.models import Payment, PaymentStatus
from bot.money import Money

RECENT = dt.timedelta(days=14)
MESSAGES_LOOKED_BACK = 5


class Problem(StrEnum):
    """What went wrong, as the customer tells it."""

    TWICE = "twice"
    MISSING = "missing"
    BANK_CHECK = "bank_check"
    DECLINED = "declined"
    LINK = "link"


_NOT = r"(?:\b(?:not|never|still not)|n'?t)"
_TOLD = (
    (
        r"\b(?:twice|double|doubled|two times|2 times|2x|duplicate\w*|charged (?:me )?again|second time|both payments|"
        r"(?:two|2) (?:charges|payments|times))\b",
        Problem.TWICE,
    ),
    (
        r"\b(?:money|it|amount|payment|you(?:'ve)?|been|was|were|has)\b[^.!?]{0,25}"
        r"\b(?:left|gone|taken|took|come out|came out|debited|deducted|went (?:out|through)|charged)\b[^.!?]{0,60}"
        r"(?:\b(?:not|still|nothing|never|no|but|yet|where)\b|n't\b)"
        rf"|{_NOT} (?:been )?(?:shown?|show up|arrived?|appear\w*|posted|updated?|reflect\w*|credited|registered)\b"
        r"|\bstill (?:says|shows?|showing|open|unpaid)\b|\bwhere(?: is|'?s) my (?:payment|money)\b"
        r"|\bmoney\b[^.!?]{0,15}\b(?:left|gone|taken)\b",
        Problem.MISSING,
    ),
    (
        r"\b(?:3-?d ?s(?:ecure)?|3ds2?|verified by visa|secure ?code|authenticat\w*|"
        r"one[- ]time (?:code|password)|otp)\b"
        r"|\b(?:code|text|sms|notification|prompt|approval|confirmation)\b[^.!?]{0,25}\b(?:bank|app)\b"
        r"|\bbank\b[^.!?]{0,25}\b(?:app|code|text|sms|check|confirm\w*|verif\w*|approv\w*)\b"
        r"|\basks? me to (?:confirm|approve|verify)\b",
        Problem.BANK_CHECK,
    ),
    (
        r"\b(?:declin\w*|refus\w*|reject\w*|denied|insufficient)\b"
        r"|\b(?:failed|unsuccessful) payment\b|\bpayment failed\b"
        rf"|{_NOT} (?:accept\w*|take|taking|go through|going through|gone through|work with my card|like my card)\b"
        rf"|\bcard\b[^.!?]{{0,25}}(?:\b(?:fail\w*|error|expired|blocked|invalid)\b|{_NOT} work\w*)"
        r"|\b(?:fail\w*|error|problem|trouble|wrong) with (?:my|the) card\b",
        Problem.DECLINED,
    ),
    (
        r"\b(?:link|page|url|site|website|checkout|button|form|screen|404|expired?|timed? out|load\w*|blank|white|"
        r"broken|frozen|froze|stuck|spinning|crash\w*)\b"
        rf"|{_NOT} open\w*\b",
        Problem.LINK,
    ),
)
_PROBLEMS = tuple((re.compile(pattern), problem) for pattern, problem in _TOLD)


@dataclass(frozen=True, slots=True)
class Looked:
    """What our books say: the newest link and whether it can be paid, what is on its way and what arrived of late, and
    what looks as if it was taken twice."""

    mine: Account
    link: Payment | None
    state: PageState | None
    coming: list[Payment]
    arrived: list[Payment]
    twice: list[Payment]


class PaymentProblem(Deed):
    """Declined, a link that fails, charged twice, money gone and not here, the bank's own check."""

    title = "action_payment_problem"
    intent = "payment_problem"

    async def act(self, turn: Turn) -> Events:
        """Look, then say what can be seen and what goes on. Raises `NotVerified`."""
        looked = await turn.write(lambda session: _look(session, turn))
        match told(turn):
            case Problem.TWICE:
                return await _twice(turn, looked)
            case Problem.MISSING:
                return await _missing(turn, looked)
            case None:
                if not looked.coming:
                    turn.say("utter_problem_which")
                    return []
                return _coming(turn, looked)
            case problem:
                return await _failing(turn, looked, problem)


def told(turn: Turn) -> Problem | None:
    """What went wrong, by the button or the words; None where they do not say."""
    chosen = turn.entities.get("problem")
    if chosen in list(Problem):
        return Problem(chosen)
    words = plain(turn.words)
    return next((problem for pattern, problem in _PROBLEMS if pattern.search(words)), None)


def _look(session: Session, turn: Turn) -> Looked:
    mine = account(session, turn)
    found = payments.history(session, mine.customer, limit=20)
    link = troubles.newest_link(session, mine.customer)
    return Looked(
        mine,
        link,
        payments.page_state(session, link) if link else None,
        [payment for payment in found if payment.status == PaymentStatus.PROCESSING],
        [payment for payment in found if payment.status == PaymentStatus.SUCCEEDED and _is_recent(payment)],
        troubles.taken_twice(session, mine.customer),
    )


def _is_recent(payment: Payment) -> bool:
    return payment.settled_at is not None and payment.settled_at >= clock.now() - RECENT


async def _twice(turn: Turn, looked: Looked) -> Events:
    """Two are there: said so, and a person is asked to give one back. One is there: its day, and a person looks."""
    mine, say = looked.mine, looked.mine.phrases
    if looked.twice:
        note = f"The customer was charged twice, as it seems. Payment {looked.twice[-1].id}."
        await _pass_on(turn, "request_refund", note)
        first, last = looked.twice[0], looked.twice[-1]
        turn.say(
            "utter_charged_twice" if first is not last else "utter_link_paid_twice",
            amount=_sum(mine, last),
            first=say.day(arrived_on(first, mine)),
            second=say.day(arrived_on(last, mine)),
        )
        return put(topic="payment")
    await _pass_on(
        turn, "payment_problem", "The customer says that they were charged twice. Only one such payment is here."
    )
    newest = next(iter([*looked.coming, *looked.arrived]), None)
    if newest is None:
        turn.say("utter_charged_unseen")
    else:
        turn.say("utter_charged_once", amount=_sum(mine, newest), day=say.day(arrived_on(newest, mine)))
    return put(topic="payment")


async def _missing(turn: Turn, looked: Looked) -> Events:
    """Money has left and nothing shows: what is on its way or has arrived is said, anything else is looked for."""
    mine = looked.mine
    said = amounts.read(dates.without_dates(turn.words), mine.standing.currency, mine.phrases.locale)
    meant = said.amount.minor if said and said.amount else None
    coming = [payment for payment in looked.coming if meant in (None, payment.amount)]
    arrived = [payment for payment in looked.arrived if meant in (None, payment.amount)]
    if coming:
        return _coming(turn, looked)
    if arrived:
        return _arrived(turn, mine, arrived[0])
    await _pass_on(turn, "payment_problem", "The customer says that money has left their bank, and it is not here.")
    turn.say("utter_payment_unseen")
    return put(topic="payment")


async def _failing(turn: Turn, looked: Looked, problem: Problem) -> Events:
    """A card, a link or the bank's check fails: what may have come through is said, else another way is given."""
    mine = looked.mine
    if looked.coming:
        return _coming(turn, looked)
    if looked.link is not None and looked.link.status == PaymentStatus.SUCCEEDED and _is_recent(looked.link):
        return _arrived(turn, mine, looked.link)
    if say_if_clear(turn, mine):
        return []
    again = "payment_problem" in turn.recent_intents(MESSAGES_LOOKED_BACK)[:-1]
    if again:
        await _pass_on(turn, "payment_problem", f"A payment fails again and again: {problem}.")
        turn.say("utter_problem_again")
    if looked.link is None:
        turn.say(f"utter_problem_{problem}_no_link")
        return put(topic="payment")
    fresh = problem == Problem.LINK or looked.state is not PageState.PAYABLE
    link = looked.link
    try:
        link = await turn.write(lambda session: _renewed(session, turn, link.id)) if fresh else link
    except InvalidInput as error:
        refused.tell(turn, error)
        return put(topic="payment")
    amount, url = Money(link.amount, link.currency), payments.link(link)
    turn.say(f"utter_problem_{problem}", card=cards.pay_link(url, amount), amount=mine.phrases.money(amount), url=url)
    return put(topic="payment")


def _renewed(session: Session, turn: Turn, link_id: uuid.UUID) -> Payment:
    customer = turn.customer(session)
    return troubles.renew(session, customer, session.get_one(Payment, link_id))


def _coming(turn: Turn, looked: Looked) -> Events:
    mine, payment = looked.mine, looked.coming[0]
    turn.say("utter_payment_coming", amount=_sum(mine, payment), day=mine.phrases.day(arrived_on(payment, mine)))
    return put(topic="payment")


def _arrived(turn: Turn, mine: Account, payment: Payment) -> Events:
    values: dict[str, Any] = {"amount": _sum(mine, payment), "day": mine.phrases.day(arrived_on(payment, mine))}
    if mine.standing.total:
        turn.say("utter_payment_arrived", total=mine.phrases.money(mine.standing.total), **values)
    else:
        turn.say("utter_payment_arrived_clear", **values)
    return put(topic="payment")


async def _pass_on(turn: Turn, criterion: str, note: str) -> None:
    def note_down(session: Session) -> None:
        records.open_case(session, turn, criterion, turn.customer(session), note=note)

    await turn.write(note_down)


def _sum(mine: Account, payment: Payment) -> str:
    return mine.phrases.money(Money(payment.amount, payment.currency))
