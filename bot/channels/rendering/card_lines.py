"""What a card adds to the text beside it, as lines: only what the text does not say already.

A card whose fields are not the ones of design section 7 adds nothing: the text stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.channels.rendering.wording import Wording
from bot.errors import InvalidInput

Card = Mapping[str, Any]

# What a card of ours never raises.
_NOT_OURS = (AttributeError, InvalidInput, KeyError, TypeError, ValueError)
_ITEM = re.compile(r"(?m)^(\d+)(?=\.\s)")


def lines(card: Card, text: str, locale: str, *, longest: int) -> list[str]:
    """The lines of `card` that `text` lacks; at most about `longest` of one list, and then how many are left out."""
    kind = _KINDS.get(str(card.get("kind")))
    try:
        wording = Wording(locale, str(card.get("currency") or "XXX"))
        return kind(card, text, wording, longest) if kind else []
    except _NOT_OURS:
        return []


def with_numbers(card: Card, text: str, numbers: Mapping[str, int], locale: str) -> tuple[str, set[int]]:
    """`text` whose numbered list of the card's options has the `numbers` by which the payloads are chosen here; options
    that it does not list or name are listed after it. Also the numbers that are listed now."""
    options = [option for option in _entries(card, "options") if str(option.get("payload")) in numbers]
    places = [numbers[str(option["payload"])] for option in options]
    if options and len(_ITEM.findall(text)) == len(options):
        found = iter(places)
        return _ITEM.sub(lambda _: str(next(found)), text), set(places)
    try:
        wording = Wording(locale, str(card.get("currency") or "XXX"))
        added = {
            place: _option(place, option, wording)
            for place, option in zip(places, options, strict=True)
            if not _is_named(wording, text, option)
        }
    except _NOT_OURS:
        return text, set()
    return "\n\n".join(part for part in (text, "\n".join(added.values())) if part), set(added)


def shortened(card: Card, text: str, locale: str, *, longest: int) -> str:
    """`text` with at most `longest` of its lines about the card's invoices, and how many more there are.

    The statement has them all.
    """
    numbers = [str(item["number"]) for item in _entries(card, "items") if item.get("number")]
    listed = text.split("\n")
    about = [place for place, line in enumerate(listed) if any(_names(line, number) for number in numbers)]
    if len(about) <= longest + 1:
        return text
    listed[about[longest]] = Wording(locale, "XXX").say("more", count=len(about) - longest)
    return "\n".join(line for place, line in enumerate(listed) if place not in about[longest + 1 :])


def _option(number: int, option: Card, wording: Wording) -> str:
    return wording.say("option", number=number, title=option["title"], terms=wording.terms(option["instalments"]))


def _is_named(wording: Wording, text: str, option: Card) -> bool:
    first = option["instalments"][0]
    return wording.is_said(text, amount=first["amount"], day=first["due_on"])


def _invoices(card: Card, text: str, wording: Wording, longest: int) -> list[str]:
    missing = [item for item in card["items"] if not _names(text, item["number"])]
    found = [_invoice(item, wording) for item in missing]
    if len(found) > longest + 1:
        found[longest:] = [wording.say("more", count=len(found) - longest)]
    total, overdue = card["total"], card.get("overdue", 0)
    sums = {"overdue": overdue if overdue != total else 0, "total": total} if missing else {}
    for name, minor in sums.items():
        if minor and not wording.is_said(text, amount=minor):
            found.append(wording.say(name, amount=wording.money(minor)))
    return found


def _invoice(item: Card, wording: Wording) -> str:
    name = ", ".join(part for part in (item["number"], item.get("description")) if part)
    day = wording.day(item["due_on"])
    standing = "held" if item.get("disputed") else "was_due" if item.get("days_late", 0) > 0 else "due"
    return wording.say(f"invoice_{standing}", name=name, amount=wording.money(item["amount"]), day=day)


def _pay_link(card: Card, text: str, wording: Wording, longest: int) -> list[str]:
    said = wording.say("pay", amount=wording.money(card["amount"]), url=card["url"])
    return [] if card["url"] in text else [said]


def _document(card: Card, text: str, wording: Wording, longest: int) -> list[str]:
    title = card.get("title") or wording.say("document")
    return [] if card["url"] in text else [wording.say("link", title=title, url=card["url"])]


def _plan_schedule(card: Card, text: str, wording: Wording, longest: int) -> list[str]:
    parts = card["instalments"]
    ahead = [part for part in parts if part.get("status") != "paid"]
    ends = [ahead[0], ahead[-1]] if ahead else []
    if all(wording.is_said(text, amount=part["amount"], day=part["due_on"]) for part in ends):
        return []
    found = [
        wording.say(
            "instalment_paid" if part.get("status") == "paid" else "instalment",
            amount=wording.money(part["amount"]),
            day=wording.day(part["due_on"]),
        )
        for part in parts
    ]
    if len(found) > longest + 1:
        # The last one is shown: it may differ, and it says when the plan is over (K8).
        found[longest - 1 : -1] = [wording.say("more_between", count=len(found) - longest)]
    return found


def _receipt(card: Card, text: str, wording: Wording, longest: int) -> list[str]:
    amount, day, balance = card["amount"], str(card["paid_at"]), card.get("balance", 0)
    found = []
    if not wording.is_said(text, amount=amount):
        found.append(wording.say("paid", amount=wording.money(amount), day=wording.day(day)))
    if balance > 0 and not wording.is_said(text, amount=balance):
        found.append(wording.say("left", amount=wording.money(balance)))
    return found


_KINDS: dict[str, Callable[[Card, str, Wording, int], list[str]]] = {
    "invoices": _invoices,
    "pay_link": _pay_link,
    "statement": _document,
    "plan_schedule": _plan_schedule,
    "receipt": _receipt,
}


def _entries(card: Card, name: str) -> list[Card]:
    listed = card.get(name)
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


def _names(text: str, number: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(number)}(?![\w-])", text) is not None
