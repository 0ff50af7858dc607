"""The second factor: set up on one's own page, asked for at sign-in, taken once, and of no help to who guesses."""

from __future__ import annotations

import base64
import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from bot.desk import auth
from bot.desk.door import second_factor
from bot.desk.door.seal import seal, unseal
from bot.errors import NotSignedIn, TooMany
from bot.models import Agent, AuditEntry, RecoveryCode, Role
from tests.conftest import SetClock
from tests.desk.desks import PASSWORD, Desk, Visit

ANA = "ana@example.com"


class Phone:
    """An authenticator app that has scanned the code."""

    def __init__(self, key: str, clock: SetClock) -> None:
        self._totp, self._clock = TOTP(base64.b32decode(key), 6, SHA1(), 30), clock

    def code(self, steps: int = 0) -> str:
        """What it shows now, or so many steps of 30 seconds away."""
        return self._totp.generate(int(self._clock.now().timestamp()) + steps * 30).decode()


def set_up(visit: Visit, clock: SetClock) -> tuple[Phone, list[str]]:
    """As on one's own page; the phone and the recovery codes."""
    assert visit.post("me/second-factor", {"password": PASSWORD}).status_code == 200
    page = visit.http.request("GET", "/desk/me").text
    found = re.search(r'class="key"[^>]*>([A-Z2-7 ]+)<', page)
    assert found
    phone = Phone(found[1].replace(" ", ""), clock)
    answer = visit.post("me/second-factor/confirm", {"code": phone.code()})
    assert answer.status_code == 200, answer.text
    clock.advance(seconds=30)
    codes: list[str] = answer.json()["recovery_codes"]
    return phone, codes


def sign_in(visit: Visit, code: str | None = None, password: str = PASSWORD, email: str = ANA) -> tuple[int, str]:
    """Status and error code of one attempt."""
    body = {"email": email, "password": password} | ({"code": code} if code is not None else {})
    answer = visit.post("session", body)
    return answer.status_code, answer.json().get("error", {}).get("code", "")


def test_with_a_second_factor_the_password_alone_does_not_let_in(ana_at: Visit, nobody: Visit, clock: SetClock) -> None:
    phone, _ = set_up(ana_at, clock)
    assert sign_in(nobody) == (401, "second_factor")
    assert "set-cookie" not in nobody.post("session", {"email": ANA, "password": PASSWORD}).headers
    assert sign_in(nobody, phone.code()) == (200, "")
    assert nobody.get("queue").status_code == 200


