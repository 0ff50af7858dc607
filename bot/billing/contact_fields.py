"""What of a customer's contact can change: how each is read, as an import reads it, and what is on file now."""

from __future__ import annotations

import unicodedata

from sqlalchemy.orm import Session

from bot.billing.identity import factors
from bot.billing.importing import import_cells as cell
from bot.billing.importing.import_file import Fault
from bot.errors import InvalidInput
from bot.models import ContactField, ContactKind, Customer, CustomerFactor, FactorKind

KEYS = (ContactField.PHONE, ContactField.EMAIL, ContactField.POSTCODE)
FIELD_OF = {
    ContactKind.EMAIL: ContactField.EMAIL,
    ContactKind.PHONE: ContactField.PHONE,
    ContactKind.NAME: ContactField.NAME,
    ContactKind.ADDRESS: ContactField.POSTCODE,
}
POSTCODE_LONGEST = 12


def read(customer: Customer, field: ContactField, text: str) -> str | None:
    """`text` as it is kept: a phone number in E.164, a postcode as its keyed hash; None takes a phone or an e-mail
    address off the file. Raises `InvalidInput` with what is expected."""
    text = unicodedata.normalize("NFC", text).strip()
    cells = {field.value: text}
    try:
        match field:
            case ContactField.PHONE:
                return cell.phone(cells, customer.country)
            case ContactField.EMAIL:
                return cell.email(cells)
            case ContactField.NAME:
                return cell.text(cells, "name", 200)
            case ContactField.LANGUAGE:
                return cell.language(cells)
            case ContactField.TIME_ZONE:
                return cell.time_zone(cells)
            case ContactField.POSTCODE:
                return _postcode(customer, text)
    except Fault as fault:
        raise InvalidInput(f"{field.value.replace('_', ' ').capitalize()}: {fault.reason}.") from fault


def on_file(session: Session, customer: Customer, field: ContactField) -> str | None:
    """What is there now, a postcode as its keyed hash."""
    if field == ContactField.POSTCODE:
        factor = session.get(CustomerFactor, (customer.id, FactorKind.POSTCODE))
        return factor.digest if factor else None
    value: str | None = getattr(customer, field.value)
    return value


def _postcode(customer: Customer, text: str) -> str:
    normal = factors.normal(FactorKind.POSTCODE, text)
    if not normal or len(normal) > POSTCODE_LONGEST:
        raise Fault("postcode", "expected letters and digits, such as 78006 or SW1A 1AA")
    return factors.digest(customer.id, FactorKind.POSTCODE, normal)
