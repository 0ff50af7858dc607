"""Files from agents: kept and said once, opened by whoever has the link until it ends, harmless in the browser."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.desk.thread import sent_file_routes
from bot.models import Channel, Delivery, SentFile
from tests.conftest import SetClock
from tests.desk.desks import Desk, Visit
from tests.desk.talks import Talk

PNG = b"\x89PNG\r\n\x1a\n...."
PDF = b"%PDF-1.7 ...."


def send(talk: Talk, visit: Visit, body: bytes = PNG, kind: str = "image/png", **given: str) -> httpx.Response:
    """A file, as the page sends it."""
    params = {"client_id": str(uuid.uuid4()), "name": "terms.png"} | given
    path = f"/api/desk/conversations/{talk.id}/files"
    return visit.http.request("POST", path, params=params, content=body, headers={"Content-Type": kind})


def kept(talk: Talk) -> list[SentFile]:
    """All that were sent."""
    with talk.desk.db.reading() as session:
        return list(session.scalars(sa.select(SentFile).order_by(SentFile.created_at)))


def opened(visit: Visit, card: dict[str, Any] | None) -> httpx.Response:
    """What somebody with the link sees."""
    assert card is not None
    return visit.http.request("GET", httpx.URL(card["url"]).path)


def test_k15_a_file_is_said_as_a_link_and_opens_for_two_weeks(desk: Desk, ana: Visit, clock: SetClock) -> None:
    talk = Talk(desk)
    assert send(talk, ana).status_code == 200
    said = talk.said()[-1]
    assert said.card is not None
    assert (said.card["kind"], said.card["title"]) == ("statement", "terms.png")
    assert "terms.png" in said.text
    with desk.visit() as anybody:
        answer = opened(anybody, said.card)
        assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, PNG, "image/png")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
        clock.advance(days=14)
        over = opened(anybody, said.card)
        assert (over.status_code, "terms" in over.text) == (410, False)
        for strange in ("nothing", "x" * 65, "%00"):
            assert anybody.http.request("GET", f"/files/{strange}").status_code == 404
    assert talk.audited("file") == ["file.sent"]


def test_a_phone_gets_the_link(desk: Desk, ana: Visit) -> None:
    talk = Talk(desk, channel=Channel.SMS, address="+12105550101")
    assert send(talk, ana, PDF, "application/pdf", name="letter.pdf").status_code == 200
    with desk.db.reading() as session:
        assert session.scalars(sa.select(Delivery).where(Delivery.message_id == talk.said()[-1].id)).one()


def test_pressed_twice_it_is_sent_once_and_nobody_else_uses_the_press(desk: Desk, ana: Visit, sol: Visit) -> None:
    talk, press = Talk(desk), str(uuid.uuid4())
    first, again = (send(talk, ana, client_id=press) for _ in range(2))
    assert (first.status_code, first.json()) == (200, again.json())
    assert (len(kept(talk)), len(talk.said())) == (1, 1)
    assert send(talk, sol, client_id=press).status_code == 409
    assert talk.post(ana, "pay-link", client_id=press, over="overdue", amount=20_050).status_code == 409


def test_p1_nobody_unproven_gets_a_file(desk: Desk, ana: Visit) -> None:
    talk = Talk(desk)
    talk.lapse()
    assert send(talk, ana).status_code == 403
    assert kept(talk) == []


def test_only_pictures_and_pdfs_that_are_what_they_say_go_out(desk: Desk, ana: Visit) -> None:
    talk = Talk(desk)
    refused = [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"<html><script>1</script>", "text/html"),
        (b"MZ\x90", "application/octet-stream"),
        (b"<script>1</script>", "image/png"),
        (PNG, "application/pdf"),
        (b"", "image/png"),
        (b"plain words", "text/plain"),
        (PNG, ""),
    ]
    for body, kind in refused:
        answer = send(talk, ana, body, kind)
        assert (answer.status_code, answer.json()["error"]["message"]) == (422, sent_file_routes.NOT_SENT), kind
    large = PNG + b"." * sent_file_routes.LARGEST
    assert send(talk, ana, large).status_code == 413
    assert kept(talk) == []
    assert talk.said() == []


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\terms.png", "terms.png"),
        ('<img src=x onerror="1">.png', "img src=x onerror=1.png"),
        ("carte 4242 4242 4242 4242.png", "carte [card number removed].png"),
        ("a\r\nX-Evil: 1.png", "aX-Evil 1.png"),
        ("n" * 200, "n" * 100),
    ],
)
def test_a_name_is_only_a_name(desk: Desk, ana: Visit, given: str, name: str) -> None:
    talk = Talk(desk)
    assert send(talk, ana, name=given).status_code == 200
    assert [file.file_name for file in kept(talk)] == [name]
    with desk.visit() as anybody:
        assert opened(anybody, talk.said()[-1].card).status_code == 200


def test_a_file_without_a_name_is_refused(desk: Desk, ana: Visit) -> None:
    talk = Talk(desk)
    assert [send(talk, ana, name=name).status_code for name in ("", "...", "a/", "n" * 201)] == [422] * 4
