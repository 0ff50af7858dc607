"""The pages: who sees them, what is written down, what a file holds, and what an address may not do."""

from __future__ import annotations

import csv
import io
import re

import pytest
import sqlalchemy as sa

from bot.desk.insights import routes
from bot.models import AuditEntry, Feedback, Role
from tests import factories
from tests.conftest import SetClock
from tests.desk.desks import Desk, Visit
from tests.desk.insights.world import at, conversation, handoff, says, talk

DAYS = "from=2026-03-02&to=2026-03-08&zone=America/New_York"
HOSTILE = "<script>alert(1)</script>"
PAGES = [
    "/desk/insights",
    f"/desk/insights?{DAYS}",
    f"/desk/insights/rows/talks?{DAYS}",
    f"/desk/insights/rows/talks.csv?{DAYS}",
    f"/desk/insights/tables/talks-by-week.csv?{DAYS}",
]


def read(visit: Visit, path: str) -> tuple[int, str]:
    """Status and body."""
    answer = visit.http.request("GET", path)
    return answer.status_code, answer.text


def entries(desk: Desk, action: str) -> list[AuditEntry]:
    """What was written down."""
    with desk.db.reading() as session:
        return list(session.scalars(sa.select(AuditEntry).where(AuditEntry.action == action)))


@pytest.mark.parametrize("path", PAGES)
def test_only_who_answers_for_others_sees_insights(sqlite_desk: Desk, path: str) -> None:
    with sqlite_desk.db.transaction() as session:
        factories.agent(session, email="spe@example.com", role=Role.SPECIALIST)
    for email, status in (("ana@example.com", 403), ("spe@example.com", 403), ("sol@example.com", 200)):
        with sqlite_desk.visit(email) as visit:
            assert read(visit, path)[0] == status, email
    with sqlite_desk.visit() as nobody:
        answer = nobody.http.request("GET", path)
        assert (answer.status_code, answer.headers["location"].split("=")[0]) == (303, "/desk/sign-in?next")


def test_the_page_shows_an_empty_period_and_one_row(desk: Desk, sol: Visit) -> None:
    status, page = read(sol, f"/desk/insights?{DAYS}")
    assert status == 200
    assert "Nothing in these days." in page
    assert 'role="img"' not in page
    with desk.db.transaction() as session:
        talk(session, at("2026-03-03 12:00"), "ask_due_date", "thank")
    status, page = read(sol, f"/desk/insights?{DAYS}")
    assert "100%" in page
    assert "1 of 1 talks that ended" in page


