"""Phone numbers as networks and providers write them, brought to one form: E.164."""

from __future__ import annotations

import re

import phonenumbers

_INTERNATIONAL = re.compile(r"\+?([1-9][0-9]{6,14})")
# Brazil: two digits of area, then eight, or nine beginning with 9. Only old mobiles got the 9: eight digits that begin
# with 2-5 are a landline, which is somebody else's. Mexico: ten digits, with a 1 before them once.
_BRAZIL = re.compile(r"(\+55[1-9][0-9])(9?)([6-9][0-9]{7})")
_MEXICO = re.compile(r"(\+52)(1?)([2-9][0-9]{9})")


def e164(text: str) -> str | None:
    """`+14155550103` for an international number with or without its plus sign; None for what is no number that can be
    answered: a short code, a name, nothing at all."""
    written = _INTERNATIONAL.fullmatch(text.strip())
    if written is None:
        return None
    number = f"+{written[1]}"
    return number if any(_is_possible(form) for form in alike(number)) else None


def alike(number: str) -> tuple[str, ...]:
    """Every form in which the number in E.164 may be on file, itself first: of one phone, never of two (P1).

    WhatsApp's ids leave out the ninth digit of some Brazilian mobiles and keep the 1 that Mexican ones had. On SMS a
    number is what it is: `bot.billing.identity.refusals.forms` knows the medium.
    """
    for pattern, digit in ((_BRAZIL, "9"), (_MEXICO, "1")):
        if parts := pattern.fullmatch(number):
            return number, parts[1] + ("" if parts[2] else digit) + parts[3]
    return (number,)


def region_of(number: str) -> str | None:
    """The country (ISO 3166) of a number in E.164; the largest where several share a code and the number tells no more.

    None for a number of no country.
    """
    for form in alike(number):
        try:
            parsed = phonenumbers.parse(form)
        except phonenumbers.NumberParseException:
            continue
        own = phonenumbers.region_code_for_number(parsed)
        own = own or phonenumbers.region_code_for_country_code(parsed.country_code or 0)
        if own in phonenumbers.SUPPORTED_REGIONS:
            return own
    return None


def _is_possible(number: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False
