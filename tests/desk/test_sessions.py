"""Sessions: seen on one's own page and by supervisors, ended there, and ended by whatever should end them."""

from __future__ import annotations

import re
import uuid

import pytest
import sqlalchemy as sa

from bot.desk import agents
from bot.desk.door import device
from bot.errors import Conflict
from bot.models import AgentSession, AuditEntry, Role
from tests.conftest import SetClock
from tests.desk.desks import PASSWORD, Desk, Visit

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def signed_in(visit: Visit, email: str = "ana@example.com", user_agent: str = FIREFOX) -> None:
    """By the form, as from that browser."""
    answer = visit.post("session", {"email": email, "password": PASSWORD}, headers={"User-Agent": user_agent})
    assert answer.status_code == 200
    visit.http.headers["X-CSRF-Token"] = answer.json()["csrf_token"]


def removals(visit: Visit) -> list[str]:
    """What the page's buttons would end."""
    return re.findall(r'data-remove="([^"]+)"', visit.http.request("GET", "/desk/me").text)


def remove(visit: Visit, path: str, **options: object) -> int:
    """Status of one press of such a button."""
    return visit.http.request("DELETE", f"/api/desk/{path}", **options).status_code


def test_an_agent_sees_where_they_are_signed_in_and_signs_out_there(ana: Visit, nobody: Visit) -> None:
    signed_in(nobody)
    page = ana.http.request("GET", "/desk/me").text
    assert "Firefox on Windows" in page
    assert page.count("this one") == 1
    [other] = removals(ana)
    assert remove(ana, other) == 204
    assert nobody.get("queue").status_code == 401
    assert ana.get("queue").status_code == 200
    assert remove(ana, other) == 404


def test_nobody_ends_a_session_that_is_not_theirs(ana: Visit, ben: Visit, nobody: Visit) -> None:
    signed_in(nobody)
    [anas] = removals(ana)
    assert remove(ben, anas) == 404
    assert remove(ana, anas, headers={"X-CSRF-Token": "forged"}) == 403
    assert remove(ana, f"me/sessions/{uuid.uuid4()}") == 404
    assert nobody.get("queue").status_code == 200


def test_a_session_that_ended_is_not_listed(ana_at: Visit, nobody: Visit, clock: SetClock) -> None:
    signed_in(nobody)
    clock.advance(minutes=50)
    ana_at.get("queue")
    clock.advance(minutes=20)
    assert removals(ana_at) == []


def test_a_supervisor_signs_somebody_out_everywhere(desk: Desk, ana: Visit, nobody: Visit, sol: Visit) -> None:
    signed_in(nobody)
    page = sol.http.request("GET", "/desk/team").text
    assert "Firefox on Windows" in page
    assert remove(sol, f"agents/{desk.ana.id}/sessions") == 204
    assert (ana.get("queue").status_code, nobody.get("queue").status_code) == (401, 401)
    with desk.db.reading() as session:
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "agent.signed_out")).one()
    assert (entry.agent_id, entry.subject, entry.detail) == (desk.sol.id, f"agent:{desk.ana.id}", {"sessions": 2})


def test_a_supervisor_does_not_sign_out_an_administrator(desk: Desk, sol: Visit) -> None:
    with desk.visit("ana@example.com", role=Role.ADMINISTRATOR) as ana:
        assert remove(sol, f"agents/{desk.ana.id}/sessions") == 403
        assert f"agents/{desk.ana.id}/sessions" not in sol.http.request("GET", "/desk/team").text
        assert remove(sol, f"agents/{uuid.uuid4()}/sessions") == 404
        assert remove(ana, f"agents/{desk.sol.id}/sessions") == 204
    assert sol.get("queue").status_code == 401


def test_another_password_ends_every_session_and_this_browser_goes_on_with_a_new_one(ana: Visit, nobody: Visit) -> None:
    signed_in(nobody)
    cookies = dict(ana.http.cookies)
    answer = ana.post("me/password", {"password": PASSWORD, "new": "other-kind-words"})
    assert answer.status_code == 200
    assert nobody.get("queue").status_code == 401
    assert ana.get("queue").status_code == 200
    ana.http.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    assert ana.sign_out().status_code == 204
    ana.http.cookies.update(cookies)
    assert ana.get("queue").status_code == 401, "the old cookie"
    assert nobody.post("session", {"email": "ana@example.com", "password": PASSWORD}).status_code == 401
    assert nobody.post("session", {"email": "ana@example.com", "password": "other-kind-words"}).status_code == 200


@pytest.mark.parametrize(
    ("now", "new", "status"),
    [("wrong", "other-kind-words", 403), (PASSWORD, "short", 422), (PASSWORD, PASSWORD, 422)],
)
def test_a_password_is_not_changed_without_the_old_one_or_to_a_poor_or_the_same_one(
    ana: Visit, nobody: Visit, now: str, new: str, status: int
) -> None:
    assert ana.post("me/password", {"password": now, "new": new}).status_code == status
    assert nobody.post("session", {"email": "ana@example.com", "password": PASSWORD}).status_code == 200


def test_an_operators_change_ends_every_session(desk: Desk, ana: Visit, ben: Visit) -> None:
    with desk.db.transaction() as session:
        agents.disable(session, "ana@example.com")
        agents.change_role(session, "ben@example.com", Role.SPECIALIST)
    assert (ana.get("queue").status_code, ben.get("queue").status_code) == (401, 401)
    with desk.db.reading() as session:
        assert None not in session.scalars(sa.select(AgentSession.revoked_at)).all()


def test_a_temporary_password_is_changed_before_anything_else_and_works_three_days(
    desk: Desk, nobody: Visit, clock: SetClock
) -> None:
    with desk.db.transaction() as session:
        agents.set_password(session, email="ana@example.com", password="a-word-for-once", temporary=True)
    body = {"email": "ana@example.com", "password": "a-word-for-once"}
    answer = nobody.post("session", body)
    assert answer.json()["due"] == "password"
    nobody.http.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    assert nobody.get("queue").json()["error"]["code"] == "sign_in_unfinished"
    assert nobody.http.request("GET", "/desk").headers["location"] == "/desk/me"
    assert "please choose your own" in nobody.http.request("GET", "/desk/me").text
    changed = nobody.post("me/password", {"password": "a-word-for-once", "new": "her-own-kind-words"})
    assert changed.status_code == 200
    assert nobody.get("queue").status_code == 200
    with desk.db.transaction() as session:
        agents.set_password(session, email="ana@example.com", password="a-word-for-once", temporary=True)
    clock.advance(days=3, seconds=1)
    assert nobody.post("session", body).status_code == 401


def test_what_is_so_already_is_said(desk: Desk) -> None:
    for change in (
        lambda session: agents.enable(session, "ana@example.com"),
        lambda session: agents.change_role(session, "ana@example.com", Role.AGENT),
        lambda session: agents.remove_second_factor(session, "ana@example.com"),
    ):
        with pytest.raises(Conflict), desk.db.transaction() as session:
            change(session)


@pytest.mark.parametrize(
    ("user_agent", "said"),
    [
        (FIREFOX, "Firefox on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.5 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 "
            "Safari/537.36 Edg/138.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile "
            "Safari/537.36",
            "Chrome on Android",
        ),
        ("curl/8.5.0", "A program"),
        ("<script>alert(1)</script>", "A program"),
        (None, "A program"),
    ],
)
def test_a_browser_is_called_by_a_few_words(user_agent: str | None, said: str) -> None:
    assert device.words(user_agent) == said
