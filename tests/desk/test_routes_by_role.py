"""Every call of the desk, whichever is added: refused to a session that has ended or is not finished, and every write
to whoever does not hold the session's own token on a page of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from bot import clock as ours
from bot.desk import access, agents, auth, roles
from bot.desk.door import sessions
from bot.models import Agent, AgentSession, AuditEntry, Role
from tests.conftest import SetClock
from tests.desk.desks import Desk, Visit
from tests.desk.test_access import calls, code, made

WRITING = ("POST ", "PUT ", "PATCH ", "DELETE ")


@pytest.fixture
def desk(sqlite_desk: Desk) -> Desk:
    """Who is let in is settled before the database matters."""
    return sqlite_desk


def guarded(desk: Desk) -> list[str]:
    """Every call that asks who one is."""
    return [call for call in calls(desk) if roles.LEAST[call] is not None]


def is_shut_out(call: str, visit: Visit) -> None:
    """A page leads to the door, and comes back here; all else says that one is not signed in."""
    answer = made(call, visit)
    if call.startswith("GET /desk"):
        assert answer.status_code == 303, call
        assert answer.headers["location"].startswith("/desk/sign-in?next=/desk"), call
    else:
        assert code(answer) == (401, "not_signed_in"), call


def no_longer_seen(_: Desk, clock: SetClock) -> None:
    clock.advance(seconds=auth.IDLE.total_seconds() + 1)


def too_long_at_it(desk: Desk, clock: SetClock) -> None:
    with desk.db.transaction() as session:
        for opened in session.scalars(sa.select(AgentSession)):
            opened.created_at = clock.now() - auth.LONGEST
            opened.expires_at = clock.now()


def signed_out_by_another(desk: Desk, _: SetClock) -> None:
    with desk.db.transaction() as session:
        sessions.end_all(session, session.get_one(Agent, desk.sol.id))


def disabled(desk: Desk, _: SetClock) -> None:
    with desk.db.transaction() as session:
        agents.disable(session, "sol@example.com")


@pytest.mark.parametrize("end", [no_longer_seen, too_long_at_it, signed_out_by_another, disabled])
def test_a_session_that_has_ended_opens_nothing(
    desk: Desk, clock: SetClock, end: Callable[[Desk, SetClock], None]
) -> None:
    with desk.visit("sol@example.com", role=Role.ADMINISTRATOR) as visit:
        assert visit.get("queue").status_code == 200
        end(desk, clock)
        for call in guarded(desk):
            is_shut_out(call, visit)


@pytest.mark.parametrize("cookie", ["", "forged", "%00", "a" * 5_000])
def test_no_made_up_cookie_opens_anything(desk: Desk, nobody: Visit, cookie: str) -> None:
    nobody.http.cookies.set(access.cookie_name(), cookie)
    for call in guarded(desk):
        is_shut_out(call, nobody)


@pytest.fixture(params=["password", "second_factor"])
def unfinished(request: pytest.FixtureRequest, desk: Desk) -> Iterator[Visit]:
    """An administrator who is signed in and has something to do first."""
    with desk.visit("sol@example.com", role=Role.ADMINISTRATOR) as visit:
        with desk.db.transaction() as session:
            sol = session.get_one(Agent, desk.sol.id)
            if request.param == "password":
                sol.temporary_until = ours.now() + agents.TEMPORARY
            else:
                sol.totp_confirmed_at = None
        yield visit


def test_who_has_something_to_do_first_reaches_only_that(desk: Desk, unfinished: Visit) -> None:
    for call in sorted(guarded(desk), key=lambda each: each.endswith("/session")):
        answer = made(call, unfinished)
        if call in roles.UNFINISHED:
            assert answer.status_code in (200, 204, 403, 404, 409, 422), call
            assert "sign_in_unfinished" not in answer.text, call
        elif call.startswith("GET /desk"):
            assert (answer.status_code, answer.headers.get("location")) == (303, "/desk/me"), call
        else:
            assert code(answer) == (403, "sign_in_unfinished"), call


def test_no_call_writes_without_the_sessions_own_token(desk: Desk, ana: Visit) -> None:
    with desk.visit("sol@example.com", role=Role.ADMINISTRATOR) as visit:
        own, before = visit.http.headers.pop("X-CSRF-Token"), written(desk)
        for call in guarded(desk):
            if not call.startswith(WRITING):
                continue
            for token in (None, "", own + "x", own.swapcase(), ana.http.headers["X-CSRF-Token"]):
                visit.http.headers.update({"X-CSRF-Token": token} if token is not None else {})
                assert code(made(call, visit)) == (403, "not_allowed"), (call, token)
            del visit.http.headers["X-CSRF-Token"]
        assert written(desk) == before


@pytest.mark.parametrize("header", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_no_other_site_writes_by_any_call(desk: Desk, header: dict[str, str]) -> None:
    with desk.visit("sol@example.com", role=Role.ADMINISTRATOR) as visit:
        before = written(desk)
        visit.http.headers.update(header)
        for call in calls(desk):
            if call.startswith(WRITING):
                assert code(made(call, visit)) == (403, "not_allowed"), call
        assert written(desk) == before


def written(desk: Desk) -> int:
    """How much the audit log holds of what was done."""
    with desk.db.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) or 0
