"""Brazilian Portuguese in free text, as it is typed: short, without accents, corrected, mixed (K4, K7, K8)."""

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
    """What is not read as it was said, with the plain English that it became."""
    found = {text: read(in_english(text, "pt")) for text in table}
    return {f"{text} => {in_english(text, 'pt')}": got for text, got in found.items() if got != table[text]}


def brl(amount: str) -> Money:
    return Money.of(amount, "BRL")


def amount(words: str) -> Money | None:
    said = amounts.read(dates.without_dates(words), "BRL", "pt-BR", NUMBERS)
    return said.amount if said else None


def test_an_amount_is_read_as_it_was_said() -> None:
    said = {
        "80,50": "80.50", "R$ 80,50": "80.50", "R$80": "80", "r$ 1.200,50": "1200.50", "1.200,50": "1200.50",
        "1.200": "1200",
        "1200 reais": "1200", "cinquenta": "50", "cinquenta reais": "50", "cincoenta": "50", "cinquenta conto": "50",
        "50 pila": "50", "mil e duzentos": "1200", "mil duzentos reais": "1200", "cento e vinte": "120",
        "cem reais": "100",
        "quinhentos": "500", "trinta e cinco": "35", "vinte e dois": "22", "dezesseis reais": "16", "onze": "11",
        "duzentas": "200", "duzentos e cinquenta": "250", "2 mil": "2000", "2 mil e 500": "2500", "1,5 mil": "1500",
        "dois mil e quinhentos": "2500", "oitenta reais e cinquenta centavos": "80.50",
        "80 reais e 50 centavos": "80.50",
        "oitenta vírgula cinco": "80.5", "50 centavos": "0.50", "posso pagar 60": "60", "consigo 60 agora": "60",
        "só consigo 60": "60", "só posso 40": "40", "quero pagar 75": "75", "eu pago 30 na sexta": "30",
        "50 dia 15": "50",
        "não, faz 60": "60", "não consigo 100, melhor 60": "60", "100 é muito, melhor 60": "60", "não 80, 60": "60",
        "50, não pera, 60": "60", "60 em vez de 80": "60", "coloca 60": "60", "muda pra 60": "60",
        "quis dizer 60": "60",
        "não tenho 100, tenho 60": "60", "devo 200 e consigo 50": "50", "uns 60": "60", "60 mais ou menos": "60",
        "posso pagar 50 now": "50", "I can pay cinquenta reais hoje": "50", "uma entrada de 45": "45", "até 70": "70",
        "vou fazer um pix de 35": "35", "mando quarenta hoje": "40", "50 brl": "50", "cinquentinha": "50",
        "dá pra pagar 65 amanhã": "65", "queria acertar 120,75": "120.75", "pelo menos 20": "20",
        "amanhã pago 30": "30",
        "posso dar oitenta": "80", "abater 90": "90", "consigo pagar no máximo 55": "55",
    }  # fmt: skip
    assert wrong(amount, {text: brl(value) for text, value in said.items()}) == {}


def test_k7_what_they_cannot_pay_or_leave_open_is_no_amount() -> None:
    said = (
        "não consigo pagar 100", "100 é demais", "não tenho condições de pagar 100", "40 ou 50", "entre dez e vinte",
        "hoje",
        "15 de dezembro", "em 3 dias", "umas centenas", "a fatura 1002", "às 15h", "6 parcelas", "dia 10",
        "não dá pra 100",
    )  # fmt: skip
    assert wrong(amount, dict.fromkeys(said)) == {}


