"""Single sign-on against a real provider on loopback: who comes in, and every token that proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import sqlalchemy as sa
from joserfc.jwk import OctKey, RSAKey

from bot.errors import GoodTermsError
from bot.models import Agent, AgentSession, AuditEntry, Role
from bot.settings import settings
from tests.conftest import SetClock
from tests.desk.desks import PASSWORD, Desk, Visit, served
from tests.desk.identity_provider import CLIENT, SECRET, IdentityProvider

START, BACK = "/desk/sign-in/sso", "/desk/sign-in/sso/back"


@pytest.fixture
def desk(sqlite_desk: Desk) -> Desk:
    """Who is let in is settled before the database matters."""
    return sqlite_desk


@pytest.fixture
def provider(sqlite_db: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityProvider]:
    """The provider, served, and in the settings."""
    running = IdentityProvider()
    with served(running.app) as url:
        running.issuer = url
        given(monkeypatch, GT_OIDC_ISSUER=url, GT_OIDC_CLIENT_ID=CLIENT, GT_OIDC_CLIENT_SECRET=SECRET)
        yield running


def given(monkeypatch: pytest.MonkeyPatch, **environment: str) -> None:
    """These settings from now on."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()


def start(visit: Visit, next_: str = "/desk") -> str:
    """Where the browser is sent."""
    answer = visit.http.request("GET", START, params={"next": next_})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def back(visit: Visit, query: str) -> httpx.Response:
    """What the desk says to a browser that comes back with `query`."""
    return visit.http.request("GET", f"{BACK}?{query}")


def way(visit: Visit, provider: IdentityProvider, next_: str = "/desk") -> httpx.Response:
    """There and back."""
    return back(visit, provider.authorize(start(visit, next_)))


def agent(desk: Desk, email: str = "ana@example.com") -> Agent | None:
    """As they are now."""
    with desk.db.reading() as session:
        return session.scalars(sa.select(Agent).where(Agent.email == email)).one_or_none()


def refused(desk: Desk, visit: Visit, answer: httpx.Response) -> str:
    """It was; why, by the log."""
    assert answer.status_code == 403, answer.headers
    assert "Back to the desk" in answer.text
    assert "__Host-goodterms_desk" not in answer.headers.get("set-cookie", "")
    assert visit.get("queue").status_code == 401
    with desk.db.reading() as session:
        assert session.scalars(sa.select(AgentSession)).all() == []
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "sign_in.refused")).one()
        return str((entry.detail or {})["why"])


def test_an_agent_comes_in_and_is_led_to_where_they_wanted(
    desk: Desk, nobody: Visit, provider: IdentityProvider
) -> None:
    answer = way(nobody, provider, "/desk/conversations/abc")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/conversations/abc")
    cookie = next(each for each in answer.headers.get_list("set-cookie") if each.startswith("__Host-goodterms_desk="))
    for part in ("httponly", "secure", "samesite=lax", "path=/"):
        assert part in cookie.lower()
    assert nobody.get("queue").status_code == 200
    assert "by single sign-on" in nobody.http.request("GET", "/desk/me").text


def test_the_way_there_carries_state_nonce_and_challenge_of_its_own(nobody: Visit, provider: IdentityProvider) -> None:
    first, second = (parse_qs(urlsplit(start(nobody)).query) for _ in range(2))
    assert first["redirect_uri"] == ["https://pay.example/desk/sign-in/sso/back"]
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
        assert len(first[name][0]) >= 43
    assert SECRET not in str(first)


@pytest.mark.parametrize("next_", ["https://evil.example", "//evil.example", "/shop"])
def test_the_way_leads_nowhere_but_to_the_desk(nobody: Visit, provider: IdentityProvider, next_: str) -> None:
    assert way(nobody, provider, next_).headers["location"] == "/desk"


def test_without_its_settings_there_is_no_single_sign_on(nobody: Visit) -> None:
    assert nobody.http.request("GET", START).status_code == 404
    assert nobody.http.request("GET", BACK, params={"code": "x", "state": "x"}).status_code == 404
    assert "through your company" not in nobody.http.request("GET", "/desk/sign-in").text


def test_with_them_the_door_offers_it(nobody: Visit, provider: IdentityProvider) -> None:
    assert 'href="/desk/sign-in/sso?next=/desk"' in nobody.http.request("GET", "/desk/sign-in").text
    assert nobody.post("session", {"email": "ana@example.com", "password": PASSWORD}).status_code == 200


