"""Questions about money, answered truthfully for everybody: fees, the least payment, what happens otherwise, how to pay
(K5, K6, K11, C11).

What is said is the operator's (`policies/answers.yml`). Before a proof of identity it is said in general and hints at
no account (P1).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy.orm import Session

from actions.balance import Account, account
from actions.deed import Deed
from actions.phrases import Phrases
from actions.reading import dates
from actions.reading.figures import plain
from actions.turn import Events, Turn
from bot import policies
from bot.billing.stripe import stripe_amounts
from bot.errors import NotVerified
from bot.money import Money, total
from bot.policies import Method, facts_in, in_language


class AskFees(Deed):
    """Interest, late fees, charges: told only when asked, and then truthfully, item by item (K6)."""

    title = "action_ask_fees"
    intent = "ask_fees"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Say what is added, and where they are known what makes up the amount."""
        mine, phrases = await turn.write(lambda session: _known(session, turn))
        added = facts_in(policies.answers().added, phrases.locale)
        if added:
            turn.say("utter_fees_added", lines=_bullets(phrases, added))
        if mine is None or not mine.standing.total:
            turn.say("utter_fees_general_more" if added else "utter_fees_general")
            return []
        by_hand = _added_by_hand(mine)
        turn.say(
            "utter_fees_by_hand" if by_hand else "utter_fees_itemised" if added else "utter_fees",
            card=mine.card,
            total=phrases.money(mine.standing.total),
            added=phrases.money(by_hand),
            lines=_billed(mine),
        )
        return []


class AskMinimumPayment(Deed):
    """The least that can be paid: answered truthfully, then turned to what would work (K5)."""

    title = "action_ask_minimum_payment"
    intent = "ask_minimum_payment"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Say it. There is no floor of ours, only what a card can be charged (design section 10, 5)."""
        mine, phrases = await turn.write(lambda session: _known(session, turn))
        if mine is None or not mine.standing.total:
            turn.say("utter_least_general")
            return []
        smallest = phrases.money(stripe_amounts.least(mine.standing.currency))
        if mine.progress is not None and mine.progress.next is not None:
            turn.say(
                "utter_least_on_plan",
                smallest=smallest,
                amount=phrases.money(mine.progress.next_amount),
                day=phrases.day(mine.progress.next.due_on),
            )
        else:
            turn.say("utter_least", smallest=smallest)
        return []


_UNPAID = re.compile(
    r"\b(?:don'?t|do not|doesn'?t|can'?t|cannot|won'?t|not|never|unable|miss\w*|late|unpaid|without|ignore|refuse|"
    r"nothing)\b"
)
_DISPUTE = re.compile(r"\bdisput\w*")


class AskConsequences(Deed):
    """What happens if nothing is paid: the operator's facts, no threat, and the ways that are open (C11, K3)."""

    title = "action_ask_consequences"
    intent = "ask_consequences"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Say it, what was asked about first. Before a proof only that: the rest would hint at something (P1)."""
        mine, phrases = await turn.write(lambda session: _known(session, turn))
        if mine is None:
            worries = _worries(turn.text, phrases)
            if worries:
                turn.say("utter_worry_general", lines=_bullets(phrases, worries))
            turn.say("utter_nothing_known_here_general" if turn.loop else "utter_nothing_known_general")
            return []
        named = await self._named(turn, mine)
        if named is not None:
            return named
        known = bool(mine.standing.total)
        lines = _bullets(phrases, _facts(turn.text, phrases))
        turn.say("utter_what_happens" if known else "utter_what_happens_general", lines=lines)
        return []

    async def _named(self, turn: Turn, mine: Account) -> Events | None:
        """The answer where they ask what comes next of a dispute or on a day, and not what comes of paying nothing."""
        said = plain(turn.words)
        if _UNPAID.search(said) or _worries(turn.text, mine.phrases):
            return None
        disputed = [item.invoice.number for item in mine.standing.items if item.disputed]
        if disputed and _DISPUTE.search(said):
            turn.say("utter_dispute_stands", invoices=mine.phrases.listed(disputed))
            return []
        if dates.read(turn.words, mine.today, mine.phrases.locale) is not None:
            return await Deed.by_intent["check_due_date" if mine.plan is None else "check_plan"].act(turn)
        return None


class AskPaymentMethods(Deed):
    """How they can pay, and where; a card number never stands in the chat (K11, P3)."""

    title = "action_ask_payment_methods"
    intent = "ask_payment_methods"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Answer for the way that was asked about, then name them all."""
        mine, phrases = await turn.write(lambda session: _known(session, turn))
        ways, shows = policies.answers().methods, policies.answers().shows
        refused = _named(turn.text, ways.not_taken, phrases)
        taken = _named(turn.text, ways.checkout, phrases)
        if refused and not taken:
            turn.say("utter_method_not_taken", methods=phrases.listed(refused))
        elif taken and not refused:
            turn.say("utter_method_taken", methods=phrases.listed(taken))
        turn.say(
            "utter_methods" if mine is not None and mine.standing.total else "utter_methods_general",
            methods=phrases.listed([in_language(method.name, phrases.locale) for method in ways.checkout]),
            minutes=shows.card_minutes,
            days=shows.bank_days,
        )
        beyond = facts_in(ways.beyond, phrases.locale)
        if beyond:
            turn.say("utter_methods_beyond", lines=_bullets(phrases, beyond))
        return []


def _known(session: Session, turn: Turn) -> tuple[Account | None, Phrases]:
    """The account, where they have shown who they are."""
    try:
        mine = account(session, turn)
    except NotVerified:
        return None, Phrases(turn.conversation(session).locale)
    return mine, mine.phrases


def _billed(mine: Account) -> str:
    items = mine.standing.items
    return "\n".join(mine.phrases.billed(item, mine.today, item.invoice.id in mine.planned) for item in items)


def _added_by_hand(mine: Account) -> Money:
    """What agents have added to invoices: all that can stand above what was billed (C11)."""
    currency = mine.standing.currency
    above = ((item.owed.minor - item.invoice.amount) for item in mine.standing.items)
    return total((Money(minor, currency) for minor in above if minor > 0), currency)


def _facts(text: str, phrases: Phrases) -> list[str]:
    answers = policies.answers()
    reports = answers.credit_agencies
    credit = phrases.say("credit_reported" if reports.reports else "credit_not_reported", days=reports.after_days or 0)
    return [*_worries(text, phrases), credit, *facts_in(answers.unpaid, phrases.locale)]


def _worries(text: str, phrases: Phrases) -> list[str]:
    """The answers to the worries that `text` names."""
    heard = (worry for worry in policies.answers().worries if _is_heard(text, worry.heard))
    return [in_language(worry.answer, phrases.locale) for worry in heard]


def _named(text: str, methods: Iterable[Method], phrases: Phrases) -> list[str]:
    return [in_language(method.name, phrases.locale) for method in methods if _is_heard(text, method.heard)]


def _is_heard(text: str, names: Iterable[str]) -> bool:
    letters = (sign for sign in unicodedata.normalize("NFKD", plain(text)) if not unicodedata.combining(sign))
    words = "".join(sign if sign.isalnum() or sign == "'" else " " for sign in letters).split()
    said = f" {' '.join(words)} "
    return any(f" {name} " in said for name in names)


def _bullets(phrases: Phrases, sentences: Iterable[str]) -> str:
    return "\n".join(phrases.say("fact", fact=sentence) for sentence in sentences)