def test_a_share_or_an_invoice_is_read_as_it_was_said() -> None:
    said = {
        "metade": Said(fraction=Fraction(1, 2)),
        "a metade": Said(fraction=Fraction(1, 2)),
        "quero pagar metade": Said(fraction=Fraction(1, 2)),
        "posso pagar half now": Said(fraction=Fraction(1, 2)),
        "I want to pay a metade": Said(fraction=Fraction(1, 2)),
        "um terço": Said(fraction=Fraction(1, 3)),
        "a terça parte": Said(fraction=Fraction(1, 3)),
        "dois terços": Said(fraction=Fraction(2, 3)),
        "um quarto": Said(fraction=Fraction(1, 4)),
        "20 por cento": Said(fraction=Fraction(1, 5)),
        "30%": Said(fraction=Fraction(3, 10)),
        "tudo": Said(share=Share.ALL),
        "quero quitar tudo": Said(share=Share.ALL),
        "o valor total": Said(share=Share.ALL),
        "o saldo todo": Said(share=Share.ALL),
        "tudo que eu devo": Said(share=Share.ALL),
        "a conta toda": Said(share=Share.ALL),
        "o que está atrasado": Said(share=Share.OVERDUE),
        "o que ta atrasado": Said(share=Share.OVERDUE),
        "só o vencido": Said(share=Share.OVERDUE),
        "tudo que já venceu": Said(share=Share.OVERDUE),
        "o valor em atraso": Said(share=Share.OVERDUE),
        "a mais antiga": Said(share=Share.OLDEST),
        "a fatura mais velha": Said(share=Share.OLDEST),
        "a mais recente": Said(share=Share.NEWEST),
        "a menor": Said(share=Share.SMALLEST),
        "a mais barata": Said(share=Share.SMALLEST),
        "a maior": Said(share=Share.LARGEST),
        "as duas": Said(share=Share.BOTH),
        "ambas": Said(share=Share.BOTH),
        "a outra": Said(share=Share.OTHER),
        "a segunda": Said(place=2),
        "a primeira fatura": Said(place=1),
        "a última": Said(place=-1),
        "INV-1002": Said(invoices=("INV-1002",)),
        "a fatura 1002": Said(invoices=("INV-1002",)),
        "metade da INV-1002": Said(fraction=Fraction(1, 2), invoices=("INV-1002",)),
        "tudo menos a INV-1002": Said(invoices=("INV-1001", "INV-1003"), by_rest=True),
        "tudo exceto a primeira": Said(invoices=("INV-1002", "INV-1003"), by_rest=True),
        "não consigo pagar tudo": None,
        "tudo bem": None,
        "tudo bom?": None,
    }
    read = lambda words: amounts.read(words, "BRL", "pt-BR", NUMBERS)  # noqa: E731
    assert wrong(read, said) == {}


def test_a_day_is_read_as_it_was_said() -> None:
    said = {
        "hoje": "2026-11-18", "hj": "2026-11-18", "amanhã": "2026-11-19", "amanha": "2026-11-19",
        "depois de amanhã": "2026-11-20", "ontem": "2026-11-17", "sexta": "2026-11-20", "sexta-feira": "2026-11-20",
        "na sexta": "2026-11-20", "segunda": "2026-11-23", "segunda-feira": "2026-11-23", "na segunda": "2026-11-23",
        "sexta que vem": "2026-11-20", "próxima sexta": "2026-11-20", "sexta da semana que vem": "2026-11-27",
        "segunda da próxima semana": "2026-11-23", "sábado": "2026-11-21", "quarta": "2026-11-25",
        "terça": "2026-11-24",
        "dia 15": "2026-12-15", "no dia 30": "2026-11-30", "pro dia 25": "2026-11-25", "até dia 25": "2026-11-25",
        "15 de dezembro": "2026-12-15", "dia 15 de dez": "2026-12-15", "15 dezembro": "2026-12-15",
        "1º de dezembro": "2026-12-01", "primeiro de dezembro": "2026-12-01", "dia primeiro": "2026-12-01",
        "3 de janeiro de 2027": "2027-01-03", "3/12": "2026-12-03", "15/12/2026": "2026-12-15",
        "2026-12-01": "2026-12-01",
        "em duas semanas": "2026-12-02", "daqui a 10 dias": "2026-11-28", "daqui dez dias": "2026-11-28",
        "em uma semana": "2026-11-25", "daqui a um mês": "2026-12-18", "me dá dez dias": "2026-11-28",
        "mais uma semana": "2026-11-25", "daqui a 15 dias": "2026-12-03", "fim do mês": "2026-11-30",
        "no final do mês": "2026-11-30", "final do mês que vem": "2026-12-31", "começo do mês": "2026-12-01",
        "meados de dezembro": "2026-12-15", "fim de janeiro": "2027-01-31", "primeira sexta de dezembro": "2026-12-04",
        "última sexta do mês": "2026-11-27", "dia 5 do mês que vem": "2026-12-05", "dia 5 do próximo mês": "2026-12-05",
        "hoje não, sexta": "2026-11-20", "não consigo na sexta, segunda": "2026-11-23", "recebo dia 30": "2026-11-30",
        "meu salário cai dia 5": "2026-12-05", "recebo na sexta": "2026-11-20", "pago 50 na sexta": "2026-11-20",
        "posso pagar 50 on friday": "2026-11-20", "amanhã sem falta": "2026-11-19", "vinte de novembro": "2026-11-20",
        "quinta dia 3 de dezembro": "2026-12-03", "semana que vem na terça": "2026-11-24", "mais 3 dias": "2026-11-21",
        "domingo": "2026-11-22", "dia trinta": "2026-11-30", "nesta sexta": "2026-11-20",
    }  # fmt: skip
    read = lambda words: dates.read(words, TODAY, "pt-BR")  # noqa: E731
    assert wrong(read, {text: dt.date.fromisoformat(day) for text, day in said.items()}) == {}


