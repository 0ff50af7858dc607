"""Shapes of JSON that providers take: written down as nodes, and checked with the path of what does not fit."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

Problem = Literal["unknown", "missing", "wrong"]


class Misshapen(Exception):
    """`problem` with the value at `path`."""

    def __init__(self, problem: Problem, path: str, details: str) -> None:
        super().__init__(details)
        self.problem = problem
        self.path = path


@dataclass(frozen=True, slots=True)
class Text:
    """A string of `least` to `most` characters; `pattern` holds for the whole of it."""

    most: int = 0
    least: int = 1
    pattern: str = ""
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""


@dataclass(frozen=True, slots=True)
class Many:
    """A list of `least` to `most` of the same."""

    of: Node
    least: int = 0
    most: int = 0


@dataclass(frozen=True, slots=True)
class Fields:
    """An object with these fields and no others, null counting as left out; `others` is the shape of the rest where any
    name will do.
    """

    fields: dict[str, Node] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    others: Node | None = None


Node = Text | Flag | Number | Many | Fields


def check(value: Any, node: Node, path: str) -> None:
    """Raise `Misshapen` at the first thing that does not fit."""
    if isinstance(node, Fields):
        _check_fields(value, node, path)
    elif isinstance(node, Many):
        _expect(isinstance(value, list), path, "must be a list")
        _check_size(len(value), node.least, node.most, path, "items")
        for index, one in enumerate(value):
            check(one, node.of, f"{path}[{index}]")
    elif isinstance(node, Text):
        _check_text(value, node, path)
    elif isinstance(node, Flag):
        _expect(isinstance(value, bool), path, "must be true or false")
    else:
        _expect(isinstance(value, int | float) and not isinstance(value, bool), path, "must be a number")


def _check_fields(value: Any, node: Fields, path: str) -> None:
    _expect(isinstance(value, dict), path, "must be an object")
    for name in node.required:
        if value.get(name) is None:
            raise Misshapen("missing", _join(path, name), f"{_join(path, name)} is required")
    for name, inner in value.items():
        if inner is None:
            continue
        shape = node.fields.get(name, node.others)
        if shape is None:
            raise Misshapen("unknown", _join(path, name), f"Unexpected key {name!r} on {path or 'the request'}")
        check(inner, shape, _join(path, name))


def _check_text(value: Any, node: Text, path: str) -> None:
    _expect(isinstance(value, str), path, "must be a string")
    _check_size(len(value), node.least, node.most, path, "characters")
    _expect(not node.one_of or value in node.one_of, path, f"must be one of {', '.join(node.one_of)}")
    _expect(not node.pattern or bool(re.fullmatch(node.pattern, value)), path, "is not of the expected form")


def _check_size(size: int, least: int, most: int, path: str, unit: str) -> None:
    _expect(size >= least, path, f"needs at least {least} {unit}")
    _expect(not most or size <= most, path, f"has {size} {unit}, more than {most}")


def _expect(fits: bool, path: str, details: str) -> None:
    if not fits:
        raise Misshapen("wrong", path, f"{path or 'the request'} {details}")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
