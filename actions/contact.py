"""No more contact, and the wrong person: done at once, said in one sentence, nothing told (P4, C5, C8)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from actions import records
from actions.deed import Deed
from actions.turn import Events, Turn, leave_all
from bot.billing import identity
from bot.models import HoldKind


class CeaseContact(Deed):
    """Stop contacting me."""

    title = "action_cease_contact"

    async def act(self, turn: Turn) -> Events:
        """Hold all contact, open a case, confirm it in one sentence with nothing else in it (C5)."""

        def stop(session: Session) -> None:
            customer = turn.customer_if_known(session)
            records.hold_contact(session, turn, HoldKind.CEASE, customer)
            records.open_case(session, turn, "cease_contact", customer)

        await turn.write(stop)
        turn.say("utter_cease_contact")
        return leave_all()


class WrongPerson(Deed):
    """I am not who you mean."""

    title = "action_wrong_person"

    async def act(self, turn: Turn) -> Events:
        """Hold the address, end whatever was proven here, apologise, tell nothing (P4)."""

        def stop(session: Session) -> None:
            records.hold_contact(session, turn, HoldKind.WRONG_PERSON, None)
            records.open_case(session, turn, "wrong_person", None)
            identity.end(session, turn.conversation(session))

        await turn.write(stop)
        turn.say("utter_wrong_person")
        return [*leave_all()]
