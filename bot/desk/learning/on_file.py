"""What is on file about the person in a conversation, so far as a sentence may give it away."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.billing.identity import factors
from bot.desk.thread.lines import agent_names
from bot.models import Conversation, Customer, CustomerFactor, FactorKind, Invoice
from bot.models.customer import account_key
from bot.money import Money


@dataclass(frozen=True, slots=True)
class OnFile:
    """Plain forms of names (ours at the desk, too), keys of account and invoice numbers, amounts as they are written
    in figures. Of postcodes there are digests only."""

    names: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()
    amounts: frozenset[str] = frozenset()
    postcodes: tuple[tuple[uuid.UUID, str], ...] = ()

    def has_postcode(self, text: str) -> bool:
        """Whether `text` is the customer's."""
        value = factors.normal(FactorKind.POSTCODE, text)
        return any(factors.is_same(digest, id, FactorKind.POSTCODE, value) for id, digest in self.postcodes)


def of_conversations(session: Session, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, OnFile]:
    """For each conversation, who verified in it, and whose phone it is."""
    team = frozenset(part for name in agent_names(session).values() for part in name_parts(name))
    found: dict[uuid.UUID, list[Customer]] = {id: [] for id in ids}
    whose = sa.or_(Customer.id == Conversation.customer_id, Customer.phone == Conversation.address)
    pairs = sa.select(Conversation.id, Customer).join(Customer, whose).where(Conversation.id.in_(ids))
    for conversation_id, customer in session.execute(pairs):
        found[conversation_id].append(customer)
    everyone = {customer.id for customers in found.values() for customer in customers}
    billed = list(session.scalars(sa.select(Invoice).where(Invoice.customer_id.in_(everyone))))
    known = sa.select(CustomerFactor).where(
        CustomerFactor.customer_id.in_(everyone), CustomerFactor.kind == FactorKind.POSTCODE
    )
    digests = [(factor.customer_id, factor.digest) for factor in session.scalars(known)]
    return {
        id: _whole(
            customers,
            [invoice for invoice in billed if any(invoice.customer_id == each.id for each in customers)],
            tuple(pair for pair in digests if any(pair[0] == each.id for each in customers)),
            team,
        )
        for id, customers in found.items()
    }


def name_parts(name: str) -> set[str]:
    """The words of a name, plain; single letters are no names."""
    return {part for part in plain(name).replace("-", " ").replace("'", " ").split() if len(part) > 1}


def plain(text: str) -> str:
    """Small letters without accents, of the same length as `text`."""
    return "".join((unicodedata.normalize("NFD", c)[0].casefold() or c)[0] for c in text)


def _whole(
    customers: list[Customer],
    billed: list[Invoice],
    postcodes: tuple[tuple[uuid.UUID, str], ...],
    team: frozenset[str],
) -> OnFile:
    names = {part for customer in customers for part in name_parts(customer.name)}
    references = {customer.account_key for customer in customers} | {account_key(each.number) for each in billed}
    return OnFile(
        names=team | names,
        references=frozenset(references - {""}),
        amounts=frozenset(form for each in billed for form in _figures(Money(each.amount, each.currency))),
        postcodes=postcodes,
    )


def _figures(amount: Money) -> set[str]:
    """80.50 as 80.50, 80,50 and 80.5; 120.00 as 120, too."""
    exact = f"{amount.major:f}"
    short = exact.rstrip("0").rstrip(".") if "." in exact else exact
    return {exact, exact.replace(".", ","), short, short.replace(".", ",")}
