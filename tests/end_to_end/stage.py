"""A stage on which dialogues are played: the running demo, put back to its first morning before each of them."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import jwt
import sqlalchemy as sa
from dotenv import dotenv_values
from sqlalchemy.orm import Session

from bot import models
from bot.billing import invoices
from bot.db import Base, Database
from bot.demo import PASSWORD
from bot.models import Conversation, Customer, Invoice, Plan, PlanEvent, PlanEventKind
from tests.end_to_end.customer import ScriptedCustomer, texts
from tests.end_to_end.desk import Agent
from tests.end_to_end.running import Running
from tests.end_to_end.script import Dialogue, State, Step
from tests.end_to_end.texter import Texter

Message = dict[str, Any]
STRANGER = "nobody"


class Stage:
    """The demo, with a copy of its database as it was when it had just started."""

    def __init__(self, product: Running) -> None:
        self.product = product
        self._database = product.var / "goodterms.db"
        self._first_morning = product.var / "first-morning.db"
        self._secret = dotenv_values(product.var / "demo.env")["GT_IDENTITY_SECRET"] or ""
        _copy(self._database, self._first_morning)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """The product's database."""
        db = Database(f"sqlite:///{self._database}")
        try:
            with db.reading() as session:
                yield session
        finally:
            db.dispose()

    @contextmanager
    def play(self, dialogue: Dialogue) -> Iterator[Play]:
        """A fresh morning, with the customer of `dialogue` at the widget."""
        self.begin_afresh()
        with closing(Play(self, dialogue)) as play:
            yield play

    def begin_afresh(self) -> None:
        """Put the clock and the database back to the first morning."""
        clock = self.product.var / "clock"
        if clock.exists():
            stamp = clock.stat().st_mtime_ns + 1
            clock.write_text("0")
            os.utime(clock, ns=(stamp, stamp))
        _copy(self._first_morning, self._database)

    def token(self, account: str) -> str:
        """What the host page passes for a signed-in customer."""
        until = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=10)
        return jwt.encode({"sub": account, "exp": until}, self._secret, algorithm="HS256")


class Play:
    """One dialogue under way."""

    def __init__(self, stage: Stage, dialogue: Dialogue) -> None:
        self.stage, self.dialogue = stage, dialogue
        self.customer = _customer(stage, dialogue)
        self.answer: list[Message] = self.customer.heard
        self.url = ""
        self._agents: dict[str, Agent] = {}

    def close(self) -> None:
        """Everybody leaves."""
        self.customer.close()
        for agent in self._agents.values():
            agent.close()

    @property
    def said(self) -> str:
        """All that the customer has said."""
        return texts([message for message in self.customer.heard if message["author"] == "customer"])

    def do(self, step: Step) -> list[Message]:
        """One step; gives what was answered to it, `[]` for what asks for no answer."""
        self.answer = self._done(step)
        for message in self.answer:
            card = message["card"] or {}
            if card.get("kind") == "pay_link":
                self.url = card["url"]
        return self.answer

    def _done(self, step: Step) -> list[Message]:
        if step.say is not None:
            said = step.say * step.times
            if step.refused:
                assert isinstance(self.customer, ScriptedCustomer)
                assert self.customer.refused(said), "the message was taken"
                return []
            return self.customer.say(said, answered=not step.silence)
        if step.press is not None:
            return self.customer.choose(self._payload(step.press))
        if step.choose is not None:
            options = [card for message in self._latest() if (card := message["card"] or {}).get("options")]
            return self.customer.choose(options[-1]["options"][step.choose - 1]["payload"])
        if step.code is not None:
            assert isinstance(self.customer, ScriptedCustomer)
            return self.customer.say(self.customer.code(step.code))
        if step.pay is not None:
            self.customer.pay(self.url, step.pay)
        elif step.wait is not None:
            self.customer.outside.post(
                f"{self.stage.product.sandbox}/sandbox/clock", json={"advance": step.wait}
            ).raise_for_status()
        elif step.agent is not None:
            for deed, what in step.agent.items():
                self._at_the_desk(deed, what)
        return self.customer.await_text(step.news) if step.news else []

    def _latest(self) -> list[Message]:
        return [message for message in self.customer.heard if message["author"] == "bot"]

    def _payload(self, title: str) -> str:
        for message in reversed(self._latest()):
            for button in message["buttons"] or []:
                if button["title"] == title:
                    return str(button["payload"])
        raise AssertionError(f"no button {title!r} in {texts(self._latest()[-3:])!r}")

    def _at_the_desk(self, deed: str, what: Any) -> None:
        name = what if deed == "claims" else "ana"
        if name not in self._agents:
            self._agents[name] = Agent(self.stage.product, f"{name}@example.com", PASSWORD)
        words = {"text": what, "client_id": str(uuid.uuid4())} if deed == "says" else {}
        path = {"claims": "claim", "says": "messages", "returns": "return", "closes": "close"}[deed]
        done = self._agents[name].post(path, self.customer, **words)
        assert done.is_success, done.text

    def differences(self, state: State) -> list[str]:
        """What in the database is not as `state` says."""
        with self.stage.reading() as session:
            conversation = session.get_one(Conversation, uuid.UUID(self.customer.conversation_id))
            return list(_differences(session, conversation, state))