def test_a_time_that_names_no_day_is_asked_back() -> None:
    said = (
        "quando eu receber", "quando cair o salário", "quando der", "semana que vem", "mês que vem", "logo",
        "mais tarde",
        "fim de semana", "assim que puder", "não sei", "recebo no quinto dia útil", "no quinto dia útil", "5º dia útil",
        "no dia do pagamento", "quando puder",
    )  # fmt: skip
    assert (
        wrong(
            lambda words: (dates.read(words, TODAY, "pt-BR"), dates.is_vague(words)), dict.fromkeys(said, (None, True))
        )
        == {}
    )
    bare = dict.fromkeys(
        ("oi", "obrigada", "50 reais", "sim", "a primeira", "a segunda opção", "a quarta parcela", "meu cartão")
    )
    assert wrong(lambda words: dates.read(words, TODAY, "pt-BR"), bare) == {}


def test_the_terms_of_a_plan_are_read_as_they_were_said() -> None:
    said: dict[str, dict[str, Any]] = {
        "60 a cada duas semanas": {"amount": brl("60"), "frequency": FORTNIGHTLY},
        "60 quinzenais": {"amount": brl("60"), "frequency": FORTNIGHTLY},
        "quinzenal": {"frequency": FORTNIGHTLY},
        "por quinzena consigo 45": {"amount": brl("45"), "frequency": FORTNIGHTLY},
        "de 15 em 15 dias 50 reais": {"amount": brl("50"), "frequency": FORTNIGHTLY},
        "duas vezes por mês 50": {"amount": brl("50"), "frequency": FORTNIGHTLY},
        "nos dias 15 e 30, 80": {"amount": brl("80"), "frequency": FORTNIGHTLY},
        "40 por semana": {"amount": brl("40"), "frequency": WEEKLY},
        "40 semanais": {"amount": brl("40"), "frequency": WEEKLY},
        "25 por semana nas terças": {"amount": brl("25"), "frequency": WEEKLY, "weekday": 1},
        "20 toda sexta": {"amount": brl("20"), "frequency": WEEKLY, "weekday": 4},
        "todas as sextas 20": {"amount": brl("20"), "frequency": WEEKLY, "weekday": 4},
        "60 sexta sim sexta não": {"amount": brl("60"), "frequency": FORTNIGHTLY, "weekday": 4},
        "só consigo 100 por mês": {"amount": brl("100"), "frequency": MONTHLY},
        "80 mensais": {"amount": brl("80"), "frequency": MONTHLY},
        "oitenta ao mês": {"amount": brl("80"), "frequency": MONTHLY},
        "150 por mês no dia 15": {"amount": brl("150"), "frequency": MONTHLY, "month_day": 15},
        "todo dia 10, 100 reais": {"amount": brl("100"), "frequency": MONTHLY, "month_day": 10},
        "dia 5 de cada mês, cinquenta": {"amount": brl("50"), "frequency": MONTHLY, "month_day": 5},
        "todo dia primeiro 50": {"amount": brl("50"), "frequency": MONTHLY, "month_day": 1},
        "75 no fim de cada mês": {"amount": brl("75"), "frequency": MONTHLY, "month_day": 31},
        "quatro parcelas": {"count": 4},
        "4 parcelas de 50": {"count": 4, "amount": brl("50")},
        "6x de 50": {"count": 6, "amount": brl("50")},
        "em 6x": {"count": 6},
        "em 6 vezes": {"count": 6},
        "parcelar em 4": {"count": 4},
        "parcela em 4x": {"count": 4},
        "dividir em três vezes": {"count": 3},
        "onze prestações": {"count": 11},
        "em 6 meses": {"months": 6},
        "por 3 meses": {"months": 3},
        "em um ano": {"months": 12},
        "meio ano": {"months": 6},
        "semanal por 3 meses": {"frequency": WEEKLY, "months": 3},
        "50 agora e o resto em quatro meses": {"down": brl("50"), "months": 4},
        "metade agora, o resto em 3 parcelas": {"down": Fraction(1, 2), "count": 3},
        "100 de entrada e depois 50 por mês": {"down": brl("100"), "amount": brl("50"), "frequency": MONTHLY},
        "uma entrada de 40 e depois 20 por semana": {"down": brl("40"), "amount": brl("20"), "frequency": WEEKLY},
        "50 hoje e o resto na sexta": {"down": brl("50"), "count": 1, "first_on": dt.date(2026, 11, 20), "weekday": 4},
        "100 por mês a partir do dia 15": {"amount": brl("100"), "frequency": MONTHLY,
        "first_on": dt.date(2026, 12, 15)},
        "40 por semana a partir de sexta": {
            "amount": brl("40"), "frequency": WEEKLY, "first_on": dt.date(2026, 11, 20), "weekday": 4,
        },
        "60 por mês começando em janeiro": {"amount": brl("60"), "frequency": MONTHLY, "first_on": dt.date(2027, 1, 1)},
        "100 por mês é muito, consigo 40": {"amount": brl("40"), "frequency": MONTHLY},
        "40 ou 50 por mês": {"frequency": MONTHLY},
        "não, melhor 60 por mês": {"amount": brl("60"), "frequency": MONTHLY},
        "de 225 para 150 por mês": {"amount": brl("150"), "frequency": MONTHLY},
        "20 todo dia": {"odd": True, "amount": brl("20")},
        "I can do 60 por quinzena": {"amount": brl("60"), "frequency": FORTNIGHTLY},
    }  # fmt: skip
    read = lambda words: terms.read(words, "BRL", "pt-BR", TODAY)  # noqa: E731
    assert wrong(read, {text: Proposed(**expected) for text, expected in said.items()}) == {}


