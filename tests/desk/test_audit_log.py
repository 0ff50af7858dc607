"""The audit log: looked through by supervisors, exported whole, changed by nobody."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from bot.desk import audit, audit_log
from bot.models import Agent, AuditEntry
from tests.conftest import SetClock
from tests.desk.desks import Desk, Visit

ONE, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)


def write(desk: Desk, *entries: tuple[Agent | None, str, str]) -> None:
    """So many entries, one after the other."""
    for agent, action, subject in entries:
        with desk.db.transaction() as session:
            audit.record(session, agent, action, subject)


def page(visit: Visit, **asked: str) -> str:
    """The page for a form that was filled so."""
    answer = visit.http.request("GET", "/desk/audit", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.text


def acts(text: str) -> list[str]:
    """What was done, in the page's order."""
    return re.findall(r'<td class="did"><code>([a-z_.]+)</code></td>', text)


def rows(visit: Visit, **asked: str) -> list[list[str]]:
    """The same as a file."""
    answer = visit.http.request("GET", "/desk/audit.csv", params=asked)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment")
    return list(csv.reader(io.StringIO(answer.text)))


def test_it_is_found_by_agent_act_conversation_and_day(desk: Desk, sol: Visit, clock: SetClock) -> None:
    write(
        desk,
        (desk.ana, "conversation.read", audit.conversation(ONE)),
        (desk.ana, "conversation.claim", audit.conversation(ONE)),
        (desk.ben, "conversation.read", audit.conversation(OTHER)),
        (desk.ben, "conversations", "x"),
    )
    assert acts(page(sol, agent=str(desk.ana.id))) == ["conversation.claim", "conversation.read"]
    assert acts(page(sol, act="conversation.claim")) == ["conversation.claim"]
    assert acts(page(sol, act="conversation", agent=str(desk.ben.id))) == ["conversation.read"]
    assert acts(page(sol, conversation=str(OTHER))) == ["conversation.read"]
    clock.set(dt.datetime(2026, 3, 5, 4, 30, tzinfo=dt.UTC))
    write(desk, (desk.ana, "late.evening", "x"))
    clock.advance(minutes=31)
    write(desk, (desk.ana, "next.day", "x"))
    assert acts(page(sol, day="2026-03-04", agent=str(desk.ana.id))) == ["late.evening"], "the desk's own day"
    assert acts(page(sol, day="2026-03-05", agent=str(desk.ana.id))) == ["next.day"]


def test_a_long_log_is_read_page_by_page_without_gap_or_repetition(desk: Desk, sol: Visit) -> None:
    write(desk, *((desk.ana, f"act.{'abcdefghij'[n // 10]}{'abcdefghij'[n % 10]}", "x") for n in range(75)))
    seen, text = [], page(sol, agent=str(desk.ana.id))
    while True:
        seen += acts(text)
        older = re.search(r'href="(/desk/audit\?[^"]+)" rel="next"', text)
        if older is None:
            break
        text = sol.http.request("GET", older[1].replace("&amp;", "&")).text
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 75


def test_the_file_holds_all_that_matches_and_more_than_a_page(
    desk: Desk, sol: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "CHUNK", 7)
    write(desk, *((desk.ana, "conversation.read", audit.conversation(ONE)) for _ in range(20)), (desk.ben, "x.y", "z"))
    head, *found = rows(sol, agent=str(desk.ana.id))
    assert head == list(audit_log.COLUMNS)
    assert len(found) == 20
    assert {(row[1], row[3], row[4]) for row in found} == {("Ana", "conversation.read", audit.conversation(ONE))}
    assert len({row[6] for row in found}) == 20


def test_a_name_is_neither_markup_nor_a_formula(desk: Desk, sol: Visit) -> None:
    with desk.db.transaction() as session:
        session.get_one(Agent, desk.ana.id).name = "=HYPERLINK(<script>)"
    write(desk, (desk.ana, "conversation.read", "<script>alert(1)</script>"))
    assert "<script>" not in page(sol)
    assert "&lt;script&gt;" in page(sol)
    assert rows(sol, agent=str(desk.ana.id))[1][1].startswith("'=")


@pytest.mark.parametrize(
    "asked", [{"agent": "x"}, {"conversation": "1 OR 1=1"}, {"day": "yesterday"}, {"day": "9999-12-31"}]
)
def test_what_cannot_be_looked_for_is_said(sol: Visit, asked: dict[str, str]) -> None:
    answer = sol.http.request("GET", "/desk/audit", params=asked)
    assert answer.status_code == 422
    assert "Back to the desk" in answer.text


def test_a_mark_that_means_anything_means_itself(desk: Desk, sol: Visit) -> None:
    write(desk, (desk.ana, "conversation.read", "x"))
    for act in ("%", "conversation_", "c%"):
        assert acts(page(sol, act=act, agent=str(desk.ana.id))) == []


def test_looking_is_itself_written_down(desk: Desk, sol: Visit) -> None:
    page(sol, act="sign_in")
    rows(sol)
    with desk.db.reading() as session:
        mine = sa.select(AuditEntry).where(AuditEntry.subject == "audit_log").order_by(AuditEntry.id)
        assert [(entry.agent_id, entry.action, entry.detail) for entry in session.scalars(mine)] == [
            (desk.sol.id, "audit.read", {"sought": {"act": "sign_in"}}),
            (desk.sol.id, "audit.exported", None),
        ]


@pytest.mark.parametrize("change", [sa.update(AuditEntry).values(action="x"), sa.delete(AuditEntry)])
def test_nobody_changes_or_deletes_an_entry(desk: Desk, change: sa.Executable) -> None:
    write(desk, (desk.ana, "conversation.read", "x"))
    with pytest.raises(DBAPIError, match="append-only"), desk.db.transaction() as session:
        session.execute(change)
