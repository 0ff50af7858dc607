"""The page of cases. Done and taken up again by the same JSON as beside a conversation."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from bot.desk import audit
from bot.desk.access import Db, Reader
from bot.desk.customer import case_list
from bot.desk.page import PageRoute, page
from bot.desk.text import clean
from bot.models import CaseStatus

router = APIRouter(prefix="/desk/cases", route_class=PageRoute, include_in_schema=False)


@router.get("")
def cases(
    db: Db,
    seat: Reader,
    status: CaseStatus = CaseStatus.OPEN,
    kind: Annotated[str | None, Query(max_length=32)] = None,
    after: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> Response:
    """The page. Audited before it leaves."""
    kind = clean(kind) if kind else None
    with db.reading() as session:
        found, more = case_list.listed(session, seat, status, kind, after)
        waiting = case_list.counts(session, seat)
    with db.transaction() as session:
        audit.record(session, seat.agent, "cases.read", "cases", cases=sorted(str(each.id) for each in found))
    return page(
        "cases.html",
        seat=seat,
        cases=found,
        counts=waiting,
        which=status,
        kind=kind or "",
        after=after + case_list.A_PAGE if more else None,
    )
