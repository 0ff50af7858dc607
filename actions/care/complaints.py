"""A complaint: taken down every time, in their own words, with a reference and a day by which it is answered (C13)."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from actions.care import concern, story
from actions.deed import Deed
from actions.phrases import Phrases
from actions.proof import FORM as PROOF
from actions.turn import Events, Turn, leave_all
from bot import clock, policies
from bot.help_lines import as_lines, country_of, help_lines


class Complain(Deed):
    """They want to make a complaint. Who they are need not be known for it."""

    title = "action_complain"
    intent = "complain"
    needs_proof = False

    async def act(self, turn: Turn) -> Events:
        """Open the case, or add to the open one; say what happens next, and who else may look at it."""
        day = await turn.write(lambda session: answered_by(session, turn))
        passed = await concern.pass_on(turn, "complain", note=f"To be answered by {day.isoformat()}.")
        if passed.again:
            turn.say("utter_complaint_again", reference=passed.reference)
        else:
            turn.say("utter_complaint", reference=passed.reference, day=Phrases(passed.locale).day(day))
            turn.say("utter_complaint_beyond", lines=as_lines(help_lines().about_us(passed.country, passed.locale)))
        if passed.to_person:
            await concern.say_who_is_next(turn, passed)
            return leave_all()
        proving = await concern.go_on_proving(turn) if passed.customer is None else []
        return proving if turn.loop == PROOF or proving else story.begin(turn, "complain")


def answered_by(session: Session, turn: Turn) -> dt.date:
    """The day by which somebody who complains now hears from us."""
    customer = turn.customer_if_known(session)
    country = customer.country if customer else country_of(turn.conversation(session).locale)
    zone = customer.time_zone if customer else "UTC"
    return clock.today(zone) + dt.timedelta(days=policies.in_country(policies.rights().complaint_days, country))
