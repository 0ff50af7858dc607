"""Whatever a customer can write anywhere is text at the desk: on no page does any of it run, load or lead away."""

from __future__ import annotations

import csv
import itertools
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from playwright.sync_api import BrowserContext, Page, expect

from bot import clock
from bot.billing import importing
from bot.billing.importing import rows
from bot.conversations import consents, feedback, handoff, transcript
from bot.models import (
    Attachment,
    AttachmentStatus,
    Author,
    Callback,
    Case,
    Channel,
    ConsentSource,
    ContactChange,
    ContactKind,
    Conversation,
    Customer,
    Promise,
    PromiseStatus,
    Provider,
)
from tests import factories
from tests.browser.live_desk import Live
from tests.browser.test_accessibility import pages

pytestmark = pytest.mark.slow

numbers = itertools.count()
# Marks of what ran, of what asked the network for something, and of what the content policy had to stop.
WATCH = """
  window.__hits = [];
  document.addEventListener('securitypolicyviolation', (event) => {
    window.__hits.push(`policy: ${event.violatedDirective}`);
  });
"""
ALIVE = (
    "a[href^='javascript' i], a[href^='data' i], img[src='x'], iframe, object, embed, [onerror], [onload], math, base"
)


def hostile(field: str) -> str:
    """Markup, a link, a template and a formula, with a number by which each place is known."""
    hit = f"window.__hits.push({next(numbers)})"
    markup = f"<img src=x onerror={hit}><svg onload={hit}><script>{hit}</script><a href=javascript:{hit}>"
    return f"{field} '\">{markup}{{{{7*7}}}}"


def test_nothing_that_a_customer_wrote_runs_on_any_page(
    live: Live, page: Page, context: BrowserContext, tmp_path: Path
) -> None:
    talks = [*written_by_phone(live, imported(live, tmp_path)), written_on_the_web(live)]
    context.add_init_script(WATCH)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    live.sign_in(page, "sol")
    for talk in talks:
        page.goto(f"{live.url}/desk/conversations/{talk}")
        expect(page.locator(".said.customer").first).to_contain_text("<script>")
        expect(page.locator("#about")).not_to_be_empty()
        is_unharmed(page)
    expect(page.locator(".item").first).to_be_visible()
    for path in pages():
        if "{" not in path:
            page.goto(f"{live.url}{path}")
            is_unharmed(page)
    page.goto(f"{live.url}/desk/learning")
    for link in page.locator(".sentences a").all():
        page.goto(f"{live.url}{link.get_attribute('href')}")
        is_unharmed(page)
        page.go_back()
    for name in ("q", "page", "tab", "next", "act", "from", "channel", "language"):
        for path in pages():
            if "{" not in path:
                answer = page.request.get(f"{live.url}{path}", params={name: hostile(name)})
                assert "<script>window.__hits" not in answer.text(), f"{path} says {name} back"
    assert dialogs == []
    assert [url for url in asked if not url.startswith(live.url) or url.endswith("/x")] == []


def is_unharmed(page: Page) -> None:
    """Nothing ran, nothing was stopped by the policy because nothing tried, and nothing waits to be clicked."""
    page.wait_for_load_state()
    assert page.evaluate("window.__hits") == [], page.url
    assert page.locator(ALIVE).count() == 0, page.url
    assert "49" not in page.title(), page.url


def imported(live: Live, folder: Path) -> uuid.UUID:
    """A customer from the operator's files: every column that takes words."""
    customer = {
        "account_number": "T-900", "name": hostile("name"), "email": "robin900@example.com", "phone": "+12125550199",
        "postcode": "10001", "birth_date": "1980-01-01", "language": "en-US", "time_zone": "America/New_York",
        "country": "US", "currency": "USD", "customer_since": "2020-01-01",
    }  # fmt: skip
    invoice = {
        "account_number": "T-900", "invoice_number": "<b>INV-9</b>", "description": hostile("description"),
        "issued_on": "2026-01-01", "due_on": "2026-02-01", "amount": "90.00", "currency": "USD",
        "paid_amount": "0", "disputed": "false",
    }  # fmt: skip
    customers, invoices = (
        written(folder / name, columns, row)
        for name, columns, row in (
            ("customers.csv", rows.CUSTOMER_COLUMNS, customer),
            ("invoices.csv", rows.INVOICE_COLUMNS, invoice),
        )
    )
    importing.import_files(live.desk.db, customers, invoices)
    with live.desk.db.reading() as session:
        return session.scalars(sa.select(Customer.id).where(Customer.account_number == "T-900")).one()