def _customer(stage: Stage, dialogue: Dialogue) -> ScriptedCustomer | Texter:
    if dialogue.by == "web":
        token = None if dialogue.writes == STRANGER else stage.token(dialogue.writes)
        return ScriptedCustomer(stage.product, locale=dialogue.locale, identity_token=token)
    with stage.reading() as session:
        number = session.scalars(sa.select(Customer.phone).where(Customer.account_number == dialogue.writes)).one()
    assert number is not None, f"{dialogue.writes} has no phone"
    return Texter(stage.product, stage.reading, number, dialogue.by)


def _differences(session: Session, conversation: Conversation, state: State) -> Iterator[str]:
    if state.holder is not None and conversation.holder != state.holder:
        yield f"holder: {conversation.holder} instead of {state.holder}"
    if state.verified is not None and (conversation.verified_until is not None) != state.verified:
        yield f"verified: {conversation.verified_until is not None}"
    customer = session.get(Customer, conversation.customer_id) if conversation.customer_id else None
    if state.owed is not None:
        owed = invoices.standing(session, customer).total.minor if customer else 0
        if owed != state.owed:
            yield f"owed: {owed} instead of {state.owed}"
    numbers = {row.id: row.number for row in session.execute(sa.select(Invoice.id, Invoice.number))}
    for table, expected in state.tables.items():
        found = _rows(session, _model(table), conversation)
        if len(found) != len(expected):
            kinds = [getattr(row, "kind", None) or getattr(row, "status", None) for row in found]
            yield f"{table}: {len(found)} rows instead of {len(expected)}: {kinds}"
            continue
        for place, (row, columns) in enumerate(zip(found, expected, strict=True), start=1):
            for column, value in columns.items():
                is_ = numbers.get(row.invoice_id) if column == "invoice" else getattr(row, column)
                if not _is(is_, value):
                    yield f"{table} {place}, {column}: {is_!r} instead of {value!r}"


def _is(found: Any, expected: Any) -> bool:
    if isinstance(expected, bool) and not isinstance(found, bool):
        return (found is not None) is expected
    if isinstance(expected, str) and isinstance(found, str) and expected.startswith("~"):
        return expected[1:].strip().lower() in found.lower()
    return bool(found == expected)


def _model(table: str) -> type[Base]:
    for mapper in Base.registry.mappers:
        if mapper.local_table is not None and getattr(mapper.local_table, "name", "") == table:
            return mapper.class_
    raise AssertionError(f"there is no table {table}; {models.__name__} has them all")


def _rows(session: Session, kind: type[Any], conversation: Conversation) -> list[Any]:
    ours = []
    if hasattr(kind, "conversation_id"):
        ours.append(kind.conversation_id == conversation.id)
    if hasattr(kind, "customer_id") and conversation.customer_id is not None:
        ours.append(kind.customer_id == conversation.customer_id)
    if hasattr(kind, "address") and conversation.address is not None:
        ours.append(kind.address == conversation.address)
    assert ours, f"{kind.__tablename__} belongs to no conversation"
    made = getattr(kind, "created_at", kind.id)
    if kind is Plan:
        # What was only shown as a choice is no plan yet.
        agreed = sa.select(PlanEvent.plan_id).where(PlanEvent.kind == PlanEventKind.ACTIVE)
        ours = [sa.and_(sa.or_(*ours), Plan.id.in_(agreed))]
    return list(session.scalars(sa.select(kind).where(sa.or_(*ours)).order_by(made, kind.id)))


def _copy(source: os.PathLike[str], target: os.PathLike[str]) -> None:
    with closing(sqlite3.connect(source, timeout=30)) as whole, closing(sqlite3.connect(target, timeout=30)) as into:
        whole.backup(into)
