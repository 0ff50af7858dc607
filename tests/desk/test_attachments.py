"""Customers' files at the desk: seen beside their message, opened by who may, harmless in the browser, on record."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa

from bot.models import Attachment, AttachmentStatus, AuditEntry, Message, Provider
from tests.desk.desks import Desk, Visit

PNG = b"\x89PNG\r\n\x1a\n...."


def attach(desk: Desk, conversation_id: uuid.UUID, **given: object) -> uuid.UUID:
    """A file that came with the first message."""
    with desk.db.transaction() as session:
        first = sa.select(Message.id).where(Message.conversation_id == conversation_id).order_by(Message.seq).limit(1)
        values = {
            "message_id": session.scalars(first).one(),
            "provider": Provider.META,
            "reference": "1",
            "content_type": "image/png",
            "status": AttachmentStatus.KEPT,
            "size": len(PNG),
            "body": PNG,
        }
        file = Attachment(**(values | given))
        session.add(file)
        session.flush()
        return file.id


def test_t5_a_file_stands_beside_its_message_and_opens(desk: Desk, ana: Visit) -> None:
    conversation_id = desk.waiting()
    file_id = attach(desk, conversation_id, file_name="my slip.png")
    attach(desk, conversation_id, status=AttachmentStatus.WAITING, body=None, size=None, content_type="audio/ogg")
    first, *others = ana.get(f"conversations/{conversation_id}").json()["messages"]
    assert first["attachments"][0] == {
        "id": str(file_id),
        "content_type": "image/png",
        "file_name": "my slip.png",
        "size": len(PNG),
        "status": "kept",
    }
    assert first["attachments"][1]["status"] == "waiting"
    assert all(message["attachments"] == [] for message in others)

    answer = ana.get(f"attachments/{file_id}")
    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"] == "inline; filename*=UTF-8''my%20slip.png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("content_type", ["application/pdf", "audio/ogg", "video/mp4", "text/plain", "image/heic"])
def test_only_pictures_open_in_the_browser_all_else_is_saved(desk: Desk, ana: Visit, content_type: str) -> None:
    file_id = attach(desk, desk.waiting(), content_type=content_type)
    answer = ana.get(f"attachments/{file_id}")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Type"] == content_type


@pytest.mark.parametrize(
    ("named", "saved"),
    [
        (None, "file.png"),
        ("../../etc/passwd", "passwd.png"),
        ("C:\\x\\photo.PNG", "photo.png"),
        ('a"; filename=evil.html\r\nX: y', "a%3B%20filename%3Devil.htmlX%20y.png"),
        ("évi\u202etxt.html", "%C3%A9vitxt.html.png"),
        ("...", "file.png"),
    ],
)
def test_a_files_name_is_a_name_and_nothing_more(desk: Desk, ana: Visit, named: str | None, saved: str) -> None:
    file_id = attach(desk, desk.waiting(), file_name=named)
    answer = ana.get(f"attachments/{file_id}")
    assert answer.headers["Content-Disposition"] == f"inline; filename*=UTF-8''{saved}"
    assert "X" not in answer.headers


def test_who_may_not_open_the_conversation_may_not_open_its_files(
    desk: Desk, ana: Visit, ben: Visit, sol: Visit, nobody: Visit
) -> None:
    conversation_id = desk.waiting()
    file_id = attach(desk, conversation_id)
    ana.post(f"conversations/{conversation_id}/claim")
    assert nobody.get(f"attachments/{file_id}").status_code == 401
    assert ben.get(f"attachments/{file_id}").status_code == 403
    assert ana.get(f"attachments/{file_id}").status_code == 200
    assert sol.get(f"attachments/{file_id}").status_code == 200


@pytest.mark.parametrize("status", [AttachmentStatus.WAITING, AttachmentStatus.REFUSED, AttachmentStatus.LOST])
def test_what_is_not_kept_is_not_there(desk: Desk, ana: Visit, status: AttachmentStatus) -> None:
    file_id = attach(desk, desk.waiting(), status=status, body=None)
    assert ana.get(f"attachments/{file_id}").status_code == 404
    assert ana.get(f"attachments/{uuid.uuid4()}").status_code == 404


def test_every_look_at_a_file_is_on_record_p7(desk: Desk, ana: Visit) -> None:
    conversation_id = desk.waiting()
    file_id = attach(desk, conversation_id, file_name="private.png")
    ana.get(f"attachments/{file_id}")
    with desk.db.reading() as session:
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "attachment.read")).one()
    assert (entry.agent_id, entry.subject) == (desk.ana.id, f"conversation:{conversation_id}")
    assert entry.detail == {"attachment": str(file_id)}