def written(path: Path, columns: tuple[str, ...], row: dict[str, str]) -> Path:
    """A file with one row."""
    with path.open("w", newline="") as file:
        out = csv.DictWriter(file, columns)
        out.writeheader()
        out.writerow(row)
    return path


def written_by_phone(live: Live, customer_id: uuid.UUID) -> list[uuid.UUID]:
    """Texts, files with names, wishes, a rating with a word: on SMS and on WhatsApp."""
    return [_on_a_phone(live, customer_id, channel) for channel in (Channel.SMS, Channel.WHATSAPP)]


def _on_a_phone(live: Live, customer_id: uuid.UUID, channel: Channel) -> uuid.UUID:
    with live.desk.db.transaction() as session:
        until = clock.now().replace(year=clock.now().year + 1)
        proven: dict[str, Any] = {"customer_id": customer_id, "verified_until": until}
        talk = factories.conversation(session, channel=channel, address="+12125550199", **proven)
        said = transcript.append(session, talk, author=Author.CUSTOMER, text=hostile("text"))
        said.intent, said.confidence = "nlu_fallback", 0.2
        session.flush()
        kept = {"status": AttachmentStatus.KEPT, "size": 5, "body": b"<svg>", "content_type": "image/svg+xml"}
        file = {"provider": Provider.META, "reference": "1", "file_name": hostile("file")[:200]}
        session.add(Attachment(message_id=said.id, **kept, **file))
        feedback.give(session, talk, 1, hostile("rating"), "payment")
        case = Case(conversation_id=talk.id, customer_id=customer_id, kind="callback", summary=hostile("wish"))
        session.add(case)
        session.flush()
        here = {"conversation_id": talk.id, "customer_id": customer_id}
        session.add(Callback(case_id=case.id, phone="<i>1</i>", **here, **_when()))
        session.add(ContactChange(kind=ContactKind.ADDRESS, value=hostile("address")[:300], **here))
        due_on = clock.today("UTC")
        promised = {"customer_id": customer_id, "amount": 100, "currency": "USD", "due_on": due_on}
        session.add(Promise(status=PromiseStatus.OPEN, **promised))
        heard = {"channel": channel, "address": "+12125550199", "granted": True, "source": ConsentSource.KEYWORD}
        consents.record(session, **heard, detail=hostile("consent")[:64])
        summary = {"said": hostile("summary"), "<b>key</b>": [hostile("deep")]}
        handoff.request(session, talk.id, reason="request_human", skill="general", summary=summary)
        return talk.id


def _when() -> dict[str, Any]:
    now = clock.now()
    return {"starts_at": now, "ends_at": now.replace(year=now.year + 1)}


def written_on_the_web(live: Live) -> uuid.UUID:
    """By the widget's own API, from nobody known, to somebody at the desk."""
    with httpx.Client(base_url=live.url, trust_env=False) as http:
        opened = http.post("/api/chat/sessions", json={}).json()
        token = {"Authorization": f"Bearer {opened['token']}"}
        said = {"client_id": str(uuid.uuid4()), "text": hostile("web")}
        assert http.post("/api/chat/messages", json=said, headers=token).status_code == 202
    talk_id = uuid.UUID(opened["conversation_id"])
    with live.desk.db.transaction() as session:
        talk = session.get_one(Conversation, talk_id)
        handoff.request(session, talk.id, reason="request_human", skill="general", summary={"said": hostile("web")})
    return talk_id
