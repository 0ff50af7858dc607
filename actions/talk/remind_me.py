"""A short note the day before what was agreed: only who says yes to it gets one (C14; design section 10, 4)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from actions.deed import Deed
from actions.turn import Events, Turn, put
from bot.conversations import consents
from bot.models import Channel, ConsentSource, Medium, Purpose
from bot.outreach import media
from bot.outreach.situations import situation_of

_CHANNELS = {Medium.SMS: Channel.SMS, Medium.WHATSAPP: Channel.WHATSAPP}
OFFER = {"intent": "remind_me", "entities": {}}


class RemindMe(Deed):
    """The yes to being reminded, kept for the phone on file."""

    title = "action_remind_me"
    intent = "remind_me"

    async def act(self, turn: Turn) -> Events:
        """Write the yes down and confirm it. What they have stopped stays so until they send START."""
        if await turn.write(lambda session: _say_yes(session, turn)):
            turn.say("utter_reminder_noted")
        else:
            turn.say("utter_all_right")
        return []


async def offered(turn: Turn) -> Events:
    """After a promise: ask whether a note the day before is welcome, or say that one comes; nothing where no phone of
    theirs can be written to, or they want no messages there."""
    medium, has_said_yes = await turn.write(lambda session: _medium(session, turn))
    if medium is None:
        return []
    if has_said_yes:
        turn.say("utter_reminder_stands")
        return []
    turn.say("utter_offer_reminder")
    return put(offer=OFFER)


def _medium(session: Session, turn: Turn) -> tuple[Medium | None, bool]:
    """Where a note would come, and whether they have said yes to it: where they write from, else what is on."""
    customer, here = turn.customer(session), turn.conversation(session).channel
    on = [medium for medium in _CHANNELS if medium in media.are_on()]
    for medium in sorted(on, key=lambda medium: _CHANNELS[medium] != here):
        situation = situation_of(session, customer, medium)
        may_be = situation.has_address and not situation.refused and medium not in situation.wishes.refused
        if may_be and not situation.holds:
            return medium, situation.opted_in
    return None, False


def _say_yes(session: Session, turn: Turn) -> bool:
    medium, has_said_yes = _medium(session, turn)
    customer = turn.customer(session)
    if medium is None or customer.phone is None:
        return False
    if not has_said_yes:
        consents.record(
            session,
            channel=_CHANNELS[medium],
            address=customer.phone,
            granted=True,
            source=ConsentSource.WORDS,
            conversation=turn.conversation(session),
            customer_id=customer.id,
            purpose=Purpose.REMINDERS,
        )
    return True
