"""Disputes, troubles with payments, promises, plans and feedback are decided alike in every language (C9, C13, K7)."""

from __future__ import annotations

from actions.care import disputes
from actions.paying import payment_problems, promises, said_paid
from actions.plans import autopay, changes
from actions.reading.figures import plain
from actions.talk import feedback
from tests.actions.telling import Table, wrong


def test_what_is_wrong_with_an_invoice_is_heard_c9() -> None:
    table: Table = {
        True: (
            ["it is not mine", "i never received it", "i returned it"],
            ["no es mía", "nunca la pedí", "no me llegó el pedido", "ya la devolví", "llegó roto",
             "me cobraron dos veces", "ya cancelé el servicio", "deberían ser 40", "me prometieron otro precio",
             "yo no compré eso", "no reconozco ese cargo", "es demasiado"],
            ["não é minha", "nunca pedi isso", "não recebi o produto", "já devolvi", "chegou quebrado",
             "cobraram duas vezes", "já cancelei o serviço", "deveria ser 40", "me prometeram outro preço",
             "não comprei isso", "não reconheço essa cobrança", "veio com defeito"],
        ),
        False: (
            ["i want to dispute it"],
            ["quiero disputar la factura", "tengo un reclamo"],
            ["quero contestar a fatura", "tenho uma reclamação"],
        ),
    }  # fmt: skip
    assert wrong(disputes.tells_why, table) == []


def test_a_dispute_that_is_taken_back_is_told_from_one_c9() -> None:
    table: Table = {
        True: (
            ["i don't want to dispute it any more", "drop my dispute"],
            ["ya no quiero disputarla", "ya no quiero reclamar", "retiro mi reclamo", "quiero retirar la disputa"],
            ["não quero mais contestar", "retiro minha contestação", "quero cancelar a contestação",
             "desisti da reclamação"],
        ),
        False: (
            ["i dispute it, it is wrong"],
            ["quiero disputarla", "está mal la factura", "ya no quiero reclamar esa, pero la otra está mal"],
            ["quero contestar", "a fatura está errada", "não contesto mais essa, mas a outra está errada"],
        ),
    }  # fmt: skip
    assert wrong(disputes._is_withdrawn, table) == []


def test_how_it_was_is_heard_k14() -> None:
    table: Table = {
        "bad": (
            ["terrible, it was slow"],
            ["pésimo servicio", "muy lento", "no me ayudó", "fue muy confuso", "mala atención", "fueron groseros",
             "inútil", "no me sirvió de nada"],
            ["péssimo atendimento", "muito lento", "não ajudou", "foi muito confuso", "atendimento ruim",
             "foram grossos", "inútil", "não resolveu"],
        ),
        "good": (
            ["very helpful and friendly"],
            ["muy amable", "excelente servicio", "fue muy fácil", "rápido y sencillo", "me ayudó mucho"],
            ["muito atencioso", "ótimo atendimento", "foi muito fácil", "rápido e simples", "me ajudou muito"],
        ),
    }  # fmt: skip

    def mood(said: str) -> str | None:
        said = said.lower()
        if feedback._UNHAPPY.search(said):
            return "bad"
        return "good" if feedback._HAPPY.search(said) else None

    assert wrong(mood, table) == []


