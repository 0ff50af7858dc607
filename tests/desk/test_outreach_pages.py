"""The pages about outreach: who sees them, where numbers lead, the dry run, a pause for everybody, what is audited."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import pytest
import sqlalchemy as sa

from bot import clock as clocks
from bot.desk.outreach import routes
from bot.models import AuditEntry, Role
from bot.outreach import pauses
from bot.settings import settings
from tests import factories
from tests.conftest import SetClock
from tests.desk.desks import Desk, Visit
from tests.desk.insights.world import at
from tests.desk.outreach_world import DAYS, answers, reminder, sent, talk
from tests.outreach.reminded import SETTINGS, reminded

PAGES = [
    "/desk/outreach",
    f"/desk/outreach?{DAYS}",
    f"/desk/outreach/rows?{DAYS}",
    f"/desk/outreach/rows.csv?{DAYS}",
    f"/desk/outreach/tables/by-kind.csv?{DAYS}",
    "/desk/outreach/plan",
]
SENT = at("2026-03-03 10:00")


def read(visit: Visit, path: str) -> tuple[int, str]:
    """Status and body."""
    answer = visit.http.request("GET", path)
    return answer.status_code, answer.text


def some(desk: Desk) -> None:
    """A message that was answered, one that waits, one that was skipped."""
    with desk.db.transaction() as session:
        customer = factories.customer(session, account_number="GT-7", name="<b>Robin</b>")
        here = talk(session, customer)
        sent(session, customer, here, SENT)
        answers(session, here, SENT + dt.timedelta(hours=1))
        reminder(session, customer, SENT, status="waiting", rule="hours", settled_at=None, again_at=SENT)
        reminder(session, customer, SENT, rule="disputed")


def test_only_who_answers_for_others_sees_outreach(sqlite_desk: Desk) -> None:
    with sqlite_desk.db.transaction() as session:
        factories.agent(session, email="spe@example.com", role=Role.SPECIALIST)
    for email, status in (("ana@example.com", 403), ("spe@example.com", 403), ("sol@example.com", 200)):
        with sqlite_desk.visit(email) as visit:
            assert {read(visit, path)[0] for path in PAGES} == {status}, email
    with sqlite_desk.visit() as nobody:
        assert nobody.http.request("GET", PAGES[0]).status_code == 303


def test_every_link_of_the_page_leads_somewhere(desk: Desk, sol: Visit) -> None:
    some(desk)
    page = read(sol, f"/desk/outreach?{DAYS}&month=2026-03")[1]
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/desk/outreach/[^"]+)"', page)}
    assert len(links) > 25
    for link in links:
        status, body = read(sol, link)
        is_over = "/plan?" in link and dt.date.fromisoformat(link[-10:]) < clocks.today("America/New_York")
        assert status == (422 if is_over else 200), link
        assert "<b>Robin" not in body


def test_the_calendar_counts_each_day_and_leads_to_its_rows(desk: Desk, sol: Visit) -> None:
    some(desk)
    page = read(sol, f"/desk/outreach?{DAYS}")[1]
    day = page[page.index("Tuesday, March 3") :].split("</li>")[0]
    assert re.findall(r"<b>(\d+)</b> ([a-z ]+)</a>", day) == [("1", "went out"), ("1", "waiting"), ("1", "skipped")]
    link = re.search(r'class="count skipped" href="([^"]+)"', day)
    assert link
    assert "It is disputed (C9)" in read(sol, link[1].replace("&amp;", "&"))[1]


def test_pages_hold_no_inline_script_or_style(desk: Desk, sol: Visit) -> None:
    some(desk)
    for path in (PAGES[1], PAGES[2], PAGES[5]):
        assert not re.search(r"<script>|<script [^>]*>[^<]|<style|\bstyle=|\bon[a-z]+=", read(sol, path)[1])


def test_seeing_rows_and_taking_them_away_is_written_down(desk: Desk, sol: Visit) -> None:
    some(desk)
    for path in PAGES[1:]:
        assert read(sol, path)[0] == 200
    with desk.db.reading() as session:
        kept = list(
            session.scalars(
                sa.select(AuditEntry).where(AuditEntry.action.startswith("outreach.")).order_by(AuditEntry.id)
            )
        )
    assert [entry.action.removeprefix("outreach.") for entry in kept] == [
        "read", "rows", "exported", "exported", "planned",
    ]  # fmt: skip
    assert {entry.agent_id for entry in kept} == {desk.sol.id}
    assert len((kept[1].detail or {})["customers"]) == 1


def test_a_file_of_rows_holds_instants_and_accounts_and_no_name(desk: Desk, sol: Visit) -> None:
    some(desk)
    text = sol.http.request("GET", f"/desk/outreach/rows.csv?{DAYS}&state=sent").text
    heading, row = list(csv.reader(io.StringIO(text)))
    told = dict(zip(heading, row, strict=True))
    assert (told["At"], told["Account"]) == ("2026-03-03T15:00:00+00:00", "GT-7")
    assert (told["Delivered"], told["Answered"], told["Paid"], told["Promised"]) == ("1", "1", "0", "0")
    assert "Robin" not in text


def test_too_many_rows_for_a_file_are_refused_in_a_sentence(
    desk: Desk, sol: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "EXPORT_MOST", 1)
    some(desk)
    status, page = read(sol, f"/desk/outreach/rows.csv?{DAYS}")
    assert (status, "Choose fewer days" in page) == (422, True)


def test_an_address_that_makes_no_sense_is_told_so_in_a_page(desk: Desk, sol: Visit) -> None:
    table = [
        ("?from=tomorrow", 422),
        ("?after=8", 422),
        ("?kind=%3Cscript%3E", 422),
        ("?wording=%00", 422),
        ("?month=2026-13", 422),
        ("?month=9999-01", 422),
        ("/rows?state=gone", 422),
        ("/rows?rule=%27%22%3Cscript%3E", 422),
        ("/rows?came=never", 422),
        ("/rows?page=0", 422),
        ("/rows?page=9000", 200),
        ("/tables/nothing.csv", 404),
        ("/plan?on=tomorrow", 422),
        ("/plan?on=1999-01-01", 422),
        ("/plan?on=9999-12-31", 422),
        ("/plan?account=nobody", 404),
    ]
    for path, status in table:
        answer = sol.http.request("GET", f"/desk/outreach{path}")
        assert (answer.status_code, "<script>" in answer.text) == (status, False), path
        assert answer.headers["content-type"] == "text/html; charset=utf-8", path


def test_the_dry_run_says_who_would_get_what_and_what_is_held_back(
    desk: Desk, sol: Visit, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    with desk.db.transaction() as session:
        going = reminded(session, account_number="GT-81")
        factories.invoice(session, going, late=2)
        held = reminded(session, account_number="GT-82")
        factories.invoice(session, held, late=2, disputed=True)
    tomorrow = clocks.today("America/Chicago") + dt.timedelta(days=1)
    page = read(sol, f"/desk/outreach/plan?on={tomorrow}")[1]
    rows = {row[0]: row[1] for row in re.findall(r'<th scope="row">(GT-\d+)</th>(.*?)</tr>', page)}
    assert "Gentle follow-up on an invoice, 3 days after" in rows["GT-81"]
    assert ">Goes<" in rows["GT-81"]
    assert "SMS" in rows["GT-81"]
    assert "It is disputed (C9)" in rows["GT-82"]
    alone = read(sol, f"/desk/outreach/plan?on={tomorrow}&account=gt%2081")[1]
    assert ("GT-81" in alone, "GT-82" in alone) == (True, False)


def test_a_pause_for_everybody_is_told_with_its_reason_and_end(desk: Desk, sol: Visit) -> None:
    assert "Everything is paused" not in read(sol, "/desk/outreach")[1]
    with desk.db.transaction() as session:
        pauses.pause(session, None, reason="A wrong batch <i>of</i> invoices", agent=desk.sol)
    for path in (PAGES[0], PAGES[5]):
        page = read(sol, path)[1]
        assert "Nothing is begun with anybody, until somebody resumes it. Sol paused it" in page
        assert "A wrong batch &lt;i&gt;of&lt;/i&gt; invoices" in page
