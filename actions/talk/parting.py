"""Thanks and goodbyes; what is said about ourselves. After something was settled, it is asked once how it was (K14)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from actions.deed import Deed
from actions.turn import Events, Turn, leave
from bot.conversations import feedback


class Thank(Deed):
    """They say thanks."""

    title = "action_thank"

    async def act(self, turn: Turn) -> Events:
        """Welcome it."""
        turn.say("utter_thank")
        await ask_how_it_was(turn)
        return []


class Goodbye(Deed):
    """They end the talk."""

    title = "action_goodbye"

    async def act(self, turn: Turn) -> Events:
        """Wish them well."""
        turn.say("utter_goodbye")
        if turn.loop == "erasure_form":
            return leave("erasure_agreed", "wish")  # nothing that cannot be undone is asked about again
        await ask_how_it_was(turn)
        return []


class BotIdentity(Deed):
    """Is this a person? (P6)"""

    title = "action_ask_bot_identity"

    async def act(self, turn: Turn) -> Events:
        """Say that it is a program."""
        turn.say("utter_bot_identity")
        return []


class Capabilities(Deed):
    """What can this do?"""

    title = "action_ask_capabilities"

    async def act(self, turn: Turn) -> Events:
        """Say what."""
        turn.say("utter_capabilities")
        return []


class OutOfScope(Deed):
    """What no service like this one does."""

    title = "action_out_of_scope"

    async def act(self, turn: Turn) -> Events:
        """Say so."""
        turn.say("utter_out_of_scope")
        return []


async def ask_how_it_was(turn: Turn) -> None:
    """Ask how it was, where something was settled in this talk and nothing is going on."""
    if turn.loop is not None:
        return

    def ask(session: Session) -> bool:
        conversation = turn.conversation(session)
        about = feedback.due(session, conversation)
        if about is not None:
            feedback.asked(session, conversation, about)
        return about is not None

    if await turn.write(ask):
        turn.say("utter_ask_rating")
