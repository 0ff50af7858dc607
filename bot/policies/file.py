"""A policy file: read, checked, and refused with its name, its key and what is expected."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import GoodTermsError
from bot.settings import ROOT

FOLDER = ROOT / "policies"

P = TypeVar("P", bound=BaseModel)
Words = dict[str, Annotated[str, Field(min_length=1)]]


class PolicyInvalid(GoodTermsError):
    """Names the file, the key and what is expected."""

    code = "policy_invalid"


class Policy(BaseModel):
    """The root: unknown keys are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def in_language(words: Words, locale: str) -> str:
    """The entry of `words` for the language of `locale` (BCP 47), else the English one."""
    return words.get(locale.replace("_", "-").split("-")[0].lower()) or words["en"]


def read(kind: type[P], path: Path) -> P:
    """The policy of `kind` in the file at `path`. Raises `PolicyInvalid`."""
    try:
        return kind.model_validate(load(path))
    except ValidationError as error:
        lines = [f"  {'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
        raise PolicyInvalid(f"policies/{_named(path)} needs attention:\n" + "\n".join(lines)) from error


def load(path: Path) -> dict[str, Any]:
    """The mapping in the file at `path`. Raises `PolicyInvalid`."""
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PolicyInvalid(f"policies/{_named(path)} cannot be read: {error}") from error
    if not isinstance(loaded, dict):
        raise PolicyInvalid(f"policies/{_named(path)}: a mapping of keys to values is expected")
    return loaded


def _named(path: Path) -> str:
    """A file of ours with its folder, where it has one: templates/es/invoice.yml."""
    return str(path.relative_to(FOLDER)) if path.is_relative_to(FOLDER) else path.name


def needs(words: Words, key: str, *fields: str) -> None:
    """Raise `ValueError` unless `words` has English, and each entry uses all `fields` in braces and no other."""
    if "en" not in words:
        raise ValueError(f"{key} needs an English entry, which serves where a language is missing")
    for language, text in words.items():
        try:
            text.format(**dict.fromkeys(fields, ""))
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError(f"{key}.{language} may use {', '.join(fields)} in braces only") from error
        if missing := [field for field in fields if f"{{{field}}}" not in text]:
            raise ValueError(f"{key}.{language} lacks {', '.join(missing)}")


def fields_of(sentence: str) -> set[str] | None:
    """The plain `{fields}` of `sentence`, or None when its braces do not close."""
    try:
        return {
            name if not spec and not conversion else f"{name}:{spec}!{conversion}"
            for _, name, spec, conversion in string.Formatter().parse(sentence)
            if name is not None
        }
    except ValueError:
        return None
