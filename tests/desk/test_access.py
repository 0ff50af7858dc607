"""Every call of the desk: who may make it, from which page, with which token, and what its answer carries."""

from __future__ import annotations

import re
import uuid
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from bot.desk import roles
from bot.models import Role
from tests.desk.desks import Desk, Visit


@pytest.fixture
def desk(sqlite_desk: Desk) -> Desk:
    """Who may do what is settled before the database matters."""
    return sqlite_desk


READS = ["queue", "agents", "conversations/{conversation_id}", "events"]
WRITES: dict[str, Any] = {
    "conversations/{conversation_id}/claim": {},
    "conversations/{conversation_id}/messages": {"client_id": str(uuid.uuid4()), "text": "Hello"},
    "conversations/{conversation_id}/notes": {"text": "A note"},
    "conversations/{conversation_id}/return": {},
    "conversations/{conversation_id}/close": {},
    "conversations/{conversation_id}/transfer": {},
}


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and error code, which must be in our shape."""
    return answer.status_code, answer.json()["error"]["code"]


def carries_the_headers(answer: httpx.Response) -> None:
    """No foreign or inline script or style, no frame, no sniffing, no keeping save for files of this very release."""
    headers = answer.headers
    policy = {part.strip() for part in headers["content-security-policy"].split(";")}
    assert policy >= {
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "base-uri 'none'",
        "frame-ancestors 'none'", "require-trusted-types-for 'script'",
    }  # fmt: skip
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert headers["cache-control"] == "no-store"


def calls(desk: Desk) -> list[str]:
    """Every call that the application answers under /desk and /api/desk, as the table of roles names it."""
    routes = (context.route for context in iter_route_contexts(desk.app.routes))
    ours = [route for route in routes if isinstance(route, APIRoute)]
    return sorted(
        f"{method} {route.path}"
        for route in ours
        if f"{route.path}/".startswith(("/desk/", "/api/desk/"))
        for method in route.methods or ()
    )


def made(call: str, visit: Visit) -> httpx.Response:
    """The call, about things that do not exist."""
    method, _, path = call.partition(" ")
    where = re.sub(r"{(\w+)}", lambda name: "x" if name[1] in ("version", "name") else str(uuid.uuid4()), path)
    # A stream that is let in would never end: let it fail by what it asks for.
    query = {"conversation": "x"} if path.endswith("/events") else {}
    body = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
    return visit.http.request(method, where, params=query, **body)


def test_the_table_of_roles_names_every_call_there_is(desk: Desk) -> None:
    assert calls(desk) == sorted(roles.LEAST), "name a new call, with its least role, in bot/desk/roles.py"


def test_without_a_session_every_call_but_the_door_is_refused(desk: Desk, nobody: Visit) -> None:
    nobody.http.headers["X-CSRF-Token"] = "forged"
    for call in calls(desk):
        answer = made(call, nobody)
        if roles.LEAST[call] is None:
            assert answer.status_code in (200, 404, 422), call
        elif call.startswith("GET /desk"):
            assert answer.status_code == 303, call
            assert answer.headers["location"].startswith("/desk/sign-in?next=/desk"), call
        else:
            assert code(answer) == (401, "not_signed_in"), call


@pytest.mark.parametrize("role", Role)
def test_every_call_asks_for_its_least_role(desk: Desk, role: Role) -> None:
    with desk.visit("ben@example.com", role=role) as visit:
        # Signing out comes last: it ends the visit.
        for call in sorted(calls(desk), key=lambda each: each.endswith("/session")):
            answer, least = made(call, visit), roles.LEAST[call]
            if least is None or role.reaches(least):
                assert answer.status_code != 401, call
                assert answer.status_code in (200, 204, 303, 404, 409, 422, 403, 503), (call, answer.text)
                assert "role_needed" not in answer.text, call
                assert not (call.startswith("GET /desk") and answer.status_code == 403), call
                assert answer.headers.get("location") != "/desk/me", call
            elif call.startswith("GET /desk"):
                assert answer.status_code == 403, call
                assert "may do this" in answer.text, call
            else:
                assert code(answer) == (403, "role_needed"), call


@pytest.mark.parametrize("call", ["GET /desk/nothing", "GET /api/desk/nothing", "PUT /api/desk/queue", "DELETE /desk"])
def test_what_no_route_answers_carries_the_same_headers(nobody: Visit, call: str) -> None:
    method, _, path = call.partition(" ")
    answer = nobody.http.request(method, path)
    assert answer.status_code in (404, 405)
    carries_the_headers(answer)


def test_a_body_that_is_too_large_is_refused_with_the_same_headers(nobody: Visit) -> None:
    answer = nobody.http.request("POST", "/api/desk/session", content=b"x" * 2_100_000)
    assert code(answer) == (413, "too_large")
    carries_the_headers(answer)


def test_every_call_answers_with_the_headers(desk: Desk, sol: Visit, nobody: Visit) -> None:
    for call in sorted(calls(desk), key=lambda each: each.endswith("/session")):
        carries_the_headers(made(call, nobody))
        carries_the_headers(made(call, sol))


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
def test_no_form_of_another_site_signs_anybody_in(nobody: Visit, kind: str) -> None:
    body = b'{"email": "ana@example.com", "password": "kind-words-only"}'
    answer = nobody.http.request("POST", "/api/desk/session", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers


def test_a_call_that_the_table_does_not_name_is_refused(
    desk: Desk, sol: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(roles.LEAST, "GET /api/desk/queue")
    assert code(sol.get("queue")) == (403, "role_needed")


@pytest.mark.parametrize("path", READS)
def test_nobody_reads_without_a_session(nobody: Visit, path: str) -> None:
    where = path.format(conversation_id=uuid.uuid4())
    assert code(nobody.get(where)) == (401, "not_signed_in")
    nobody.http.cookies.set("__Host-goodterms_desk", "forged")
    assert code(nobody.get(where)) == (401, "not_signed_in")


@pytest.mark.parametrize("path", WRITES)
def test_nobody_writes_without_a_session(desk: Desk, nobody: Visit, path: str) -> None:
    where = path.format(conversation_id=desk.waiting())
    forged = {"X-CSRF-Token": "forged"}
    assert code(nobody.post(where, WRITES[path], headers=forged)) == (401, "not_signed_in")


@pytest.mark.parametrize("who", ["ana", "sol"])
@pytest.mark.parametrize("path", WRITES)
def test_nobody_writes_without_the_sessions_own_csrf_token(
    desk: Desk, request: pytest.FixtureRequest, ben: Visit, path: str, who: str
) -> None:
    visit: Visit = request.getfixturevalue(who)
    conversation_id = desk.waiting()
    where, before = path.format(conversation_id=conversation_id), desk.conversation(conversation_id).last_seq
    own = visit.http.headers.pop("X-CSRF-Token")
    for forged in (
        {},
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": own + "x"},
        {"X-CSRF-Token": ben.http.headers["X-CSRF-Token"]},
    ):
        assert code(visit.post(where, WRITES[path], headers=forged)) == (403, "not_allowed")
    assert desk.conversation(conversation_id).last_seq == before


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize(
    "page",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_no_other_site_writes_even_with_the_token(desk: Desk, ana: Visit, path: str, page: dict[str, str]) -> None:
    where = path.format(conversation_id=desk.waiting())
    assert code(ana.post(where, WRITES[path], headers=page)) == (403, "not_allowed")


def test_no_other_site_signs_anybody_in_or_out(nobody: Visit, ana: Visit) -> None:
    page = {"Origin": "https://evil.example"}
    body = {"email": "ana@example.com", "password": "kind-words-only"}
    assert code(nobody.post("session", body, headers=page)) == (403, "not_allowed")
    assert code(ana.sign_out(headers=page)) == (403, "not_allowed")
    assert code(ana.sign_out(headers={"X-CSRF-Token": "x"})) == (403, "not_allowed")
    assert ana.get("queue").status_code == 200


@pytest.mark.parametrize("page", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "https://pay.example"}, {}])
def test_our_own_page_writes(desk: Desk, ana: Visit, page: dict[str, str]) -> None:
    assert ana.post(f"conversations/{desk.waiting()}/claim", headers=page).status_code == 200


@pytest.mark.parametrize("path", [path for path in WRITES if not path.endswith("claim")])
def test_an_agent_writes_only_in_a_conversation_that_is_theirs(desk: Desk, ana: Visit, ben: Visit, path: str) -> None:
    waiting, bens = desk.waiting(), desk.waiting()
    assert ben.post(f"conversations/{bens}/claim").status_code == 200
    for theirs in (waiting, bens):
        before = desk.conversation(theirs).last_seq
        answer = ana.post(path.format(conversation_id=theirs), WRITES[path])
        assert answer.status_code in (403, 409), answer.text
        assert desk.conversation(theirs).last_seq == before


@pytest.mark.parametrize("path", [path for path in WRITES if not path.endswith(("claim", "transfer"))])
def test_a_supervisor_moves_but_does_not_speak_in_somebody_elses(desk: Desk, ana: Visit, sol: Visit, path: str) -> None:
    anas = desk.waiting()
    ana.post(f"conversations/{anas}/claim")
    assert sol.post(path.format(conversation_id=anas), WRITES[path]).status_code in (403, 409)
    assert sol.post(f"conversations/{anas}/transfer", {"to": str(desk.sol.id)}).status_code == 200
    assert sol.post(path.format(conversation_id=anas), WRITES[path]).status_code == 200


@pytest.mark.parametrize("path", ["conversations/{conversation_id}", *WRITES])
def test_what_does_not_exist_is_not_found_and_what_cannot_be_read_is_said_so(sol: Visit, path: str) -> None:
    def call(conversation_id: object) -> httpx.Response:
        where = path.format(conversation_id=conversation_id)
        return sol.post(where, WRITES[path]) if path in WRITES else sol.get(where)

    assert code(call(uuid.uuid4())) == (404, "not_found")
    assert code(call("not-an-id")) == (422, "invalid_input")


@pytest.mark.parametrize("path", [path for path in WRITES if path.endswith(("messages", "notes", "transfer"))])
@pytest.mark.parametrize("body", [b"{", b'{"text": 5}', b'{"to": "x"}', b"[]", b'"text"'])
def test_a_malformed_body_is_refused_in_our_shape(desk: Desk, ana: Visit, path: str, body: bytes) -> None:
    where = f"/api/desk/{path.format(conversation_id=desk.waiting())}"
    if path.endswith("transfer") and body == b'{"text": 5}':
        body = b'{"note": 5}'
    answer = ana.http.request("POST", where, content=body, headers={"Content-Type": "application/json"})
    assert code(answer) == (422, "invalid_input")


@pytest.mark.parametrize(
    "path", ["/desk", "/desk/sign-in", "/api/desk/queue", "/api/desk/conversations/x", "/desk/static/0/desk.js"]
)
def test_every_answer_forbids_foreign_scripts_frames_sniffing_and_keeping(nobody: Visit, ana: Visit, path: str) -> None:
    for visit in (nobody, ana):
        answer = visit.http.request("GET", path)
        carries_the_headers(answer)
        assert answer.headers["cache-control"] == "no-store"