def test_every_link_of_the_page_leads_somewhere(desk: Desk, sol: Visit) -> None:
    with desk.db.transaction() as session:
        here = talk(session, at("2026-03-03 12:00"), "nlu_fallback", "thank")
        handoff(session, here, at("2026-03-03 12:05"), claimed=60, closed=600)
        session.add(Feedback(conversation_id=here.id, rating=5, given_at=at("2026-03-03 12:30")))
    page = read(sol, f"/desk/insights?{DAYS}")[1]
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/desk/insights/[^"]+)"', page)}
    assert len(links) > 30
    for link in links:
        assert read(sol, link)[0] == 200, link


def test_pages_hold_no_inline_script_or_style(desk: Desk, sol: Visit) -> None:
    with desk.db.transaction() as session:
        talk(session, at("2026-03-03 12:00"), "nlu_fallback")
    for path in PAGES[1:3]:
        page = read(sol, path)[1]
        assert not re.search(r"<script|<style|\bstyle=|\bon[a-z]+=", page)


def test_what_customers_wrote_is_text_on_the_page_and_in_no_file(desk: Desk, sol: Visit) -> None:
    with desk.db.transaction() as session:
        here = conversation(session)
        says(session, here, at("2026-03-03 12:00"), "nlu_fallback").text = HOSTILE
    page = read(sol, f"/desk/insights/rows/understanding?{DAYS}")[1]
    assert "&lt;script&gt;alert(1)" in page
    assert HOSTILE not in page
    assert "alert" not in read(sol, f"/desk/insights/rows/understanding.csv?{DAYS}")[1]


def test_seeing_rows_and_taking_them_away_is_written_down(desk: Desk, sol: Visit) -> None:
    with desk.db.transaction() as session:
        here = talk(session, at("2026-03-03 12:00"))
    for path in PAGES[1:]:
        assert read(sol, path)[0] == 200
    (seen,) = entries(desk, "insights.rows")
    assert (seen.agent_id, seen.subject) == (desk.sol.id, "insights:talks")
    assert seen.detail == {"conversations": [str(here.id)]}
    assert [entry.subject for entry in entries(desk, "insights.exported")] == [
        "insights:talks",
        "insights:talks-by-week",
    ]
    assert len(entries(desk, "insights.read")) == 1


def test_a_file_of_rows_holds_instants_and_ids(desk: Desk, sol: Visit) -> None:
    with desk.db.transaction() as session:
        here = conversation(session, locale="es-MX")
        handoff(session, here, at("2026-03-03 12:00"), "care", claimed=90)
    answer = sol.http.request("GET", f"/desk/insights/rows/claims.csv?{DAYS}")
    assert answer.headers["content-disposition"] == (
        'attachment; filename="good-terms-claims-2026-03-02-2026-03-08.csv"'
    )
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert list(csv.reader(io.StringIO(answer.text))) == [
        ["At", "Conversation", "Channel", "Language", "Claimed", "Skill", "After"],
        ["2026-03-03T17:00:00+00:00", str(here.id), "web", "es", "Yes", "care", "90"],
    ]


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_a_file_is_a_formula(desk: Desk, sol: Visit, formula: str) -> None:
    with desk.db.transaction() as session:
        says(session, conversation(session), at("2026-03-03 12:00"), formula, confidence=0.1)
    for path in ("rows/understanding", "tables/understanding"):
        text = sol.http.request("GET", f"/desk/insights/{path}.csv?{DAYS}").text
        cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
        assert f"'{formula}" in cells
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_too_many_rows_for_a_file_are_refused_in_a_sentence(
    desk: Desk, sol: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "EXPORT_MOST", 1)
    with desk.db.transaction() as session:
        for _ in range(2):
            talk(session, at("2026-03-03 12:00"))
    status, page = read(sol, f"/desk/insights/rows/talks.csv?{DAYS}")
    assert (status, "Choose fewer days" in page) == (422, True)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/desk/insights?from=tomorrow", 422),
        ("/desk/insights?zone=%00", 422),
        ("/desk/insights?channel=%3Cscript%3E", 422),
        ("/desk/insights/rows/nothing", 404),
        ("/desk/insights/rows/nothing.csv", 404),
        ("/desk/insights/rows/talks?part=%00", 422),
        ("/desk/insights/rows/talks?kind=%27%22%3Cscript%3E", 422),
        ("/desk/insights/rows/talks?page=0", 422),
        ("/desk/insights/rows/talks?page=99999999999999999999", 422),
        ("/desk/insights/rows/talks?page=%D9%A3", 422),
        ("/desk/insights/rows/talks?part=nothing-such", 200),
        ("/desk/insights/rows/talks?page=9000", 200),
        ("/desk/insights/tables/nothing.csv", 404),
        ("/desk/insights/tables/talks-by-moon.csv", 404),
    ],
)
def test_an_address_that_makes_no_sense_is_told_so_in_a_page(desk: Desk, sol: Visit, path: str, status: int) -> None:
    answer = sol.http.request("GET", path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script>" not in answer.text


def test_the_console_leads_supervisors_to_the_insights(sqlite_desk: Desk) -> None:
    with sqlite_desk.visit("sol@example.com") as sol, sqlite_desk.visit("ana@example.com") as ana:
        assert 'href="/desk/insights"' in read(sol, "/desk")[1]
        assert "/desk/insights" not in read(ana, "/desk")[1]


def test_weeks_and_clocks_are_those_of_the_chosen_zone(desk: Desk, sol: Visit, clock: SetClock) -> None:
    with desk.db.transaction() as session:
        talk(session, at("2026-03-08 23:30"))
    new_york = read(sol, f"/desk/insights/rows/talks?{DAYS}")[1]
    assert "Mar 8, 2026, 23:30" in new_york
    london = read(sol, "/desk/insights/rows/talks?from=2026-03-09&to=2026-03-09&zone=Europe/London")[1]
    assert "Mar 9, 2026, 03:30" in london
