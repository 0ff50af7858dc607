"""Policies: the operator's choices, from `policies/*.yml`, checked when they are first needed (design section 1, 6).

A wrong one fails with its file, its key and what is expected; `check_all` does that for all of them at start.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.errors import GoodTermsError
from bot.settings import ROOT

FOLDER = ROOT / "policies"

P = TypeVar("P", bound="Policy")
Words = dict[str, Annotated[str, Field(min_length=1)]]


class PolicyInvalid(GoodTermsError):
    """Names the file, the key and what is expected."""

    code = "policy_invalid"


class Policy(BaseModel):
    """The root: unknown keys are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PlansPolicy(Policy):
    """Instalment plans and promises (K4; design section 10, 3 and 4)."""

    offered_months: list[Annotated[int, Field(ge=1, le=60)]] = Field(min_length=1)
    longest_months: int = Field(ge=1, le=60)
    first_due_days: int = Field(ge=1, le=60)
    quote_hours: int = Field(ge=1)
    promise_days: int = Field(ge=1)

    @model_validator(mode="after")
    def _within(self) -> PlansPolicy:
        if max(self.offered_months) > self.longest_months:
            raise ValueError("offered_months must not exceed longest_months")
        if self.quote_hours > self.first_due_days * 24:
            raise ValueError("an offer must end before its first instalment is due")
        return self


class PaymentsPolicy(Policy):
    """Payment links (P1, S3)."""

    link_days: int = Field(ge=1)
    checkout_minutes: int = Field(ge=35, le=1440)
    description: Words

    @model_validator(mode="after")
    def _english(self) -> PaymentsPolicy:
        _needs(self.description, "description", "brand")
        return self


class IdentityPolicy(Policy):
    """One-time codes, locks and how long a verification holds (design section 6)."""

    code_minutes: int = Field(ge=1, le=60)
    codes_per_conversation: int = Field(ge=1)
    codes_per_account_hour: int = Field(ge=1)
    wrong_tries: int = Field(ge=1, le=10)
    account_lock_minutes: int = Field(ge=1)
    address_lock_minutes: int = Field(ge=1)
    address_lock_hours_most: int = Field(ge=1)
    forget_failures_hours: int = Field(ge=1)
    web_idle_minutes: int = Field(ge=1)
    phone_hours: int = Field(ge=1)
    identity_token_minutes_most: int = Field(ge=1, le=60)
    regions: list[Annotated[str, Field(pattern="^[A-Z]{2}$")]]
    message: Words

    @model_validator(mode="after")
    def _english(self) -> IdentityPolicy:
        _needs(self.message, "message", "code", "minutes")
        return self


@cache
def plans() -> PlansPolicy:
    """`policies/plans.yml`. Raises `PolicyInvalid`."""
    return read(PlansPolicy, FOLDER / "plans.yml")


@cache
def payments() -> PaymentsPolicy:
    """`policies/payments.yml`. Raises `PolicyInvalid`."""
    return read(PaymentsPolicy, FOLDER / "payments.yml")


@cache
def identity() -> IdentityPolicy:
    """`policies/identity.yml`. Raises `PolicyInvalid`."""
    return read(IdentityPolicy, FOLDER / "identity.yml")


@cache
def brand_name() -> str:
    """The business's name: `name` in `policies/brand.yml`, which holds more than that. Raises `PolicyInvalid`."""
    name = _load(FOLDER / "brand.yml").get("name")
    if not isinstance(name, str) or not name.strip():
        raise PolicyInvalid("policies/brand.yml: name: the business's name is expected")
    return name.strip()


def check_all() -> None:
    """Read every policy, so that a wrong one is found at start. Raises `PolicyInvalid`."""
    plans()
    payments()
    identity()
    brand_name()


def in_language(words: Words, locale: str) -> str:
    """The entry of `words` for the language of `locale` (BCP 47), else the English one."""
    return words.get(locale.replace("_", "-").split("-")[0].lower()) or words["en"]


def read(kind: type[P], path: Path) -> P:
    """The policy of `kind` in the file at `path`. Raises `PolicyInvalid`."""
    try:
        return kind.model_validate(_load(path))
    except ValidationError as error:
        lines = [f"  {'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
        raise PolicyInvalid(f"policies/{path.name} needs attention:\n" + "\n".join(lines)) from error


def _load(path: Path) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PolicyInvalid(f"policies/{path.name} cannot be read: {error}") from error
    if not isinstance(loaded, dict):
        raise PolicyInvalid(f"policies/{path.name}: a mapping of keys to values is expected")
    return loaded


def _needs(words: Words, key: str, *fields: str) -> None:
    if "en" not in words:
        raise ValueError(f"{key} needs an English entry, which serves where a language is missing")
    for language, text in words.items():
        try:
            text.format(**dict.fromkeys(fields, ""))
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError(f"{key}.{language} may use {', '.join(fields)} in braces only") from error
        if missing := [field for field in fields if f"{{{field}}}" not in text]:
            raise ValueError(f"{key}.{language} lacks {', '.join(missing)}")
