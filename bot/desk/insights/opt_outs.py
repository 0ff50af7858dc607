"""Refusals to hear from us."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.desk.insights.facts import NOWHERE, Facts, language, row
from bot.desk.insights.filters import Filters
from bot.models import Consent, Conversation


def facts(_session: Session, filters: Filters) -> Facts:
    """Consents refused in the period. `part` is how we know (`ConsentSource`), `kind` what was refused (`Purpose`).

    The channel is the refused one. A language is known of what was refused in a conversation.
    """
    columns = row(
        id=Consent.id, at=Consent.created_at, part=Consent.source, kind=Consent.purpose,
        conversation_id=Consent.conversation_id,
    )  # fmt: skip
    on_channel = [Consent.channel.label("channel") if column.name == "channel" else column for column in columns]
    conditions = [Consent.channel == filters.channel] if filters.channel else []
    if filters.language:
        conditions.append(sa.func.coalesce(language(), NOWHERE) == filters.language)
    query = (
        sa.select(*on_channel)
        .select_from(Consent)
        .outerjoin(Conversation, Conversation.id == Consent.conversation_id)
        .where(
            Consent.granted.is_(False),
            Consent.created_at >= filters.period.since,
            Consent.created_at < filters.period.until,
            *conditions,
        )
    )
    return Facts(query.subquery(), filters)
