"""Files that customers send: expected with their message, fetched after it, kept for the agent (T5)."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot import clock
from bot.channels import media_fetch, media_kinds
from bot.channels.inbound_message import InboundMessage, Media
from bot.channels.media_fetch import Fetched, Fetcher, FetchFailed
from bot.db import Database, claim, lock
from bot.models import Attachment, AttachmentStatus, Message

# So many of one conversation are kept in a day.
MOST_A_DAY = 50
LEASE = dt.timedelta(seconds=90)
FIRST_REST = dt.timedelta(seconds=15)
LONGEST_REST = dt.timedelta(hours=1)
ATTEMPTS = 8
MOST_A_ROUND = 200

log = structlog.get_logger()


def expect(session: Session, message_id: uuid.UUID, message: InboundMessage) -> None:
    """Write down the files of a message as still to be fetched; those of a kind that we do not keep, or above what one
    conversation may send in a day, as refused."""
    if not message.media:
        return
    session.flush()
    sent = _today(session, message_id)
    for place, file in enumerate(message.media):
        kept = media_kinds.is_kept(file.content_type) and sent + place < MOST_A_DAY
        if file.body is not None:
            session.add(_brought(message_id, message, file, is_wanted=kept))
            continue
        session.add(
            Attachment(
                message_id=message_id,
                provider=message.provider,
                reference=file.reference,
                content_type=media_kinds.plain(file.content_type),
                file_name=file.file_name,
                status=AttachmentStatus.WAITING if kept else AttachmentStatus.REFUSED,
            )
        )


def _brought(message_id: uuid.UUID, message: InboundMessage, file: Media, *, is_wanted: bool) -> Attachment:
    """A file that came with its message: kept, or refused, at once."""
    body = file.body or b""
    is_small = len(body) <= media_kinds.LONGEST
    content_type = media_kinds.found(body, file.content_type) if is_wanted and is_small else None
    return Attachment(
        message_id=message_id,
        provider=message.provider,
        reference=file.reference,
        content_type=content_type or media_kinds.plain(file.content_type),
        file_name=file.file_name,
        status=AttachmentStatus.KEPT if content_type else AttachmentStatus.REFUSED,
        body=body if content_type else None,
        size=len(body) if content_type else None,
    )


def fetch_due(db: Database, message_id: uuid.UUID | None = None, *, fetcher: Fetcher | None = None) -> int:
    """Fetch what waits and is due, or only the files of one message; how many were kept.

    Raises nothing for a failing provider: a file waits (seconds, doubled each time) and after its last try is lost.
    Providers are called between transactions; any number of processes share the work.
    """
    kept = 0
    for _ in range(MOST_A_ROUND):
        attachment = _claimed(db, message_id)
        if attachment is None:
            break
        if attachment.status == AttachmentStatus.WAITING:
            kept += _fetch(db, attachment, fetcher or media_fetch.fetcher())
    return kept


def _today(session: Session, message_id: uuid.UUID) -> int:
    conversation_id = sa.select(Message.conversation_id).where(Message.id == message_id).scalar_subquery()
    return (
        session.scalar(
            sa.select(sa.func.count())
            .select_from(Attachment)
            .join(Message, Message.id == Attachment.message_id)
            .where(
                Message.conversation_id == conversation_id,
                Attachment.created_at > clock.now() - dt.timedelta(days=1),
            )
        )
        or 0
    )


def _claimed(db: Database, message_id: uuid.UUID | None) -> Attachment | None:
    """One at a time: the lease is long enough for one file."""
    now = clock.now()
    query = sa.select(Attachment).where(Attachment.status == AttachmentStatus.WAITING, Attachment.next_at <= now)
    if message_id is not None:
        query = query.where(Attachment.message_id == message_id)
    with db.transaction() as session:
        row = next(iter(claim(session, query.order_by(Attachment.next_at, Attachment.id).limit(1))), None)
        if row is not None:
            row.attempts += 1
            row.next_at = now + LEASE
            if row.attempts > ATTEMPTS:  # whoever tried it never came back
                row.status = AttachmentStatus.LOST
        return row


def _fetch(db: Database, attachment: Attachment, fetcher: Fetcher) -> bool:
    try:
        fetched = fetcher.fetch(attachment)
    except FetchFailed as error:
        _failed(db, attachment, error)
        return False
    content_type = media_kinds.found(fetched.body, attachment.content_type or fetched.content_type)
    with db.transaction() as session:
        row = lock(session, Attachment, attachment.id)
        if row is None or row.status != AttachmentStatus.WAITING:
            return False
        if content_type is None:
            row.status = AttachmentStatus.REFUSED
            return False
        _keep(row, fetched, content_type)
        return True


def _keep(row: Attachment, fetched: Fetched, content_type: str) -> None:
    row.status, row.content_type = AttachmentStatus.KEPT, content_type
    row.body, row.size = fetched.body, len(fetched.body)


def _failed(db: Database, attachment: Attachment, error: FetchFailed) -> None:
    again = error.retryable and attachment.attempts < ATTEMPTS
    log.warning("attachment_waits" if again else "attachment_missed", attachment=str(attachment.id), reason=error.about)
    with db.transaction() as session:
        row = lock(session, Attachment, attachment.id)
        if row is None or row.status != AttachmentStatus.WAITING:
            return
        if again:
            row.next_at = clock.now() + min(FIRST_REST * 2 ** (row.attempts - 1), LONGEST_REST)
        else:
            row.status = AttachmentStatus.LOST if error.retryable or error.gone else AttachmentStatus.REFUSED
