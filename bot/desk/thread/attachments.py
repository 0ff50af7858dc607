"""Customers' files at the desk: named beside their message, opened by whoever may open the conversation (T5)."""

from __future__ import annotations

import uuid
from urllib.parse import quote

from fastapi import APIRouter, Response

from bot.desk import audit
from bot.desk.access import Db, DeskRoute, Reader
from bot.desk.thread.dossier import find
from bot.errors import NotFound
from bot.models import Attachment, AttachmentStatus, Message

# A browser shows these and runs nothing in them; all else is saved.
SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/heic": "heic",
    "image/heif": "heif",
    "application/pdf": "pdf",
    "audio/ogg": "ogg",
    "audio/amr": "amr",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "video/mp4": "mp4",
    "video/3gpp": "3gp",
    "text/plain": "txt",
}

routes = APIRouter(prefix="/api/desk", route_class=DeskRoute, include_in_schema=False)


@routes.get("/attachments/{attachment_id}")
def attachment(attachment_id: uuid.UUID, db: Db, seat: Reader) -> Response:
    """The bytes of a file. Audited before it leaves. 404 for one that is not kept, 403 as for its conversation."""
    with db.reading() as session:
        file = session.get(Attachment, attachment_id)
        if file is None or file.status != AttachmentStatus.KEPT or file.body is None:
            raise NotFound("There is no such file.", about=attachment_id)
        conversation = find(session, seat, session.get_one(Message, file.message_id).conversation_id, to_read=True)
    with db.transaction() as session:
        subject = audit.conversation(conversation.id)
        audit.record(session, seat.agent, "attachment.read", subject, attachment=str(attachment_id))
    shown = "inline" if file.content_type in SHOWN else "attachment"
    headers = {
        "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(_name(file), safe='')}",
        # Alone in a window it is a page of nobody's: no script, no form, no other resource.
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    # Not by `media_type`, which would claim a charset for plain text that we do not know.
    return Response(file.body, headers={**headers, "Content-Type": file.content_type})


def _name(file: Attachment) -> str:
    """The customer's own name for it without folders and marks, and with the ending of what it is."""
    ending = _ENDINGS.get(file.content_type, "bin")
    own = (file.file_name or "").replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter for letter in own if letter.isprintable() and letter not in '<>:"|?*').strip(". ")
    stem = plain[: -len(ending) - 1] if plain.lower().endswith(f".{ending}") else plain
    return f"{stem or 'file'}.{ending}"
