"""Reading an invoice by what was bought: "the rug", "half of the two lampshades". Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from actions.reading.pieces import folded

# Words of a description that say nothing of what was bought.
_COMMON = frozenset(
    {
        "and", "the", "for", "with", "from", "your", "our", "set", "one", "two", "three", "four", "five", "six", "side",
        "new", "good", "item", "order", "delivery", "service", "month", "monthly", "annual", "fee", "charge", "payment",
        "invoice", "bill", "account", "not", "all", "january", "february", "march", "april", "may", "june", "july",
        "august", "september", "october", "november", "december", "week", "weekly", "half", "part", "pay", "card",
        "con", "cuenta", "cuota", "del", "dos", "esa", "ese", "esta", "este", "factura", "los", "las", "mitad",
        "pagar", "pago", "para", "pedido", "por", "que", "quiero", "recibo", "servicio", "todo", "una", "uno",
        "mensual", "anual", "boleto",
        "com", "conta", "das", "entrega", "essa", "esse", "fatura", "metade", "meu", "minha", "nao",
        "parcela", "quero", "servico", "tudo", "uma",
    }
)  # fmt: skip


def named(text: str, descriptions: Sequence[str]) -> int | None:
    """The place in `descriptions`, from 0, of the one that `text` names. None where the words fit several or none."""
    said = _telling(text)
    found = [place for place, description in enumerate(descriptions) if said & _telling(description)]
    return found[0] if len(found) == 1 else None


def numbered(text: str, descriptions: Sequence[str], numbers: Sequence[str]) -> str:
    """`text` with the number of the invoice in the place of what was bought: "half of the rug" is "half of the INV-7".

    `numbers` stand in the order of `descriptions`. The same text where it names none of them.
    """
    place = named(text, descriptions)
    if place is None:
        return text
    telling = "|".join(sorted(_telling(descriptions[place]) & _telling(text)))
    beside = "|".join(sorted({word.rstrip("s") for word in _words(descriptions[place])}))
    bought = rf"\b(?:(?:\d|(?:{beside})s*)\s+)*(?:{telling})s*\b"
    done, rest = "", 0
    for found in re.finditer(bought, folded(text)):
        done, rest = done + text[rest : found.start()] + numbers[place], found.end()
    return done + text[rest:]


def _telling(text: str) -> set[str]:
    return {word.rstrip("s") for word in _words(text) if word not in _COMMON and word.rstrip("s") not in _COMMON}


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]{3,}", folded(text))
