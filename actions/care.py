"""Hardship, vulnerability, crisis: people first, money last or not at all (K7, C12)."""

from __future__ import annotations

import structlog
from sqlalchemy.orm import Session

from actions import proposals, records
from actions.balance import account
from actions.deed import Deed
from actions.handoff import hand_over
from actions.proof import FORM as PROOF
from actions.turn import Events, Turn, leave_all, put
from bot.help_lines import as_lines, country_of, help_lines
from bot.models import Customer

log = structlog.get_logger()


class ReportHardship(Deed):
    """They cannot afford it. A case is opened, options are offered, nothing is asked for (K7)."""

    title = "action_report_hardship"
    intent = "report_hardship"

    async def act(self, turn: Turn) -> Events:
        """Say so kindly, with free advice in their country. Whatever form was running is left."""

        def note(session: Session) -> tuple[Customer | None, str]:
            customer = turn.customer_if_known(session)
            records.open_case(session, turn, "report_hardship", customer)
            return customer, turn.conversation(session).locale

        customer, locale = await turn.write(note)
        lines = as_lines(help_lines().advice(customer.country if customer else country_of(locale)))
        if customer is not None and turn.loop != PROOF:
            answered = await self._terms(turn, lines)
            if answered is not None:
                return answered
        if customer is None:
            turn.say("utter_hardship_unknown")
            turn.say("utter_advice_unknown", lines=lines)
        else:
            turn.say("utter_hardship")
            turn.say("utter_advice", lines=lines)
        if turn.loop == PROOF:  # the proof goes on, so that nobody is asked twice for the same
            return put(topic="hardship")
        return [*leave_all(), *put(topic="hardship")]

    async def _terms(self, turn: Turn, lines: str) -> Events | None:
        """An answer to terms in the same message ("my hours were cut, I can do 30 a week"): both are heard."""
        mine = await turn.write(lambda session: account(session, turn))
        said = proposals.named_terms(turn, mine)
        if not (said.amount and said.frequency) or not mine.standing.total:
            return None
        turn.say("utter_hardship_heard")
        turn.say("utter_advice_unknown", lines=lines)
        return [*leave_all(), *await proposals.answer(turn, mine, said)]


class ReportVulnerability(Deed):
    """Illness, bereavement, abuse: a specialist takes over."""

    title = "action_report_vulnerability"

    async def act(self, turn: Turn) -> Events:
        """Hand over and say so."""
        await hand_over(turn, "report_vulnerability")
        turn.say("utter_vulnerability")
        return leave_all()


class ExpressCrisis(Deed):
    """Despair: a humane reply with help lines, a person at once, no word of money (C12).

    The words come whatever else fails, the database included.
    """

    title = "action_express_crisis"

    async def act(self, turn: Turn) -> Events:
        """Say where help is, and bring a person in."""
        lines = help_lines().in_crisis(await self._country(turn))
        turn.say("utter_crisis", lines=as_lines(lines.lines), emergency=lines.emergency)
        try:
            await hand_over(turn, "express_crisis")
        except Exception as error:
            log.error("crisis hand-over failed", kind=type(error).__name__)
        return leave_all()

    async def _country(self, turn: Turn) -> str:
        try:
            customer = await turn.write(turn.customer_if_known)
            return customer.country if customer else country_of(await turn.write(lambda s: turn.conversation(s).locale))
        except Exception as error:
            log.error("crisis country unknown", kind=type(error).__name__)
            return "any"
