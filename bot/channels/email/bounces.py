"""A mail server tells that an e-mail of ours was not delivered, or was: a delivery status notification (RFC 3464)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import EmailMessage, Message
from uuid import UUID

from bot.channels.delivery_news import DeliveryNews
from bot.channels.email import addresses
from bot.models import DeliveryStatus, Provider

_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_DONE = {
    "failed": DeliveryStatus.FAILED,
    "delivered": DeliveryStatus.DELIVERED,
    "relayed": None,
    "delayed": None,
    "expanded": None,
}


@dataclass(frozen=True, slots=True)
class _Report:
    """What is said of one recipient: the action, and the enhanced code with its dots left out."""

    action: str
    code: int | None


def is_report(mail: EmailMessage) -> bool:
    """Whether it is such a notification."""
    return mail.get_content_type() == "multipart/report" and mail.get_param("report-type") == "delivery-status"


def delivery_in(mail: EmailMessage, recipients: list[str]) -> UUID | None:
    """The delivery that came back: by the address to which it came, which nobody else can write."""
    return next((found for to in recipients if (found := addresses.came_back(to)) is not None), None)


def news_of(mail: EmailMessage, delivery: UUID) -> DeliveryNews | None:
    """What became of `delivery`; None where nothing is settled, as when a server will try again."""
    reports = list(_reports(mail)) if is_report(mail) else [_Report("failed", None)]
    for one in reports:
        status = _DONE.get(one.action)
        if status is not None:
            return DeliveryNews(
                provider=Provider.SMTP,
                provider_id=addresses.message_id(str(delivery)),
                reference=delivery,
                status=status,
                code=one.code if status is DeliveryStatus.FAILED else None,
            )
    return None


def _reports(mail: EmailMessage) -> list[_Report]:
    """One for each recipient; the first block of the report is about the message as a whole."""
    found = []
    for part in mail.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = part.get_payload()
        for block in blocks if isinstance(blocks, list) else []:
            if isinstance(block, Message) and block.get("Action"):
                status = _STATUS.search(str(block.get("Status", "")))
                code = int("".join(status.groups())) if status else None
                found.append(_Report(str(block["Action"]).strip().lower(), code))
    return found
