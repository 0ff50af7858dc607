"""Once more, in other words: what was said last is explained more simply, then the open question is asked again."""

from __future__ import annotations

from collections.abc import Mapping

from actions.deed import Deed
from actions.turn import Events, Said, Turn
from bot.errors import NotVerified

# What is said instead of a response when it was not understood; it has the same values.
SIMPLER: Mapping[str, str] = {
    "utter_balance_overdue": "utter_simply_balance",
    "utter_balance_all_overdue": "utter_simply_balance_all",
    "utter_balance_not_due": "utter_simply_not_due",
    "utter_balance_on_hold": "utter_simply_on_hold",
    "utter_explain": "utter_simply_explain",
    "utter_due_dates": "utter_simply_due_dates",
    "utter_ask_amount": "utter_simply_ask_amount",
    "utter_ask_amount_overdue": "utter_simply_ask_amount",
    "utter_pay_link": "utter_simply_pay_link",
    "utter_pay_link_changed": "utter_simply_pay_link",
    "utter_plan_options": "utter_simply_plan_options",
    "utter_plan_options_again": "utter_simply_plan_options",
    "utter_plan_options_asked": "utter_simply_plan_options",
    "utter_plan_ask_terms": "utter_simply_plan_ask_terms",
    "utter_plan_ask_each": "utter_simply_plan_ask_terms",
    "utter_plan_ask_rhythm": "utter_simply_plan_ask_rhythm",
    "utter_plan_terms": "utter_simply_plan_terms",
    "utter_plan_terms_rest": "utter_simply_plan_terms",
    "utter_plan_nearest": "utter_simply_plan_nearest",
    "utter_plan_agreed": "utter_simply_plan_agreed",
    "utter_plan_stands_begins": "utter_simply_plan_stands",
    "utter_plan_stands_paid": "utter_simply_plan_stands",
    "utter_ask_change": "utter_simply_ask_change",
    "utter_change_terms_one": "utter_simply_change_one",
    "utter_change_terms_following": "utter_simply_change",
    "utter_change_terms_pause": "utter_simply_change_pause",
    "utter_cancel_terms": "utter_simply_cancel",
    "utter_cancel_terms_paid": "utter_simply_cancel",
    "utter_discount_terms": "utter_simply_discount",
    "utter_autopay_terms": "utter_simply_autopay",
    "utter_ask_promise_day": "utter_simply_ask_promise_day",
    "utter_promise_terms": "utter_simply_promise",
    "utter_promise_recorded": "utter_simply_promise_recorded",
    "utter_ask_disputed": "utter_simply_ask_disputed",
    "utter_dispute_recorded": "utter_simply_dispute_recorded",
    "utter_verify_first": "utter_simply_verify",
    "utter_ask_reference": "utter_simply_ask_reference",
    "utter_code_sent": "utter_simply_code",
    "utter_code_sent_again": "utter_simply_code",
    "utter_ask_factor": "utter_simply_factor",
    "utter_ask_postcode": "utter_simply_factor",
    "utter_ask_birth_date": "utter_simply_factor",
    "utter_ask_code": "utter_simply_code",
    "utter_handoff": "utter_simply_handoff",
    "utter_capabilities": "utter_simply_capabilities",
    "utter_greet": "utter_simply_capabilities",
}
# Answers that only tell something: they are looked up afresh where there is no simpler way to say them.
TELLS = frozenset(
    {"check_balance", "check_due_date", "explain_balance", "check_plan", "check_payment_status", "ask_fees",
     "ask_consequences", "ask_payment_methods", "ask_why_verify", "suspect_scam"}
)  # fmt: skip


class Repeat(Deed):
    """They did not follow."""

    title = "action_repeat"
    intent = "repeat"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Say the last answer more simply; asked once more, ask which part; then the form asks its question again."""
        before = turn.last_said
        if any(said.name.startswith(("utter_simply", "utter_repeat")) for said in before):
            turn.say("utter_repeat_which")
            return []
        simpler = [said for said in before if said.name in SIMPLER]
        if simpler:
            self._more_simply(turn, simpler[-1])
            return []
        asked = turn.recent_intents(2)
        if len(asked) == 2 and asked[0] in TELLS and asked[0] in Deed.by_intent:
            turn.say("utter_repeat")
            try:
                return await Deed.by_intent[asked[0]].act(turn.wishing({"intent": asked[0]}))
            except NotVerified:
                pass
        turn.say("utter_repeat_which")
        return []

    def _more_simply(self, turn: Turn, said: Said) -> None:
        # Where a form asks its question again, the choices come with that.
        turn.say(SIMPLER[said.name], buttons=() if turn.loop else said.buttons, **said.values)
