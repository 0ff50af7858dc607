"""Signing in, staying and leaving: passwords, sessions, and the slowing down of guesses."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from bot.desk import agents
from bot.desk.door import passwords
from bot.errors import Conflict, InvalidInput, NotFound
from bot.models import Agent, AgentSession, AuditEntry, Role, SignInThrottle
from tests.conftest import SetClock
from tests.desk.desks import PASSWORD, Desk, Visit


def sign_in(visit: Visit, email: str, password: str) -> tuple[int, object]:
    """Status and body of one attempt."""
    answer = visit.post("session", {"email": email, "password": password})
    return answer.status_code, answer.json()


def test_the_cookie_is_kept_from_scripts_other_sites_and_plain_http(nobody: Visit) -> None:
    answer = nobody.post("session", {"email": "Ana@Example.com ", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert answer.json()["csrf_token"]
    assert cookie.startswith("__host-goodterms_desk=")
    for part in ("httponly", "secure", "samesite=lax", "path=/", "max-age=43200"):
        assert part in cookie
    assert "domain" not in cookie


def test_neither_the_password_nor_the_cookie_is_stored(desk: Desk, nobody: Visit) -> None:
    assert sign_in(nobody, "ana@example.com", PASSWORD)[0] == 200
    token = nobody.http.cookies["__Host-goodterms_desk"]
    with desk.db.reading() as session:
        opened = session.scalars(sa.select(AgentSession)).one()
        assert opened.digest != token
        assert len(opened.digest) == 64
        assert session.get_one(Agent, desk.ana.id).password_hash.startswith("$argon2id$")


def test_the_answer_is_the_same_for_a_wrong_password_an_unknown_agent_and_one_who_has_left(
    desk: Desk, nobody: Visit, clock: SetClock
) -> None:
    with desk.db.transaction() as session:
        session.get_one(Agent, desk.ben.id).disabled_at = clock.now()
    wrong = sign_in(nobody, "ana@example.com", "not-her-password")
    assert wrong == sign_in(nobody, "nobody@example.com", PASSWORD) == sign_in(nobody, "ben@example.com", PASSWORD)
    assert wrong[0] == 401


@pytest.mark.parametrize("email", ["ana@example.com", "nobody@example.com"])
def test_after_five_failures_an_e_mail_waits_whether_or_not_it_is_an_agents(
    nobody: Visit, clock: SetClock, email: str
) -> None:
    assert [sign_in(nobody, email, "wrong-password")[0] for _ in range(7)] == [401] * 5 + [429] * 2
    refused = nobody.post("session", {"email": email.upper(), "password": PASSWORD})
    assert refused.status_code == 429, "the right password does not help while it waits"
    assert refused.headers["retry-after"] == "60"


def test_the_wait_grows_with_each_failure_and_ends(nobody: Visit, clock: SetClock) -> None:
    for _ in range(5):
        sign_in(nobody, "ana@example.com", "wrong-password")
    waits = []
    for _ in range(6):
        clock.advance(minutes=15)
        assert sign_in(nobody, "ana@example.com", "wrong-password")[0] == 401
        waits.append(int(nobody.post("session", {"email": "ana@example.com", "password": "x"}).headers["retry-after"]))
    assert waits == [120, 240, 480, 900, 900, 900]
    clock.advance(minutes=15)
    assert sign_in(nobody, "ana@example.com", PASSWORD)[0] == 200


def test_a_right_password_forgives_the_failures_before_it(nobody: Visit, clock: SetClock) -> None:
    for _ in range(3):
        assert [sign_in(nobody, "ana@example.com", "wrong")[0] for _ in range(4)] == [401] * 4
        assert sign_in(nobody, "ana@example.com", PASSWORD)[0] == 200


def test_an_address_that_guesses_at_many_agents_waits(nobody: Visit, clock: SetClock) -> None:
    tries = [sign_in(nobody, f"agent{number}@example.com", "wrong")[0] for number in range(31)]
    assert tries == [401] * 30 + [429]


def test_old_failures_are_forgotten_and_swept(desk: Desk, nobody: Visit, clock: SetClock) -> None:
    for _ in range(4):
        sign_in(nobody, "ben@example.com", "wrong")
    clock.advance(days=2)
    assert [sign_in(nobody, "ana@example.com", "wrong")[0] for _ in range(4)] == [401] * 4
    assert sign_in(nobody, "ana@example.com", PASSWORD)[0] == 200
    with desk.db.reading() as session:
        stale = session.scalars(sa.select(SignInThrottle).where(SignInThrottle.failures > 4)).all()
        assert stale == []
        assert session.scalar(sa.select(sa.func.count()).select_from(SignInThrottle)) == 2, "ana and the address"


def test_an_idle_session_ends_after_an_hour(ana_at: Visit, clock: SetClock) -> None:
    clock.advance(minutes=59)
    assert ana_at.get("queue", headers={"X-Background": "1"}).status_code == 200, "the page looks by itself"
    clock.advance(minutes=2)
    assert ana_at.get("queue").status_code == 401


def test_a_busy_session_ends_after_twelve_hours(ana_at: Visit, clock: SetClock) -> None:
    for _ in range(23):
        clock.advance(minutes=30)
        assert ana_at.get("queue").status_code == 200
    clock.advance(minutes=31)
    assert ana_at.get("queue").status_code == 401


def test_signing_out_makes_the_cookie_worthless(ana: Visit) -> None:
    cookies = dict(ana.http.cookies)
    assert ana.sign_out().status_code == 204
    ana.http.cookies.update(cookies)
    assert ana.get("queue").status_code == 401


def test_a_new_password_signs_out_everywhere(desk: Desk, ana: Visit, nobody: Visit) -> None:
    with desk.db.transaction() as session:
        agents.set_password(session, email="ana@example.com", password="another-kind-one")
    assert ana.get("queue").status_code == 401
    assert sign_in(nobody, "ana@example.com", PASSWORD)[0] == 401
    assert sign_in(nobody, "ana@example.com", "another-kind-one")[0] == 200


def test_an_agent_who_leaves_is_out_at_once(desk: Desk, ana: Visit, clock: SetClock) -> None:
    with desk.db.transaction() as session:
        session.get_one(Agent, desk.ana.id).disabled_at = clock.now()
    assert ana.get("queue").status_code == 401


def test_a_hash_of_older_parameters_is_renewed_at_sign_in(desk: Desk, nobody: Visit) -> None:
    with desk.db.transaction() as session:
        session.get_one(Agent, desk.ana.id).password_hash = PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD)
    assert sign_in(nobody, "ana@example.com", PASSWORD)[0] == 200
    with desk.db.reading() as session:
        renewed = session.get_one(Agent, desk.ana.id).password_hash
    assert not passwords.outdated(renewed)
    assert passwords.matches(renewed, PASSWORD)


def test_who_signed_in_and_who_failed_is_on_record(desk: Desk, nobody: Visit) -> None:
    sign_in(nobody, "ana@example.com", "wrong")
    sign_in(nobody, "ana@example.com", PASSWORD)
    with desk.db.reading() as session:
        entries = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action.like("sign_in%")).order_by(AuditEntry.id)
        )
        assert [(entry.action, entry.agent_id) for entry in entries] == [
            ("sign_in.failed", desk.ana.id),
            ("sign_in", desk.ana.id),
        ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "no-at-sign"},
        {"email": "two words@example.com"},
        {"name": " "},
        {"role": "king"},
        {"password": "short"},
        {"password": "x" * 1025},
    ],
)
def test_an_agent_with_a_fault_is_refused(desk: Desk, wrong: dict[str, str]) -> None:
    right = {"email": "dee@example.com", "name": "Dee", "role": Role.AGENT, "password": "long-enough-words"}
    with pytest.raises(InvalidInput), desk.db.transaction() as session:
        agents.add_agent(session, **(right | wrong))


def test_an_e_mail_belongs_to_one_agent(desk: Desk) -> None:
    with pytest.raises(Conflict), desk.db.transaction() as session:
        agents.add_agent(session, email=" ANA@example.com", name="Ana", role=Role.AGENT, password="long-enough-words")
    with pytest.raises(NotFound), desk.db.transaction() as session:
        agents.set_password(session, email="who@example.com", password="long-enough-words")