def test_a_choice_is_understood() -> None:
    said = {
        "a primeira": 0, "o primeiro": 0, "a segunda": 1, "segunda opção": 1, "opção 2": 1, "a opcao 2": 1, "a 2": 1,
        "2": 1,
        "a terceira opção": 2, "a última": 3, "a de seis meses": 3, "o de 4 meses": 1, "quatro meses por favor": 1,
        "seis": 3,
        "a mais longa": 3, "a mais curta": 0, "a de parcelas menores": 3, "fico com a segunda": 1,
        "quero a de 5 meses": 2,
        "a primeira não, a segunda": 1, "6 meses": 3, "o plano 2": 1, "prefiro a primeira": 0, "a de 6 vezes": 3,
        "em 6 meses": 3,
        "3 ou 4": None, "7 meses": None, "qualquer uma": None, "opção 9": None,
    }  # fmt: skip
    assert wrong(lambda words: choices.option(words, LENGTHS), said) == {}
    assert wrong(choices.months, {"em 6 meses": 6, "em doze meses": 12, "em um ano": 12, "oi": None}) == {}


def test_k8_a_plain_yes_is_one_and_nothing_else_is() -> None:
    plain = (
        "sim", "Sim, por favor", "s", "claro", "claro que sim", "isso", "isso mesmo", "pode ser", "beleza", "blz",
        "tá bom",
        "ta bom", "combinado", "fechado", "com certeza", "pode", "certo", "ok", "perfeito", "aceito", "concordo",
        "bora", "aham",
        "pode fazer", "sim, obrigada", "ok obrigado", "sim, tá bom", "fechou", "pode mandar", "de acordo", "isso aí",
        "sim quero",
        "sim, pode ser", "valeu", "serve pra mim", "quero sim",
    )  # fmt: skip
    unclear = (
        "não", "não obrigado", "melhor não", "talvez", "acho que sim", "sim, mas menos", "sim, se eu receber",
        "não sei",
        "sim, quando eu receber", "por quê?", "depende", "claro que não", "sim, 60", "deixa eu pensar", "não quero",
        "pode ser que sim", "isso é muito", "sim, mas segunda", "n",
    )  # fmt: skip
    assert wrong(choices.is_clear_yes, {**dict.fromkeys(plain, True), **dict.fromkeys(unclear, False)}) == {}


