"""An agent sends a file: to a customer who has proven who they are, in one's own conversation, once for each press."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from bot.channels import media_kinds
from bot.conversations import sent_files
from bot.desk import audit, bells
from bot.desk.access import Db, DeskRoute, Writer
from bot.desk.text import reason
from bot.desk.thread.speaking import Once, customer_in, own, press, said_before, shown
from bot.errors import InvalidInput

LARGEST = 5_000_000  # bytes
# What every phone and browser shows, and none of them runs.
KINDS = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf"})
NOT_SENT = "Send a picture (JPEG, PNG, GIF, WebP) or a PDF. This file is something else."

router = APIRouter(prefix="/api/desk/conversations/{conversation_id}", route_class=DeskRoute, include_in_schema=False)

Json = dict[str, Any]


async def _bytes(request: Request, _seat: Writer) -> bytes:
    """The body, read only once it is clear that the caller may write."""
    return await request.body()


@router.post("/files")
def send(
    conversation_id: uuid.UUID,
    client_id: uuid.UUID,
    name: Annotated[str, Query(min_length=1, max_length=200)],
    body: Annotated[bytes, Depends(_bytes)],
    request: Request,
    db: Db,
    seat: Writer,
) -> Json:
    """Keep the file of the body, whose kind is the header `Content-Type`, and say its link in the conversation.

    422 for what is no picture and no PDF, 403 while the customer has not proven who they are. The same `client_id`
    again is the same file.
    """
    content_type = media_kinds.found(body, request.headers.get("Content-Type", ""))
    if content_type not in KINDS:
        raise InvalidInput(NOT_SENT)
    if len(body) > LARGEST:
        raise InvalidInput(f"A file may hold {LARGEST // 1_000_000} MB at most.")
    with db.transaction() as session:
        conversation = own(session, seat, conversation_id)
        pressed = press(Once(client_id=client_id), "file")
        message = said_before(session, seat, conversation, pressed)
        if message is None:
            message = sent_files.send(
                session,
                conversation,
                customer_in(session, conversation),
                seat.agent,
                name=_plain(name),
                content_type=content_type,
                body=body,
                client_id=pressed,
            )
            audit.record(session, seat.agent, "file.sent", audit.conversation(conversation_id), size=len(body))
        answer = shown(session, message)
    bells.ring(request, conversation_id)
    return answer


def _plain(name: str) -> str:
    """Its own name without folders and what no file system takes. Raises `InvalidInput` where nothing is left."""
    last = reason(name).replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter for letter in last if letter.isprintable() and letter not in '<>:"|?*{}').strip(". ")
    if not plain:
        raise InvalidInput("Give the file a name first.")
    return plain[-100:]
