"""What the judge reads in a message: whether it speaks of money, how to hear no more, a way forward (C3, K3, P1)."""

from __future__ import annotations

import re

MONEY = re.compile(
    r"[$£€]|\b(R\$|USD|GBP|BRL|owe[sd]?|owing|debt|due|overdue|unpaid|balance|amount|pay|paid|payment|payments|instal\w*"
    r"|invoice\w*|bill|bills|billing|collect\w*|arrears|plan|promise\w*"
    r"|deuda\w*|debe|deber|pag[aoue]\w*|saldo|factura\w*|vencid\w*|venc\w*|importe|cuota\w*|plazo\w*|cobr\w*"
    r"|d[ií]vida\w*|d[ée]bito\w*|boleto\w*|fatura\w*|parcela\w*|atras\w*|valor|em aberto)\b",
    re.IGNORECASE,
)
WAY_OUT = re.compile(r"\b(STOP|PARAR|SAIR|BAJA|ALTO)\b|List-Unsubscribe: <https?://")
WAY_FORWARD = re.compile(
    r"\b(reply|answer|chat|tell us|let us know|respond\w*|contest\w*|respuesta|escr[ií]b\w*|chame|fale|diga)\b",
    re.IGNORECASE,
)
# Addresses, the operator's own name among them, are no words.
LINK = re.compile(r"https?://\S+")


def speaks_of_money(text: str) -> bool:
    """Whether somebody who reads it over a shoulder would think of money."""
    return MONEY.search(LINK.sub("", text)) is not None


def has_way_out(text: str) -> bool:
    """Whether it says how to hear no more."""
    return WAY_OUT.search(text) is not None


def has_way_forward(text: str) -> bool:
    """Whether it names something that one may do."""
    return WAY_FORWARD.search(text) is not None
