"""The pages under `/desk/outreach`, for supervisors (`roles.LEAST`). Lists and files are audited before they leave."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response

from bot.desk import audit
from bot.desk.access import Db, Reader
from bot.desk.insights import numbers, spreadsheets
from bot.desk.insights.listing import page_number
from bot.desk.outreach import addresses, funnel, listing, month, rehearsal, standstill
from bot.desk.outreach.choice import AFTER, Choice
from bot.desk.outreach.words import KINDS, STATES, WORDINGS, rule, sentence
from bot.desk.page import PageRoute, page
from bot.errors import InvalidInput, NotFound
from bot.models import Channel

EXPORT_MOST = 50_000


class OutreachRoute(PageRoute):
    """A page that says in a sentence what was wrong with its address, and leads back."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What serves the page."""
        serve = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await serve(request)
            except (InvalidInput, NotFound) as error:
                return page("outreach_problem.html", status=error.status, message=error.message)

        return told


router = APIRouter(prefix="/desk/outreach", route_class=OutreachRoute, include_in_schema=False)


@router.get("")
def outreach(request: Request, db: Db, seat: Reader) -> Response:
    """The calendar and every number, for what the address chooses; what cannot be read is said, beside the usual
    choice."""
    problem = None
    try:
        choice = Choice.read(request.query_params)
        first = month.read(request.query_params.get("month"), choice)
    except InvalidInput as error:
        choice, problem = Choice.usual(), error.message
        first = month.read(None, choice)
    with db.reading() as session:
        sections = [] if problem else funnel.sections(session, choice)
        shown = month.month(session, choice, first)
        stopped = standstill.now(session)
    with db.transaction() as session:
        audit.record(session, seat.agent, "outreach.read", "outreach", **choice.query())
    return page(
        "outreach.html",
        status=422 if problem else 200,
        seat=seat,
        choice=choice,
        month=shown,
        sections=sections,
        stopped=stopped,
        problem=problem,
        channels={channel: numbers.channel(channel) for channel in Channel},
        kinds=KINDS,
        wordings={name: word for name, word in WORDINGS.items() if name},
        after=AFTER,
        numbers=numbers,
        addresses=addresses,
        tomorrow=addresses.plan(rehearsal.day_of(None)),
    )


@router.get("/tables/{name}.csv")
def table(name: str, request: Request, db: Db, seat: Reader) -> Response:
    """A table of the page as a file. Raises `NotFound`, `InvalidInput`."""
    choice = Choice.read(request.query_params)
    with db.reading() as session:
        found = funnel.table(session, choice, name)
    with db.transaction() as session:
        audit.record(session, seat.agent, "outreach.exported", f"outreach:{name}", **choice.query())
    return _file(spreadsheets.of_table(found), name, choice)


@router.get("/rows.csv")
def rows_file(request: Request, db: Db, seat: Reader) -> Response:
    """All rows behind a number as a file. Raises `InvalidInput`, for more than 50,000 too."""
    part = listing.read(request.query_params)
    with db.reading() as session:
        count = part.count(session)
        if count > EXPORT_MOST:
            raise InvalidInput(f"These are more than {EXPORT_MOST:,} rows. Choose fewer days and try again.")
        text = spreadsheets.of_table(listing.as_table(part.all(session)))
    with db.transaction() as session:
        asked = {name: value for name, value in request.query_params.items() if name in ("state", "rule", "came")}
        detail = part.choice.query() | asked | {"rows": count}
        audit.record(session, seat.agent, "outreach.exported", "outreach:rows", **detail)
    return _file(text, "messages", part.choice)


@router.get("/rows")
def rows(request: Request, db: Db, seat: Reader) -> Response:
    """The rows behind a number. Raises `InvalidInput`."""
    part = listing.read(request.query_params)
    number = page_number(request.query_params.get("page"))
    with db.reading() as session:
        shown = listing.page(session, part, number)
    with db.transaction() as session:
        seen = sorted({str(row.customer_id) for row in shown.rows})
        audit.record(session, seat.agent, "outreach.rows", "outreach:rows", customers=seen)
    return page(
        "outreach_rows.html",
        seat=seat,
        part=part,
        choice=part.choice,
        page=shown,
        listing=listing,
        numbers=numbers,
        addresses=addresses,
        states=STATES,
        because=lambda row: numbers.NONE if row.rule == "may_go" else sentence(rule(row.rule)),
    )


@router.get("/plan")
def plan(request: Request, db: Db, seat: Reader) -> Response:
    """The dry run of a day, tomorrow unless another is asked for. Raises `InvalidInput`, `NotFound`."""
    day = rehearsal.day_of(request.query_params.get("on"))
    account = request.query_params.get("account", "").strip()[:64]
    shown = rehearsal.rehearse(db, day, account)
    with db.reading() as session:
        stopped = standstill.now(session)
    with db.transaction() as session:
        detail = {"on": day.isoformat(), "rows": len(shown.lines)}
        audit.record(session, seat.agent, "outreach.planned", "outreach", **detail)
    return page("outreach_plan.html", seat=seat, shown=shown, account=account, stopped=stopped, most=rehearsal.MOST)


def _file(text: str, name: str, choice: Choice) -> Response:
    called = f"good-terms-{name}-{choice.period.first}-{choice.period.last}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{called}"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
