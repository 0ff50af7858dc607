"""All sections of the page, and single tables of them."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from bot.desk.insights import money_sections, service_sections, talk_sections
from bot.desk.insights.filters import Filters
from bot.desk.insights.look import Look
from bot.desk.insights.tables import Section, Table
from bot.errors import NotFound

# By the names of their tables, up to the first "-by-"; in the order of the page.
SECTIONS: dict[str, Callable[[Look], Section]] = {
    "talks": talk_sections.self_service,
    "volume": talk_sections.volume,
    "promises": money_sections.promises,
    "instalments": money_sections.instalments,
    "recovered": money_sections.recovered,
    "people": service_sections.people,
    "satisfaction": service_sections.satisfaction,
    "understanding": service_sections.understanding,
    "opt-outs": service_sections.opt_outs,
}


def overview(session: Session, filters: Filters) -> list[Section]:
    """Every section."""
    look = Look(session, filters)
    return [section(look) for section in SECTIONS.values()]


def table(session: Session, filters: Filters, name: str) -> Table:
    """One table, asking only for what its section needs. Raises `NotFound`."""
    section = SECTIONS.get(name.partition("-by-")[0])
    tables = section(Look(session, filters)).tables if section else []
    found = next((table for table in tables if table.name == name), None)
    if found is None:
        raise NotFound("There is no such table.")
    return found
