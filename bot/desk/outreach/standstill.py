"""Whether all that we begin is paused, by whom and why: as a person ordered it, or as the policy says."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot import policies
from bot.desk.page import moment
from bot.desk.thread.lines import agent_names
from bot.models import OutreachPause
from bot.outreach import pauses

BY_POLICY = "policies/outreach.yml says so; whoever runs this service changes it there."


@dataclass(frozen=True, slots=True)
class Standstill:
    """Nothing is begun with anybody. `can_end` says that a person here may end it."""

    sentence: str
    reason: str
    can_end: bool


def now(session: Session) -> Standstill | None:
    """What binds everybody at this moment; None where nothing does."""
    rows = pauses.binding(session, None)
    if rows:
        return Standstill(_told(session, rows[0]), rows[0].reason, True)
    return Standstill("Nothing is begun with anybody.", BY_POLICY, False) if policies.outreach().paused else None


def _told(session: Session, row: OutreachPause) -> str:
    names = agent_names(session)
    who = names.get(row.agent_id, "A colleague") if row.agent_id else "The operator"
    end = f"until {moment(row.until)}" if row.until else "until somebody resumes it"
    return f"Nothing is begun with anybody, {end}. {who} paused it, {moment(row.created_at)}."