def test_a_plain_no_is_one() -> None:
    said = {
        "não": True, "nao": True, "n": True, "não obrigada": True, "melhor não": True, "não quero": True,
        "claro que não": True,
        "de jeito nenhum": True, "ainda não": True, "nunca": True, "sim": False, "beleza": False, "50": False,
        "no dia 15": False,
        "na sexta": False,
    }  # fmt: skip
    assert wrong(choices.is_plain_no, said) == {}


def test_a_time_of_day_is_read_as_it_was_said() -> None:
    def at(start: float, end: float) -> Times:
        return Times(round(start * 60), round(end * 60))

    said = {
        "às 15h": at(15, 16), "as 15h": at(15, 16), "15h30": at(15.5, 16.5), "às 3 da tarde": at(15, 16),
        "às 15 horas": at(15, 16),
        "às 10 da manhã": at(10, 11), "às três e meia": at(15.5, 16.5), "às 8 da noite": at(20, 21),
        "15:30": at(15.5, 16.5),
        "depois das 17h": Times(17 * 60, DAY), "depois das 5 da tarde": Times(17 * 60, DAY),
        "após as 18h": Times(18 * 60, DAY),
        "a partir das 14h": Times(14 * 60, DAY), "antes das 10": at(0, 10), "não antes das 10": Times(10 * 60, DAY),
        "entre 9 e 11": at(9, 11), "das 9 às 11": at(9, 11), "das 9h às 11h": at(9, 11), "das 14 às 16h": at(14, 16),
        "de manhã": at(8, 12), "pela manhã": at(8, 12), "amanhã de manhã": at(8, 12), "à tarde": at(12, 17),
        "de tarde": at(12, 17),
        "à noite": at(17, 21), "depois do trabalho": at(17, 21), "na hora do almoço": at(12, 14),
        "ao meio-dia": at(12, 13),
        "antes do meio dia": at(0, 12), "amanhã às 4": at(16, 17), "em horário comercial": at(9, 17), "oi": None,
        "dia 15": None,
        "50 reais": None, "em 3 dias": None,
    }  # fmt: skip
    assert wrong(times.read, said) == {}


@given(st.integers(1, 99_999_99), st.sampled_from(("BRL", "USD")))
def test_an_amount_is_read_back_as_the_locale_writes_it(minor: int, currency: str) -> None:
    written = Money(minor, currency)
    words = in_english(f"quero pagar {written.format('pt-BR')} hoje", "pt")
    assert amounts.read(words, currency, "pt-BR") == Said(amount=written)


@given(st.dates(TODAY + dt.timedelta(days=1), TODAY + dt.timedelta(days=360)))
def test_a_day_is_read_back_as_the_locale_writes_it_and_as_people_type_it(day: dt.date) -> None:
    long, month = format_date(day, format="long", locale="pt_BR"), format_date(day, format="MMMM", locale="pt_BR")
    for text in (long, f"pago em {long}", f"dia {day.day} de {month}", f"{day.day} {month}", f"{day:%d/%m/%Y}"):
        assert dates.read(in_english(text, "pt"), TODAY, "pt-BR") == day, text