def test_what_went_wrong_with_a_payment_is_heard_c13() -> None:
    problem = payment_problems.Problem
    table: Table = {
        problem.TWICE: (
            ["i was charged twice"],
            ["me cobraron dos veces", "me descontaron doble", "me hicieron doble cargo", "aparecen dos cargos",
             "me volvieron a cobrar", "me cobraron otra vez"],
            ["me cobraram duas vezes", "cobraram em dobro", "veio duplicado", "apareceram duas cobranças",
             "descontaram duas vezes", "débito em duplicidade"],
        ),
        problem.MISSING: (
            ["the money left my account but it still shows open"],
            ["me descontaron el dinero y no aparece", "mi pago no se refleja",
             "ya salió el dinero pero sigue pendiente", "¿dónde está mi pago?", "pagué y no aparece"],
            ["descontaram o dinheiro e não aparece", "meu pagamento não caiu", "paguei e não deu baixa",
             "cadê meu pagamento?", "o dinheiro saiu mas continua em aberto"],
        ),
        problem.BANK_CHECK: (
            ["my bank asks me for a code"],
            ["el banco me pide un código", "me pide confirmar en la app del banco", "el banco pide autorización"],
            ["o banco pede um código", "pede para confirmar no app do banco", "meu banco pediu confirmação"],
        ),
        problem.DECLINED: (
            ["my card was declined"],
            ["rechazaron mi tarjeta", "la tarjeta no pasa", "me rechaza el pago", "mi tarjeta no funciona",
             "no acepta mi tarjeta", "el pago falló", "me rebotó el pago", "me sale error al pagar",
             "mi banco lo bloqueó"],
            ["recusaram meu cartão", "o cartão não passa", "meu pagamento foi recusado", "meu cartão não funciona",
             "não aceita meu cartão", "o pagamento falhou", "deu erro na transação", "diz cartão inválido"],
        ),
        problem.LINK: (
            ["the link does not open"],
            ["el enlace no abre", "la página no carga", "el link expiró", "se queda en blanco la página",
             "la liga no funciona", "el botón no funciona", "se quedó trabada la página"],
            ["o link não abre", "a página não carrega", "o link expirou", "a tela fica branca", "o site travou",
             "o botão de pagar está cinza", "travou na hora de confirmar"],
        ),
        None: (["i want to pay"], ["quiero pagar"], ["quero pagar"]),
    }  # fmt: skip

    def told(said: str) -> object:
        words = plain(said)
        return next((kind for pattern, kind in payment_problems._PROBLEMS if pattern.search(words)), None)

    assert wrong(told, table) == []


def test_how_something_was_paid_is_heard() -> None:
    table: Table = {
        True: (
            ["by bank transfer", "yesterday"],
            ["por transferencia", "pagué en efectivo", "con tarjeta", "en el Oxxo", "con un cheque", "ayer",
             "la semana pasada", "hice un depósito", "por teléfono"],
            ["por pix", "paguei em dinheiro", "no cartão", "na lotérica", "paguei o boleto", "ontem",
             "na semana passada", "fiz uma transferência", "por telefone"],
        ),
        False: (["i paid it"], ["ya la pagué"], ["já paguei"]),
    }  # fmt: skip
    assert wrong(said_paid.says_how, table) == []


def test_a_day_that_nobody_knows_yet_is_not_asked_for_twice_k7() -> None:
    table: Table = {
        True: (
            ["i don't know"],
            ["no sé", "no lo sé todavía", "ni idea", "no estoy seguro", "no sabría decirle"],
            ["não sei", "ainda não sei", "não faço ideia", "não tenho certeza", "não sei dizer"],
        ),
        False: (["on friday"], ["el viernes"], ["na sexta"]),
    }
    assert wrong(lambda said: promises._UNKNOWN.search(said.lower()) is not None, table) == []


def test_a_pause_of_the_plan_is_heard() -> None:
    table: Table = {
        True: (
            ["can i skip one", "pause my plan"],
            ["quiero pausar mi plan", "puedo saltarme un pago", "necesito un descanso", "quiero brincarme este mes"],
            ["quero pausar meu plano", "posso pular uma parcela", "preciso de uma pausa", "quero pular este mês"],
        ),
        False: (["move it to friday"], ["páselo al viernes"], ["passa para sexta"]),
    }
    assert wrong(changes.is_pause, table) == []


def test_automatic_payments_are_ended_or_given_another_card() -> None:
    table: Table = {
        "off": (
            ["stop the automatic payments"],
            ["quiten el pago automático", "ya no me cobren automáticamente", "cancelar los pagos automáticos",
             "dejen de cobrarme de la tarjeta"],
            ["parem o débito automático", "cancelar o pagamento automático", "não me cobrem mais automaticamente",
             "parem de debitar"],
        ),
        "card": (
            ["use another card"],
            ["quiero cambiar la tarjeta", "usen otra tarjeta", "mi tarjeta venció"],
            ["quero trocar o cartão", "usem outro cartão", "meu cartão venceu"],
        ),
        None: (
            ["set up automatic payments"],
            ["quiero pagos automáticos"],
            ["quero pagamento automático"],
        ),
    }  # fmt: skip
    assert wrong(autopay._wish, table) == []