def test_without_one_signing_in_is_as_it_was(nobody: Visit) -> None:
    answer = nobody.post("session", {"email": ANA, "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json()["csrf_token"]
    assert answer.json()["due"] is None


def test_a_code_is_taken_once_and_no_older_one_after_it(ana_at: Visit, nobody: Visit, clock: SetClock) -> None:
    phone, _ = set_up(ana_at, clock)
    code = phone.code()
    assert sign_in(nobody, code)[0] == 200
    assert sign_in(nobody, code) == (401, "not_signed_in")
    assert sign_in(nobody, phone.code(-1)) == (401, "not_signed_in")
    clock.advance(seconds=30)
    assert sign_in(nobody, phone.code())[0] == 200


@pytest.mark.parametrize("kind", ["totp", "recovery"])
def test_of_many_who_bring_one_code_at_once_one_comes_in(desk: Desk, ana_at: Visit, clock: SetClock, kind: str) -> None:
    phone, codes = set_up(ana_at, clock)
    code = phone.code() if kind == "totp" else codes[0]

    def comes_in(number: int) -> bool:
        try:
            auth.sign_in(desk.db, email=ANA, password=PASSWORD, code=code, address=f"::{number}")
        except (NotSignedIn, TooMany):
            return False
        return True

    with ThreadPoolExecutor(4) as at_once:
        assert sorted(at_once.map(comes_in, range(4))) == [False, False, False, True]


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
def test_a_phone_may_be_half_a_minute_off(sqlite_desk: Desk, clock: SetClock, steps: int, status: int) -> None:
    with sqlite_desk.visit(ANA) as ana, sqlite_desk.visit() as nobody:
        phone, _ = set_up(ana, clock)
        clock.advance(minutes=5)
        assert sign_in(nobody, phone.code(steps))[0] == status


def test_the_code_that_confirmed_it_lets_nobody_in(ana_at: Visit, nobody: Visit, clock: SetClock) -> None:
    phone, _ = set_up(ana_at, clock)
    assert sign_in(nobody, phone.code(-1)) == (401, "not_signed_in")


def test_whatever_is_wrong_is_said_in_the_same_words(ana_at: Visit, nobody: Visit, clock: SetClock) -> None:
    phone, codes = set_up(ana_at, clock)
    assert sign_in(nobody, codes[0])[0] == 200
    clock.advance(minutes=1)

    def said(password: str, code: str, email: str = ANA) -> tuple[int, object]:
        answer = nobody.post("session", {"email": email, "password": password, "code": code})
        return answer.status_code, answer.json()

    wrong = said("not-her-password", phone.code())
    assert wrong[0] == 401
    for password, code in ((PASSWORD, "000000"), (PASSWORD, codes[0]), (PASSWORD, "xxxx-xxxx-xxxx"), (PASSWORD, "é")):
        clock.advance(hours=2)
        assert said(password, code) == wrong
    assert said(PASSWORD, phone.code(), "nobody@example.com") == wrong


def test_guessing_codes_has_to_wait_and_the_password_does_not_start_it_afresh(
    ana_at: Visit, nobody: Visit, clock: SetClock
) -> None:
    phone, _ = set_up(ana_at, clock)
    tried = []
    for _ in range(5):
        assert sign_in(nobody) == (401, "second_factor"), "asking for the code forgives no wrong one"
        tried.append(sign_in(nobody, "000000")[0])
    assert tried == [401] * 5
    assert sign_in(nobody, phone.code())[0] == 429, "the right code does not help while it waits"
    clock.advance(minutes=2)
    assert sign_in(nobody, phone.code())[0] == 200


def test_each_recovery_code_lets_in_once_however_it_is_typed(ana_at: Visit, nobody: Visit, clock: SetClock) -> None:
    _, codes = set_up(ana_at, clock)
    assert len(set(codes)) == 10
    assert sign_in(nobody, codes[0])[0] == 200
    assert sign_in(nobody, codes[0])[0] == 401
    assert sign_in(nobody, f" {codes[1].upper().replace('-', ' ')} ")[0] == 200
    assert "8 recovery codes left" in ana_at.http.request("GET", "/desk/me").text


def test_one_agents_recovery_code_is_nobody_elses(desk: Desk, ana_at: Visit, nobody: Visit, clock: SetClock) -> None:
    _, codes = set_up(ana_at, clock)
    with desk.visit("ben@example.com") as ben:
        set_up(ben, clock)
    assert sign_in(nobody, codes[0], email="ben@example.com")[0] == 401
    assert sign_in(nobody, codes[0])[0] == 200


def test_new_recovery_codes_make_the_old_worthless(ana_at: Visit, nobody: Visit, clock: SetClock) -> None:
    phone, old = set_up(ana_at, clock)
    answer = ana_at.post("me/recovery-codes", {"password": PASSWORD, "code": phone.code()})
    assert answer.status_code == 200
    assert sign_in(nobody, old[0])[0] == 401
    assert sign_in(nobody, answer.json()["recovery_codes"][0])[0] == 200


def test_neither_secret_nor_recovery_codes_can_be_read_in_the_database_or_the_log(
    desk: Desk, ana_at: Visit, clock: SetClock, capfd: pytest.CaptureFixture[str]
) -> None:
    assert ana_at.post("me/second-factor", {"password": PASSWORD}).status_code == 200
    with desk.db.reading() as session:
        key = second_factor.pending_key(session.get_one(Agent, desk.ana.id))
    assert key
    _, codes = set_up(ana_at, clock)
    with desk.db.reading() as session:
        stored = session.get_one(Agent, desk.ana.id).totp_secret or ""
        kept = session.scalars(sa.select(RecoveryCode.digest)).all()
        log = [str((entry.action, entry.subject, entry.detail)) for entry in session.scalars(sa.select(AuditEntry))]
    printed = capfd.readouterr()
    assert base64.b32decode(key) not in stored.encode()
    for text in (stored, *kept, *log, printed.out, printed.err):
        assert key not in text
        assert not any(code in text or code.replace("-", "") in text for code in codes)


def test_it_counts_only_once_confirmed(ana_at: Visit, nobody: Visit) -> None:
    ana_at.post("me/second-factor", {"password": PASSWORD})
    assert ana_at.post("me/second-factor/confirm", {"code": "000000"}).status_code == 422
    assert sign_in(nobody) == (200, "")


def test_the_picture_and_the_key_are_shown_only_while_it_is_set_up(ana_at: Visit, clock: SetClock) -> None:
    assert ana_at.http.request("GET", "/desk/me/second-factor.svg").status_code == 404
    ana_at.post("me/second-factor", {"password": PASSWORD})
    picture = ana_at.http.request("GET", "/desk/me/second-factor.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert picture.headers["cache-control"] == "no-store"
    assert "<svg" in picture.text
    assert not re.search(r"<script|style=|\bon\w+=", picture.text)
    set_up(ana_at, clock)
    assert ana_at.http.request("GET", "/desk/me/second-factor.svg").status_code == 404
    assert 'class="key"' not in ana_at.http.request("GET", "/desk/me").text
    assert ana_at.post("me/second-factor", {"password": PASSWORD}).status_code == 409


@pytest.mark.parametrize("path", ["me/second-factor/remove", "me/recovery-codes"])
def test_whoever_finds_the_desk_open_changes_nothing_without_password_and_code(
    ana_at: Visit, nobody: Visit, clock: SetClock, path: str
) -> None:
    def tried(password: str, code: str) -> httpx.Response:
        return ana_at.post(path, {"password": password, "code": code})

    phone, _ = set_up(ana_at, clock)
    assert tried("not-her-password", phone.code()).status_code == 403
    assert tried(PASSWORD, "000000").status_code == 403
    assert tried(PASSWORD, "").status_code == 403
    assert sign_in(nobody) == (401, "second_factor")
    clock.advance(minutes=1)
    assert tried(PASSWORD, phone.code()).status_code == 200


def test_setting_it_up_asks_for_the_password_and_guesses_at_it_wait(ana_at: Visit, clock: SetClock) -> None:
    tried = [ana_at.post("me/second-factor", {"password": "wrong"}).status_code for _ in range(6)]
    assert tried == [403] * 5 + [429]


def test_once_removed_no_code_is_asked_for(ana_at: Visit, nobody: Visit, clock: SetClock) -> None:
    phone, codes = set_up(ana_at, clock)
    ana_at.post("me/second-factor/remove", {"password": PASSWORD, "code": phone.code()})
    assert sign_in(nobody) == (200, "")
    set_up(ana_at, clock)
    assert sign_in(nobody, codes[0])[0] == 401, "codes of the one before are worth nothing"


def test_whose_role_needs_one_is_led_to_set_it_up_before_anything_else(
    desk: Desk, nobody: Visit, clock: SetClock
) -> None:
    with desk.db.transaction() as session:
        session.get_one(Agent, desk.ana.id).role = Role.ADMINISTRATOR
    signed_in = nobody.post("session", {"email": ANA, "password": PASSWORD})
    assert signed_in.json()["due"] == "second_factor"
    nobody.http.headers["X-CSRF-Token"] = signed_in.json()["csrf_token"]
    conversation_id = desk.waiting()
    for path in ("queue", "events", "agents", f"conversations/{conversation_id}"):
        assert nobody.get(path).json()["error"]["code"] == "sign_in_unfinished"
    assert nobody.post(f"conversations/{conversation_id}/claim").json()["error"]["code"] == "sign_in_unfinished"
    for page in ("/desk", "/desk/team", "/desk/audit", "/desk/audit.csv", f"/desk/conversations/{conversation_id}"):
        assert nobody.http.request("GET", page).headers["location"] == "/desk/me"
    set_up(nobody, clock)
    assert nobody.get("queue").status_code == 200
    assert nobody.http.request("GET", "/desk").status_code == 200


def test_what_was_sealed_opens_only_for_its_purpose_unchanged_and_in_time(clock: SetClock) -> None:
    sealed = seal("one", "secret")
    assert unseal("one", sealed, within_s=60) == "secret"
    assert unseal("two", sealed) is None
    assert unseal("one", sealed[:-4] + "AAA=") is None
    clock.set(clock.now() + dt.timedelta(seconds=61))
    assert unseal("one", sealed, within_s=60) is None
    assert unseal("one", sealed) == "secret"
