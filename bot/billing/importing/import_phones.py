"""Phone numbers that stand in a file in E.164 already, told without taking each apart.

The library takes a number apart in ten times as long as a row is otherwise read, and most exports write E.164. What is
asked here is the library's own question of its own data: whether the length is one that the country has.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

import phonenumbers

_E164 = re.compile(r"\+([1-9][0-9]{6,14})")


class _Numbers(NamedTuple):
    """What the numbers behind a country code may be: their lengths, and with what they begin when a prefix that is
    dialled at home only was written too."""

    lengths: frozenset[int]
    prefix: re.Pattern[str] | None


def is_settled(text: str) -> bool:
    """Whether `text` is a possible number in E.164 as it stands, wherever it is read. False: the library has to say."""
    if (match := _E164.fullmatch(text)) is None:
        return False
    digits = match[1]
    code = next((code for code in (digits[:1], digits[:2], digits[:3]) if _numbers(code)), "")
    numbers, national = _numbers(code), digits[len(code) :]
    if numbers is None or len(national) not in numbers.lengths or national.startswith("0"):
        return False
    return numbers.prefix is None or numbers.prefix.match(national) is None


@functools.cache
def _numbers(code: str) -> _Numbers | None:
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code or 0))
    if not regions:
        return None
    found = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(int(code), regions[0])
    if found is None or found.general_desc is None:
        return None
    prefix = found.national_prefix_for_parsing
    return _Numbers(frozenset(found.general_desc.possible_length), re.compile(prefix) if prefix else None)
