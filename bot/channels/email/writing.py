"""An e-mail as it goes out: plain text and plain HTML side by side, nothing hidden, nothing that tracks (P1, C3)."""

from __future__ import annotations

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from bot import clock, policies
from bot.channels.base import Mail, Outgoing
from bot.channels.email import addresses, tokens
from bot.policies import in_language
from bot.settings import settings

_URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
UNSUBSCRIBE_PATH, CHAT_PATH = "/unsubscribe", "/chat"


def written(message: Outgoing, mail: Mail) -> EmailMessage:
    """The whole e-mail. The same delivery makes the same Message-ID each time. Raises `ValueError` for an address that
    cannot stand in a header."""
    own, brand = settings(), _line(policies.brand_name())
    words = {key: _say(key, mail.locale, brand) for key in ("open_chat", "answer_here", "why", "unsubscribe")}
    if mail.asks_answer:
        words["answer_here"] = _say("answer_first", mail.locale, brand)
    chat = f"{own.public_url}{CHAT_PATH}"
    stop = f"{own.public_url}{UNSUBSCRIBE_PATH}/{tokens.of(tokens.UNSUBSCRIBE, mail.conversation_id)}"

    made = EmailMessage(policy=SMTP.clone(max_line_length=78))
    made["From"] = Address(display_name=brand, addr_spec=own.smtp_from)
    made["To"] = Address(addr_spec=message.to)
    made["Reply-To"] = Address(display_name=brand, addr_spec=addresses.answer_to(mail.conversation_id, message.to))
    made["Subject"] = _line(mail.subject)
    made["Date"] = format_datetime(clock.now())
    made["Message-ID"] = addresses.message_id(message.reference)
    made["References"] = addresses.thread_id(mail.conversation_id)
    made["In-Reply-To"] = addresses.thread_id(mail.conversation_id)
    made["Content-Language"] = mail.locale
    if mail.auto != "no":
        made["Auto-Submitted"] = mail.auto
        made["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    made["List-Unsubscribe"] = f"<{stop}>"
    made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"

    below = f"{words['open_chat']}: {chat}\n{words['answer_here']}"
    signed = [_line(sentence) for sentence in mail.disclosures]
    foot = "\n".join([*signed, words["why"], f"{words['unsubscribe']}: {stop}"])
    made.set_content(f"{message.body.strip()}\n\n{below}\n\n-- \n{foot}\n", cte="quoted-printable")
    html = _page().render(
        lang=mail.locale, subject=_line(mail.subject), brand=brand, paragraphs=_paragraphs(message.body),
        words=words, chat=chat, stop=stop, signed=signed,
    )  # fmt: skip
    made.add_alternative(html, subtype="html", cte="quoted-printable")
    return made


def delivery_id(message: Outgoing) -> UUID:
    """The delivery that `message` is. Raises `ValueError` for a reference that is none."""
    return UUID(message.reference)


def _say(key: str, locale: str, brand: str) -> str:
    return in_language(getattr(policies.email(), key), locale).format(brand=brand)


def _paragraphs(body: str) -> list[Markup]:
    """The words in HTML: a paragraph for each block, lines as they are, our own links to press."""
    blocks = [block.strip() for block in re.split(r"\n\s*\n", body) if block.strip()]
    return [Markup("<br>\n").join(_linked(line) for line in block.split("\n")) for block in blocks]


def _linked(line: str) -> Markup:
    """Links of our own can be pressed; another's, which somebody may have written to us first, is words."""
    made, last = Markup(), 0
    for found in _URL.finditer(line):
        url = found.group()
        if url.startswith(f"{settings().public_url}/"):
            made += escape(line[last : found.start()]) + Markup('<a href="{0}">{0}</a>').format(url)
            last = found.end()
    return made + escape(line[last:])


def _line(text: str) -> str:
    """One line, whatever stands in it: a header ends where a line does."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


@lru_cache(maxsize=1)
def _page() -> Template:
    folder = Path(__file__).resolve().parent / "templates"
    return Environment(loader=FileSystemLoader(folder), undefined=StrictUndefined, autoescape=True).get_template(
        "mail.html"
    )