LIES: dict[str, Callable[[IdentityProvider], object]] = {
    "another nonce": lambda p: p.claims.update(nonce="another"),
    "no nonce": lambda p: p.claims.update(nonce=None),
    "another audience": lambda p: p.claims.update(aud="another-client"),
    "another audience beside ours, and no party": lambda p: p.claims.update(aud=[CLIENT, "another-client"]),
    "another party": lambda p: p.claims.update(aud=[CLIENT, "another"], azp="another"),
    "no audience": lambda p: p.claims.update(aud=None),
    "another issuer": lambda p: p.claims.update(iss="https://accounts.example"),
    "no issuer": lambda p: p.claims.update(iss=None),
    "expired": lambda p: p.claims.update(exp=1_700_000_000),
    "no end": lambda p: p.claims.update(exp=None),
    "an end that is no time": lambda p: p.claims.update(exp="tomorrow"),
    "from the future": lambda p: p.claims.update(iat=4_000_000_000, exp=4_000_000_300),
    "not yet valid": lambda p: p.claims.update(nbf=4_000_000_000),
    "nobody": lambda p: p.claims.update(sub=None),
    "another access token": lambda p: p.claims.update(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "unsigned": lambda p: setattr(p, "unsigned", True),
    "signed by somebody else": lambda p: setattr(p, "key", RSAKey.generate_key(2048, {"kid": "one"})),
    "signed with our own secret": lambda p: (
        setattr(p, "key", OctKey.import_key(SECRET)), setattr(p, "algorithm", "HS256"),
    ),
    "an address that nobody checked": lambda p: p.claims.update(email_verified=False),
    "an address of which nothing is said": lambda p: p.claims.update(email_verified=None),
    "no address": lambda p: p.claims.update(email=None),
    "a stranger": lambda p: p.claims.update(email="stranger@example.com"),
    "discovery of another issuer": lambda p: p.discovered.update(issuer="https://accounts.example"),
    "a token fetched in the clear": lambda p: p.discovered.update(token_endpoint="http://accounts.example/token"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_token_that_does_not_hold_lets_nobody_in(
    desk: Desk, nobody: Visit, provider: IdentityProvider, lie: str
) -> None:
    address = start(nobody)
    LIES[lie](provider)
    refused(desk, nobody, back(nobody, provider.authorize(address)))


def test_a_state_that_is_not_this_browsers_lets_nobody_in(
    desk: Desk, nobody: Visit, provider: IdentityProvider
) -> None:
    with desk.visit() as other:
        query = provider.authorize(start(other))
    assert refused(desk, nobody, back(nobody, query)) == "no_journey", "login CSRF"


@pytest.mark.parametrize("state", ["", "another", "é"])
def test_another_state_lets_nobody_in(desk: Desk, nobody: Visit, provider: IdentityProvider, state: str) -> None:
    code = parse_qs(provider.authorize(start(nobody)))["code"][0]
    answer = nobody.http.request("GET", BACK, params={"code": code, "state": state})
    assert refused(desk, nobody, answer) == "state"


def test_a_forged_or_old_cookie_lets_nobody_in(
    desk: Desk, nobody: Visit, provider: IdentityProvider, clock: SetClock
) -> None:
    query = provider.authorize(start(nobody))
    clock.advance(minutes=10, seconds=1)
    assert refused(desk, nobody, back(nobody, query)) == "no_journey"
    nobody.http.cookies.set("__Host-goodterms_sso", "forged")
    assert back(nobody, query).status_code == 403


def test_a_code_of_another_way_does_not_fit_this_ones_proof(
    desk: Desk, nobody: Visit, provider: IdentityProvider
) -> None:
    stolen = parse_qs(provider.authorize(start(nobody)))["code"][0]
    state = parse_qs(provider.authorize(start(nobody)))["state"][0]
    answer = nobody.http.request("GET", BACK, params={"code": stolen, "state": state})
    assert refused(desk, nobody, answer) == "http_400", "PKCE: the provider compares"


def test_a_way_serves_once(nobody: Visit, provider: IdentityProvider) -> None:
    query = provider.authorize(start(nobody))
    assert back(nobody, query).status_code == 303
    assert nobody.http.cookies.get("__Host-goodterms_sso") is None
    assert back(nobody, query).status_code == 403


def test_who_declines_at_the_provider_is_told_in_our_words(
    desk: Desk, nobody: Visit, provider: IdentityProvider
) -> None:
    start(nobody)
    answer = back(nobody, "error=access_denied&error_description=%3Cscript%3E&state=x")
    assert refused(desk, nobody, answer) == "provider"
    assert "script" not in answer.text.split("</head>")[1]


def test_an_address_given_to_somebody_else_later_does_not_let_them_in(
    desk: Desk, nobody: Visit, provider: IdentityProvider
) -> None:
    assert way(nobody, provider).status_code == 303
    provider.claims["sub"] = "somebody-else"
    with desk.visit() as other:
        assert way(other, provider).status_code == 403
    provider.claims.clear()
    with desk.visit() as again:
        assert way(again, provider).status_code == 303


def test_a_disabled_agent_stays_out(desk: Desk, nobody: Visit, provider: IdentityProvider, clock: SetClock) -> None:
    with desk.db.transaction() as session:
        session.get_one(Agent, desk.ana.id).disabled_at = clock.now()
    assert refused(desk, nobody, way(nobody, provider)) == "unknown"


def test_a_stranger_becomes_an_agent_only_where_a_setting_says_so(
    desk: Desk, nobody: Visit, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.claims = {"email": "New@Example.com", "name": "Newcomer", "sub": "new-1"}
    given(monkeypatch, GT_OIDC_CREATE_AGENTS="true")
    assert way(nobody, provider).status_code == 303
    made = agent(desk, "new@example.com")
    assert made
    assert (made.name, made.role) == ("Newcomer", Role.AGENT)


@pytest.mark.parametrize(
    ("claim", "said", "role"),
    [
        ("role", {"role": "supervisor"}, Role.SUPERVISOR),
        ("groups", {"groups": ["staff", "specialist", "agent"]}, Role.SPECIALIST),
        ("realm_access.roles", {"realm_access": {"roles": ["supervisor"]}}, Role.SUPERVISOR),
        ("groups", {"groups": ["staff"]}, None),
        ("groups", {}, None),
        ("groups.x", {"groups": "agent"}, None),
    ],
)
def test_the_providers_claim_gives_the_role(
    desk: Desk,
    nobody: Visit,
    provider: IdentityProvider,
    monkeypatch: pytest.MonkeyPatch,
    claim: str,
    said: dict[str, object],
    role: Role | None,
) -> None:
    given(monkeypatch, GT_OIDC_ROLE_CLAIM=claim)
    provider.claims = said
    answer = way(nobody, provider)
    if role is None:
        assert refused(desk, nobody, answer) == "role"
    else:
        assert answer.status_code == 303
        assert nobody.get("queue").status_code == 200
        changed = agent(desk)
        assert changed
        assert changed.role == role


def test_a_provider_that_is_away_is_said_and_passwords_still_work(
    desk: Desk, nobody: Visit, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, GT_OIDC_ISSUER="http://127.0.0.1:9")
    answer = nobody.http.request("GET", START)
    assert answer.status_code == 503
    assert "sign in with your password" in answer.text
    assert nobody.post("session", {"email": "ana@example.com", "password": PASSWORD}).status_code == 200


def test_ways_begun_and_not_finished_have_to_wait(nobody: Visit, provider: IdentityProvider, clock: SetClock) -> None:
    for _ in range(3):
        assert way(nobody, provider).status_code == 303
        nobody.http.cookies.delete("__Host-goodterms_desk")
    tried = [nobody.http.request("GET", START).status_code for _ in range(31)]
    assert tried == [303] * 30 + [429], "finished ways are not counted"


@pytest.mark.parametrize(
    "wrong",
    [
        {"GT_OIDC_ISSUER": "http://accounts.example"},
        {"GT_OIDC_ISSUER": "accounts.example"},
        {"GT_OIDC_ISSUER": "http://127.0.0.1.evil.example"},
        {"GT_OIDC_CLIENT_ID": ""},
        {"GT_OIDC_CLIENT_SECRET": ""},
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]) -> None:
    whole = {"GT_OIDC_ISSUER": "https://a.example", "GT_OIDC_CLIENT_ID": "x", "GT_OIDC_CLIENT_SECRET": "y"}
    given(monkeypatch, **(whole | wrong))
    with pytest.raises(GoodTermsError, match=next(iter(wrong))):
        settings()
    monkeypatch.undo()
    settings.cache_clear()
