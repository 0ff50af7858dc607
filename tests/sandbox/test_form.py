"""Stripe's nested form encoding."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe._encode import _api_encode

from sandbox.form import decode, read
from sandbox.refusal import StripeRefusal


def test_nested_names_become_nested_values() -> None:
    assert decode("a[b][0][c]=x&a[b][1][c]=y&d=%2B1+2") == {"a": {"b": {"0": {"c": "x"}, "1": {"c": "y"}}}, "d": "+1 2"}


def test_lists_come_with_or_without_places_and_in_their_order() -> None:
    assert read("GET /v1/events", "types[]=a&types[]=b") == {"types": ["a", "b"]}
    assert read("GET /v1/events", "types[1]=b&types[0]=a&types[10]=c") == {"types": ["a", "b", "c"]}


def test_one_name_takes_a_number_or_a_range() -> None:
    assert read("GET /v1/events", "created=5") == {"created": 5}
    assert read("GET /v1/events", "created[gte]=5&created[lt]=9") == {"created": {"gte": 5, "lt": 9}}


@pytest.mark.parametrize("encoded", ["a=1&a[b]=2", "types=a", "types[x]=a", "created[gte]=soon", "limit=", "limit=1.5"])
def test_what_cannot_be_read_is_refused_and_never_crashes(encoded: str) -> None:
    with pytest.raises(StripeRefusal):
        read("GET /v1/events", encoded)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(encoded: str) -> None:
    for operation in ("POST /v1/checkout/sessions", "GET /v1/events"):
        # Anything but a refusal in Stripe's own words would fail here.
        with suppress(StripeRefusal):
            read(operation, encoded)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=10), st.text(min_size=1, max_size=20), max_size=5))
def test_metadata_comes_through_the_librarys_own_encoding_unchanged(metadata: dict[str, str]) -> None:
    encoded = urlencode(list(_api_encode({"metadata": metadata, "email": "a@example.com"})))
    assert read("POST /v1/customers", encoded).get("metadata", {}) == metadata
