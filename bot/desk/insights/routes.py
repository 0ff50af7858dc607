"""The pages under `/desk/insights`, for supervisors (`roles.LEAST`). Lists and files are audited before they leave."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response

from bot.desk import audit
from bot.desk.access import Db, Reader
from bot.desk.insights import addresses, listing, numbers, overview, spreadsheets
from bot.desk.insights.filters import Filters
from bot.desk.insights.listing import Cut
from bot.desk.page import PageRoute, page
from bot.errors import InvalidInput, NotFound
from bot.models import Channel

EXPORT_MOST = 50_000


class InsightsRoute(PageRoute):
    """A page that says in a sentence what was wrong with its address, and leads back."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What serves the page."""
        serve = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await serve(request)
            except (InvalidInput, NotFound) as error:
                return page("insights_problem.html", status=error.status, message=error.message)

        return told


router = APIRouter(prefix="/desk/insights", route_class=InsightsRoute, include_in_schema=False)


@router.get("")
def insights(request: Request, db: Db, seat: Reader) -> Response:
    """Every number, for what the address chooses; what cannot be read is said, beside the usual choice."""
    problem = None
    try:
        filters = Filters.read(request.query_params)
    except InvalidInput as error:
        filters, problem = Filters.usual(), error.message
    with db.reading() as session:
        sections = [] if problem else overview.overview(session, filters)
    with db.transaction() as session:
        audit.record(session, seat.agent, "insights.read", "insights", **filters.query())
    return page(
        "insights.html",
        status=422 if problem else 200,
        seat=seat,
        filters=filters,
        sections=sections,
        problem=problem,
        channels={channel: numbers.channel(channel) for channel in Channel},
        numbers=numbers,
        addresses=addresses,
    )


@router.get("/tables/{name}.csv")
def table(name: str, request: Request, db: Db, seat: Reader) -> Response:
    """A table of the page as a file. Raises `NotFound`, `InvalidInput`."""
    filters = Filters.read(request.query_params)
    with db.reading() as session:
        found = overview.table(session, filters, name)
    with db.transaction() as session:
        audit.record(session, seat.agent, "insights.exported", f"insights:{name}", **filters.query())
    return _file(spreadsheets.of_table(found), name, filters)


@router.get("/rows/{name}.csv")
def rows_file(name: str, request: Request, db: Db, seat: Reader) -> Response:
    """All rows behind a number as a file. Raises `NotFound`, and `InvalidInput` for more than 50,000."""
    cut = Cut.read(name, request.query_params)
    with db.reading() as session:
        facts = cut.facts(session)
        count = facts.count(session)
        if count > EXPORT_MOST:
            raise InvalidInput(f"These are more than {EXPORT_MOST:,} rows. Choose fewer days and try again.")
        text = spreadsheets.of_rows(cut.topic, facts.all(session))
    with db.transaction() as session:
        asked = cut.filters.query() | {"part": ",".join(cut.parts), "kind": cut.kind, "rows": count}
        audit.record(session, seat.agent, "insights.exported", f"insights:{name}", **asked)
    return _file(text, name, cut.filters)


@router.get("/rows/{name}")
def rows(name: str, request: Request, db: Db, seat: Reader) -> Response:
    """The rows behind a number. Raises `NotFound`, `InvalidInput`."""
    cut = Cut.read(name, request.query_params)
    number = listing.page_number(request.query_params.get("page"))
    with db.reading() as session:
        shown = listing.page(session, cut, number)
    with db.transaction() as session:
        seen = sorted({str(fact.conversation_id) for fact in shown.facts if fact.conversation_id})
        audit.record(session, seat.agent, "insights.rows", f"insights:{name}", conversations=seen)
    return page(
        "insights_rows.html",
        seat=seat,
        cut=cut,
        page=shown,
        when=listing.when,
        numbers=numbers,
        addresses=addresses,
    )


def _file(text: str, name: str, filters: Filters) -> Response:
    period = filters.period
    called = f"good-terms-{name}-{period.first}-{period.last}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{called}"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
