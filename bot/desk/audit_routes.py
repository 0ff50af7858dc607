"""The audit log for supervisors: a page to look through, and the same as CSV. Looking is itself written down."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from bot import clock, policies
from bot.db import Database
from bot.desk import audit, audit_log
from bot.desk.access import Db, Reader
from bot.desk.audit_log import Sought
from bot.desk.auth import Seat
from bot.desk.page import PageRoute, page
from bot.desk.text import clean
from bot.errors import InvalidInput

router = APIRouter(prefix="/desk", route_class=PageRoute, include_in_schema=False)

Text = Annotated[str, Query(max_length=100)]


def sought(agent: Text = "", act: Text = "", conversation: Text = "", day: Text = "") -> Sought:
    """What the form asks for; an empty field is no condition. Raises `InvalidInput`."""
    return Sought(
        agent=_id(agent, "The agent"),
        act=clean(act).strip() or None,
        conversation=_id(conversation, "The conversation"),
        day=_day(day.strip()),
    )


Asked = Annotated[Sought, Depends(sought)]


@router.get("/audit")
def log(db: Db, seat: Reader, asked: Asked, before: uuid.UUID | None = None) -> Response:
    """One page of the log; `before` is the last entry of the page that was read."""
    with db.reading() as session:
        found = audit_log.entries(session, asked, before, audit_log.PAGE + 1)
        names, acts = audit_log.names(session), audit_log.acts(session)
    _looked(db, seat, "audit.read", asked)
    shown, fields = found[: audit_log.PAGE], _fields(asked)
    return page(
        "audit.html",
        seat=seat,
        entries=[(entry, *_about(entry.subject), audit_log.detail(entry)) for entry in shown],
        asked=fields,
        names=names,
        acts=acts,
        older=urlencode(fields | {"before": str(shown[-1].id)}) if len(found) > audit_log.PAGE else None,
        newest=urlencode(fields) if before else None,
        csv=urlencode(fields),
        zone=policies.desk().time_zone,
    )


@router.get("/audit.csv")
def log_as_csv(db: Db, seat: Reader, asked: Asked) -> StreamingResponse:
    """All that match, as a file."""
    _looked(db, seat, "audit.exported", asked)
    with db.reading() as session:
        names = audit_log.names(session)
    return StreamingResponse(
        audit_log.as_csv(db, asked, names),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="audit-{clock.now():%Y-%m-%d}.csv"'},
    )


def _looked(db: Database, seat: Seat, action: str, asked: Sought) -> None:
    fields = _fields(asked)
    with db.transaction() as session:
        audit.record(session, seat.agent, action, "audit_log", **({"sought": fields} if fields else {}))


def _fields(asked: Sought) -> dict[str, Any]:
    given = {"agent": asked.agent, "act": asked.act, "conversation": asked.conversation, "day": asked.day}
    return {name: str(value) for name, value in given.items() if value is not None}


def _about(subject: str) -> tuple[str, str]:
    kind, _, which = subject.partition(":")
    return kind, which


def _id(text: str, what: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text.strip()) if text.strip() else None
    except ValueError as error:
        raise InvalidInput(f"{what} is looked for by an id like {uuid.UUID(int=0)}.") from error


def _day(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidInput("A day is written like 2026-03-02.") from error
    if day is not None and not 2000 <= day.year < 3000:
        raise InvalidInput("That day is too far away.")
    return day
