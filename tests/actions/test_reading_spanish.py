"""Spanish in free text, as it is typed: with and without accents, short, corrected, mixed with English (K4, K7, K8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from actions.reading import amounts, choices, dates, terms, times
from actions.reading.amounts import Said, Share
from actions.reading.languages import in_english
from actions.reading.terms import Proposed
from actions.reading.times import DAY, Times
from bot.models import Frequency
from bot.money import Money

TODAY = dt.date(2026, 11, 18)  # a Wednesday
WEEKLY, FORTNIGHTLY, MONTHLY = Frequency.WEEKLY, Frequency.FORTNIGHTLY, Frequency.MONTHLY
NUMBERS = ("INV-1001", "INV-1002", "INV-1003")
LENGTHS = (3, 4, 5, 6)


def wrong(read: Callable[[str], Any], table: Mapping[str, Any]) -> dict[str, Any]:
    """What is not read as it was said, in the plain English that it became."""
    found = {text: read(in_english(text, "es")) for text in table}
    return {f"{text} => {in_english(text, 'es')}": got for text, got in found.items() if got != table[text]}


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def amount(words: str) -> Money | None:
    said = amounts.read(dates.without_dates(words), "USD", "es-MX", NUMBERS)
    return said.amount if said else None


def test_an_amount_is_read_as_it_was_said() -> None:
    said = {
        "80.50": "80.50", "$80.50": "80.50", "$1,200.50": "1200.50", "1,200": "1200", "1200 pesos": "1200",
        "cincuenta": "50", "cincuenta dólares": "50", "cincuenta dolares": "50", "sincuenta pesos": "50",
        "mil doscientos": "1200", "mil doscientos pesos": "1200", "ciento veinte": "120", "cien": "100",
        "quinientos": "500", "treinta y cinco": "35", "veintidos": "22", "dieciseis dolares": "16",
        "once dólares": "11",
        "doscientas": "200", "2 mil": "2000", "2 mil 500": "2500", "1.5 mil": "1500", "dos mil quinientos": "2500",
        "ochenta dólares con cincuenta centavos": "80.50", "80 pesos con 50 centavos": "80.50",
        "ochenta punto cinco": "80.5",
        "50 varos": "50", "50 baros": "50", "puedo pagar 60": "60", "puedo dar 60 ahorita": "60", "solo puedo 60": "60",
        "nomas puedo 40": "40", "quiero abonar 75": "75", "le pago 30 el viernes": "30", "50 el 15": "50",
        "no, mejor 60": "60", "no puedo 100, mejor 60": "60", "100 es mucho, mejor 60": "60", "no 100, sino 60": "60",
        "50, no perdón, 60": "60", "60 en vez de 80": "60", "que sean 60": "60", "póngale 60": "60", "digo 60": "60",
        "no tengo 100, tengo 60": "60", "debo 200 y puedo pagar 50": "50", "unos 60": "60", "como 60 pesos": "60",
        "quiero pagar 50 on friday": "50", "un abono de 45": "45", "hasta 70": "70", "me alcanza para 35": "35",
        "pago cuarenta hoy": "40", "cincuenta y cinco con noventa": "55.90", "US$50": "50", "50 usd": "50",
        "MXN 50": "50",
        "le puedo depositar 65 pesos mañana": "65", "pongo ochenta": "80", "quisiera liquidar 120.75": "120.75",
        "por lo menos 20": "20", "mañana pago 30": "30", "a mas tardar el 15 le doy 80": "80",
    }  # fmt: skip
    assert wrong(amount, {text: usd(value) for text, value in said.items()}) == {}


def test_k7_what_they_cannot_pay_or_leave_open_is_no_amount() -> None:
    said = (
        "no puedo pagar 100", "100 es demasiado", "no me alcanza para 100", "40 o 50", "entre diez y veinte", "hoy",
        "el 15 de diciembre", "en 3 días", "unos cientos", "dos cincuenta", "la factura 1002", "a las 3 de la tarde",
        "6 pagos",
    )  # fmt: skip
    assert wrong(amount, dict.fromkeys(said)) == {}


def test_a_share_or_an_invoice_is_read_as_it_was_said() -> None:
    said = {
        "la mitad": Said(fraction=Fraction(1, 2)),
        "quiero pagar la mitad": Said(fraction=Fraction(1, 2)),
        "I want to pay la mitad": Said(fraction=Fraction(1, 2)),
        "pay mitad now": Said(fraction=Fraction(1, 2)),
        "un tercio": Said(fraction=Fraction(1, 3)),
        "la tercera parte": Said(fraction=Fraction(1, 3)),
        "dos tercios": Said(fraction=Fraction(2, 3)),
        "un cuarto": Said(fraction=Fraction(1, 4)),
        "tres cuartas partes": Said(fraction=Fraction(3, 4)),
        "el 20 por ciento": Said(fraction=Fraction(1, 5)),
        "30%": Said(fraction=Fraction(3, 10)),
        "todo": Said(share=Share.ALL),
        "lo quiero pagar todo": Said(share=Share.ALL),
        "el saldo completo": Said(share=Share.ALL),
        "todo lo que debo": Said(share=Share.ALL),
        "liquidar la cuenta completa": Said(share=Share.ALL),
        "lo vencido": Said(share=Share.OVERDUE),
        "lo atrasado nomás": Said(share=Share.OVERDUE),
        "todo lo que está vencido": Said(share=Share.OVERDUE),
        "lo que ya venció": Said(share=Share.OVERDUE),
        "la más vieja": Said(share=Share.OLDEST),
        "la factura más antigua": Said(share=Share.OLDEST),
        "la más reciente": Said(share=Share.NEWEST),
        "la más chica": Said(share=Share.SMALLEST),
        "la más pequeña": Said(share=Share.SMALLEST),
        "la más grande": Said(share=Share.LARGEST),
        "las dos": Said(share=Share.BOTH),
        "ambas facturas": Said(share=Share.BOTH),
        "la otra": Said(share=Share.OTHER),
        "la segunda": Said(place=2),
        "la primera factura": Said(place=1),
        "la última": Said(place=-1),
        "INV-1002": Said(invoices=("INV-1002",)),
        "la factura 1002": Said(invoices=("INV-1002",)),
        "la mitad de la INV-1002": Said(fraction=Fraction(1, 2), invoices=("INV-1002",)),
        "todo menos la INV-1002": Said(invoices=("INV-1001", "INV-1003"), by_rest=True),
        "todo excepto la primera": Said(invoices=("INV-1002", "INV-1003"), by_rest=True),
        "no puedo pagar todo": None,
        "todo bien": None,
        "sobre todo gracias": None,
    }
    read = lambda words: amounts.read(words, "USD", "es-MX", NUMBERS)  # noqa: E731
    assert wrong(read, said) == {}


def test_a_day_is_read_as_it_was_said() -> None:
    said = {
        "hoy": "2026-11-18", "mañana": "2026-11-19", "manana": "2026-11-19", "pasado mañana": "2026-11-20",
        "ayer": "2026-11-17", "el viernes": "2026-11-20", "este viernes": "2026-11-20",
        "el próximo viernes": "2026-11-20",
        "el viernes que viene": "2026-11-20", "el viernes de la próxima semana": "2026-11-27",
        "el lunes de la semana que viene": "2026-11-23", "el viernes en ocho": "2026-11-27", "miércoles": "2026-11-25",
        "el sabado": "2026-11-21", "el 15": "2026-12-15", "el día 30": "2026-11-30", "para el 25": "2026-11-25",
        "el 15 de diciembre": "2026-12-15", "15 de dic": "2026-12-15", "15 diciembre": "2026-12-15",
        "el primero de diciembre": "2026-12-01", "1º de diciembre": "2026-12-01", "1ro de enero": "2027-01-01",
        "el 3 de enero de 2027": "2027-01-03", "3/12": "2026-12-03", "15/12/2026": "2026-12-15",
        "2026-12-01": "2026-12-01",
        "en dos semanas": "2026-12-02", "dentro de 10 días": "2026-11-28", "en diez dias": "2026-11-28",
        "en una semana": "2026-11-25", "de hoy en ocho": "2026-11-25", "en un mes": "2026-12-18",
        "deme diez días": "2026-11-28",
        "una semana más": "2026-11-25", "en quince días": "2026-12-02", "a fin de mes": "2026-11-30",
        "fin de mes": "2026-11-30",
        "a finales de mes": "2026-11-30", "el último del mes": "2026-11-30", "a principios de mes": "2026-12-01",
        "a mediados de diciembre": "2026-12-15", "a fines de enero": "2027-01-31",
        "el primer viernes de diciembre": "2026-12-04",
        "el último viernes del mes": "2026-11-27", "el 5 del próximo mes": "2026-12-05",
        "el 5 del mes que viene": "2026-12-05",
        "hoy no, el viernes": "2026-11-20", "no puedo el viernes, el lunes": "2026-11-23",
        "me pagan el 30": "2026-11-30",
        "el día que me pagan es el 15": "2026-12-15", "cobro el viernes": "2026-11-20",
        "a más tardar el viernes": "2026-11-20",
        "pago 50 el viernes": "2026-11-20", "quiero pagar 50 on friday": "2026-11-20",
        "para mañana sin falta": "2026-11-19",
        "el veinte de noviembre": "2026-11-20", "jueves 3 de diciembre": "2026-12-03", "el dia primero": "2026-12-01",
        "el 1 de diciembre": "2026-12-01", "diciembre 15": "2026-12-15", "en un par de semanas": "2026-12-02",
        "pasado": "2026-11-20", "el treinta": "2026-11-30",
    }  # fmt: skip
    read = lambda words: dates.read(words, TODAY, "es-MX")  # noqa: E731
    assert wrong(read, {text: dt.date.fromisoformat(day) for text, day in said.items()}) == {}


def test_a_time_that_names_no_day_is_asked_back() -> None:
    said = (
        "cuando me paguen", "en la quincena", "cuando pueda", "la próxima semana", "el mes que viene", "pronto",
        "luego",
        "el fin de semana", "en cuanto cobre", "no sé", "más adelante", "después de la quincena", "cuando tenga",
    )  # fmt: skip
    assert (
        wrong(
            lambda words: (dates.read(words, TODAY, "es-MX"), dates.is_vague(words)), dict.fromkeys(said, (None, True))
        )
        == {}
    )
    bare = dict.fromkeys(("hola", "gracias", "50 dólares", "sí", "la primera", "cada viernes no, mensual"))
    bare.pop("cada viernes no, mensual")
    assert wrong(lambda words: dates.read(words, TODAY, "es-MX"), bare) == {}


def test_the_terms_of_a_plan_are_read_as_they_were_said() -> None:
    said: dict[str, dict[str, Any]] = {
        "60 cada dos semanas": {"amount": usd("60"), "frequency": FORTNIGHTLY},
        "60 quincenales": {"amount": usd("60"), "frequency": FORTNIGHTLY},
        "quincenal": {"frequency": FORTNIGHTLY},
        "por quincena puedo 45": {"amount": usd("45"), "frequency": FORTNIGHTLY},
        "cada 15 días 50 pesos": {"amount": usd("50"), "frequency": FORTNIGHTLY},
        "dos veces al mes 50": {"amount": usd("50"), "frequency": FORTNIGHTLY},
        "los días 15 y 30, 80": {"amount": usd("80"), "frequency": FORTNIGHTLY},
        "40 a la semana": {"amount": usd("40"), "frequency": WEEKLY},
        "40 semanales": {"amount": usd("40"), "frequency": WEEKLY},
        "25 por semana los martes": {"amount": usd("25"), "frequency": WEEKLY, "weekday": 1},
        "20 cada viernes": {"amount": usd("20"), "frequency": WEEKLY, "weekday": 4},
        "todos los viernes 20": {"amount": usd("20"), "frequency": WEEKLY, "weekday": 4},
        "60 un viernes sí y otro no": {"amount": usd("60"), "frequency": FORTNIGHTLY, "weekday": 4},
        "solo puedo 100 al mes": {"amount": usd("100"), "frequency": MONTHLY},
        "80 mensuales": {"amount": usd("80"), "frequency": MONTHLY},
        "ochenta por mes": {"amount": usd("80"), "frequency": MONTHLY},
        "150 al mes el 15": {"amount": usd("150"), "frequency": MONTHLY, "month_day": 15},
        "el 15 de cada mes, 150": {"amount": usd("150"), "frequency": MONTHLY, "month_day": 15},
        "cada día 10 pago 60": {"amount": usd("60"), "frequency": MONTHLY, "month_day": 10},
        "el primero de cada mes, cincuenta": {"amount": usd("50"), "frequency": MONTHLY, "month_day": 1},
        "75 a fin de cada mes": {"amount": usd("75"), "frequency": MONTHLY, "month_day": 31},
        "cuatro pagos": {"count": 4},
        "4 pagos de 50": {"count": 4, "amount": usd("50")},
        "6x de 50": {"count": 6, "amount": usd("50")},
        "en 5 cuotas": {"count": 5},
        "once cuotas": {"count": 11},
        "dividirlo en 5": {"count": 5},
        "lo puedo partir en tres partes": {"count": 3},
        "en 6 mensualidades": {"count": 6, "frequency": MONTHLY},
        "en seis meses": {"months": 6},
        "por 3 meses": {"months": 3},
        "a 12 meses": {"months": 12},
        "a un año": {"months": 12},
        "medio año": {"months": 6},
        "semanal por 3 meses": {"frequency": WEEKLY, "months": 3},
        "50 ahora y el resto en cuatro meses": {"down": usd("50"), "months": 4},
        "la mitad ahora, el resto en 3 pagos": {"down": Fraction(1, 2), "count": 3},
        "100 de enganche y luego 50 al mes": {"down": usd("100"), "amount": usd("50"), "frequency": MONTHLY},
        "un anticipo de 40 y luego 20 por semana": {"down": usd("40"), "amount": usd("20"), "frequency": WEEKLY},
        "50 hoy y el resto el viernes": {"down": usd("50"), "count": 1, "first_on": dt.date(2026, 11, 20),
        "weekday": 4},
        "100 al mes a partir del 15": {"amount": usd("100"), "frequency": MONTHLY, "first_on": dt.date(2026, 12, 15)},
        "40 por semana a partir del viernes": {
            "amount": usd("40"), "frequency": WEEKLY, "first_on": dt.date(2026, 11, 20), "weekday": 4,
        },
        "60 al mes empezando en enero": {"amount": usd("60"), "frequency": MONTHLY, "first_on": dt.date(2027, 1, 1)},
        "100 al mes es mucho, podría 40": {"amount": usd("40"), "frequency": MONTHLY},
        "40 o 50 al mes": {"frequency": MONTHLY},
        "no, mejor 60 al mes": {"amount": usd("60"), "frequency": MONTHLY},
        "de 225 a 150 al mes": {"amount": usd("150"), "frequency": MONTHLY},
        "20 diarios todos los días": {"odd": True, "amount": usd("20")},
        "I can do 60 cada quincena": {"amount": usd("60"), "frequency": FORTNIGHTLY},
    }  # fmt: skip
    read = lambda words: terms.read(words, "USD", "es-MX", TODAY)  # noqa: E731
    assert wrong(read, {text: Proposed(**expected) for text, expected in said.items()}) == {}


def test_a_choice_is_understood() -> None:
    said = {
        "la primera": 0, "el primero": 0, "la segunda": 1, "opción 2": 1, "la opcion 2": 1, "la 2": 1, "la 2a": 1,
        "2": 1,
        "la tercera opción": 2, "la última": 3, "la de seis meses": 3, "el de 4 meses": 1, "cuatro meses por favor": 1,
        "seis": 3, "la más larga": 3, "la más corta": 0, "la de pagos más chicos": 3, "me quedo con la segunda": 1,
        "quiero la de 5 meses": 2, "la primera no, la segunda": 1, "6 meses": 3, "a 5 meses": 2, "la de tres": 0,
        "el plan 2": 1, "prefiero la primera": 0, "3 o 4": None, "7 meses": None, "cualquiera": None,
        "la opción 9": None,
    }  # fmt: skip
    assert wrong(lambda words: choices.option(words, LENGTHS), said) == {}
    assert wrong(choices.months, {"a 6 meses": 6, "en doce meses": 12, "por un año": 12, "hola": None}) == {}


def test_k8_a_plain_yes_is_one_and_nothing_else_is() -> None:
    plain = (
        "sí", "si", "Sí, por favor", "si porfa", "claro", "claro que sí", "dale", "va", "de acuerdo", "está bien",
        "vale",
        "órale", "ándale", "sale", "perfecto", "adelante", "me parece bien", "por supuesto", "sí, gracias", "acepto",
        "hágalo", "correcto", "ok gracias", "sí, está bien", "simón", "listo", "trato hecho", "bueno", "sí quiero",
        "va, gracias",
        "si claro", "ok", "sí, de acuerdo", "sí, adelante", "me sirve", "exacto",
    )  # fmt: skip
    unclear = (
        "no", "no gracias", "mejor no", "tal vez", "creo que sí", "sí, pero menos", "a lo mejor", "puede ser",
        "sí, si me pagan",
        "sí, cuando cobre", "¿por qué?", "supongo", "no sé", "sí, pero el lunes", "quizás", "si puedo", "depende",
        "claro que no",
        "sí, 60", "déjeme pensar", "va a estar difícil",
    )  # fmt: skip
    assert wrong(choices.is_clear_yes, {**dict.fromkeys(plain, True), **dict.fromkeys(unclear, False)}) == {}


def test_a_plain_no_is_one() -> None:
    said = {
        "no": True, "no gracias": True, "mejor no": True, "no quiero": True, "claro que no": True, "para nada": True,
        "nel": True, "nop": True, "no por ahora": True, "todavía no": True, "nunca": True, "sí": False, "va": False,
        "50": False,
    }  # fmt: skip
    assert wrong(choices.is_plain_no, said) == {}


def test_a_time_of_day_is_read_as_it_was_said() -> None:
    def at(start: float, end: float) -> Times:
        return Times(round(start * 60), round(end * 60))

    said = {
        "a las 3 de la tarde": at(15, 16), "a las 3": at(15, 16), "a las 10 de la mañana": at(10, 11),
        "a las 15h": at(15, 16),
        "a las 15:30": at(15.5, 16.5), "a las tres y media": at(15.5, 16.5), "a las 8 de la noche": at(20, 21),
        "después de las 5": Times(17 * 60, DAY), "despues de las 5 de la tarde": Times(17 * 60, DAY),
        "antes de las 10": at(0, 10), "no antes de las 10": Times(10 * 60, DAY), "entre las 9 y las 11": at(9, 11),
        "de 9 a 11": at(9, 11), "de las 2 a las 4 de la tarde": at(14, 16), "por la mañana": at(8, 12),
        "en la mañana": at(8, 12),
        "mañana por la mañana": at(8, 12), "por la tarde": at(12, 17), "en las tardes": at(12, 17),
        "por la noche": at(17, 21),
        "después del trabajo": at(17, 21), "saliendo del trabajo": at(17, 21), "a la hora de la comida": at(12, 14),
        "al mediodía": at(12, 13), "antes del mediodía": at(0, 12), "mañana a las 4": at(16, 17), "hola": None,
        "el 15": None,
        "50 dólares": None, "en 3 días": None,
    }  # fmt: skip
    assert wrong(times.read, said) == {}


@given(st.integers(1, 99_999_99), st.sampled_from(("es-MX", "es-US", "es-ES")), st.sampled_from(("USD", "MXN")))
def test_an_amount_is_read_back_as_each_locale_writes_it(minor: int, locale: str, currency: str) -> None:
    written = Money(minor, currency)
    words = in_english(f"quiero pagar {written.format(locale)} hoy", "es")
    assert amounts.read(words, currency, locale) == Said(amount=written)


@given(
    st.dates(TODAY + dt.timedelta(days=1), TODAY + dt.timedelta(days=360)), st.sampled_from(("es-MX", "es-US", "es-ES"))
)
def test_a_day_is_read_back_as_each_locale_writes_it_and_as_people_type_it(day: dt.date, locale: str) -> None:
    long = format_date(day, format="long", locale=locale.replace("-", "_"))
    month = format_date(day, format="MMMM", locale="es")
    for text in (long, f"pago el {long}", f"el {day.day} de {month}", f"{day.day} {month}", f"{day:%d/%m/%Y}"):
        if locale != "es-US" or "/" not in text:
            assert dates.read(in_english(text, "es"), TODAY, locale) == day, text
