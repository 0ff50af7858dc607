"""Somebody used their name: believed, held, and told who helps (C9, C13)."""

from __future__ import annotations

from actions import records
from actions.balance import account
from actions.care import concern, disputes, story
from actions.deed import Deed
from actions.turn import Events, Turn, leave, put
from bot.help_lines import as_lines, help_lines


class ReportFraud(Deed):
    """Identity theft, an order that they never made."""

    title = "action_report_fraud"
    intent = "report_fraud"

    async def act(self, turn: Turn) -> Events:
        """Hold what was named, else all that is open. Before a proof it is believed, and nothing told (P1)."""
        passed = await concern.pass_on(turn, "report_fraud")
        lines = as_lines(help_lines().after_fraud(passed.country, passed.locale))
        turn.say("utter_fraud_again" if passed.again else "utter_fraud")
        if passed.customer is not None:
            await self._hold(turn)
        if not passed.again:
            turn.say("utter_fraud_help", lines=lines)
        await concern.say_who_is_next(turn, passed)
        if passed.to_person:
            return [*leave(), *put(topic="dispute")]
        if passed.customer is None:
            return await concern.unproven(turn, "report_fraud", topic="dispute")
        return story.begin(turn, "report_fraud")

    async def _hold(self, turn: Turn) -> None:
        mine = await turn.write(lambda session: account(session, turn))
        items = disputes.meant(turn, mine) or mine.standing.items
        if items:
            invoices = [item.invoice for item in items]
            await turn.write(lambda session: records.dispute(session, turn, mine.customer, invoices))
            turn.say("utter_fraud_held", invoices=mine.phrases.listed([invoice.number for invoice in invoices]))
