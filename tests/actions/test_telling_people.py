"""Deaths, illness, hardship, other people and complaints are decided alike in every language (P4, C8, C12, C13, K1)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from actions import sensitive
from actions.care import advisers, care, contact, deaths, insolvency, story, third_parties
from actions.care.care import ReportVulnerability
from actions.care.contact import CeaseContact
from actions.care.third_parties import ThirdParty
from actions.talk.feedback import GiveFeedback
from actions.talk.handoff import RequestHuman
from bot.conversations import distress
from bot.models import HoldKind
from bot.policies import PolicyInvalid, read
from bot.policies.telling import TellingPolicy
from bot.settings import ROOT
from tests.actions.scene import Scene
from tests.actions.telling import CARLOS, NONE, Table, wrong


def test_a_death_is_heard_c8() -> None:
    table: Table = {
        True: (
            ["my husband passed away", "i lost my mother"],
            ["mi esposo falleció", "se murió mi papá ayer", "acabo de perder a mi mamá, perdí a mi mamá",
             "mi hermano ya no está con nosotros",
             "estoy de luto", "vengo del velorio de mi abuela", "quedé viuda en marzo",
             "enterramos a mi hijo la semana pasada",
             "mi mamá que en paz descanse", "mi suegro partió hace un mes", "la clienta descansa en paz", "lo mataron",
             "soy el albacea de la señora Ruiz", "el titular de la cuenta murió"],
            ["meu marido faleceu", "minha mãe morreu ontem", "perdi meu pai", "meu irmão não está mais entre nós",
             "estou de luto",
             "hoje é o velório da minha avó", "fiquei viúva em março", "enterramos meu filho na semana passada",
             "ele veio a óbito",
             "meu sogro não resistiu", "veio a falecer", "foi assassinado", "deus levou minha avó",
             "sou a inventariante do espólio", "o titular da conta morreu", "a minha esposa partiu há um mês"],
        ),
        False: (
            ["my mother is at work"],
            ["mi mamá está trabajando", "quiero pagar la mitad", "de quién es esta cuenta", "le debo a mi hermano",
             "mi esposo va a pagar el viernes"],
            ["minha mãe está trabalhando", "quero pagar metade", "de quem é essa conta",
             "meu marido vai pagar na sexta"],
        ),
    }  # fmt: skip
    assert wrong(deaths.tells_of_death, table) == []


def test_the_holders_death_is_told_from_a_relatives_c8() -> None:
    table: Table = {
        True: (
            ["Carlos has died, I'm his sister", "my father died, the account was his"],
            ["Carlos murió, soy su hermana", "mi papá murió y la cuenta era de él", "el titular de la cuenta falleció",
             "falleció y la cuenta está a su nombre",
             "soy la viuda, él les debía", "soy su hija, mi mamá murió", "ya dejen de escribirle, murió",
             "soy la albacea", "era cliente de ustedes y falleció",
             "mi tío murió, era su cuenta"],
            ["Carlos morreu, sou irmã dele", "meu pai morreu e a conta era dele", "o titular da conta faleceu",
             "ela morreu e a conta está no nome dela",
             "ele devia a vocês mas faleceu", "sou filha dela, ela morreu", "parem de ligar para ele, ele morreu",
             "sou a inventariante", "minha tia faleceu, a conta era dela"],
        ),
        False: (
            ["my husband died and I can't pay", "my mother passed away"],
            ["mi esposo murió y no puedo pagar", "falleció mi mamá la semana pasada",
             "se murió mi hermano, estoy de luto", "soy Carlos, murió mi papá", "me llamo Carlos y perdí a mi esposa"],
            ["meu marido morreu e não consigo pagar", "minha mãe faleceu na semana passada", "perdi meu irmão",
             "sou o Carlos, meu pai morreu", "meu nome é Carlos e perdi minha esposa"],
        ),
    }  # fmt: skip
    assert wrong(lambda said: deaths.is_of_holder(said, CARLOS), table) == []


def test_what_made_it_hard_is_acknowledged_k1() -> None:
    table: Table = {
        "work": (
            ["i lost my job"],
            ["perdí mi trabajo", "me despidieron", "me corrieron de la chamba", "estoy desempleada",
             "me quedé sin empleo", "me quedé sin laburo", "cerraron la fábrica", "mi esposo ya no trabaja",
             "llevo meses sin trabajo", "a mi esposo lo corrieron"],
            ["perdi o emprego", "fui demitido", "me mandaram embora", "estou desempregada", "fiquei sem trabalho",
             "tô sem serviço", "fecharam a fábrica", "meu freela acabou", "meu marido está desempregado"],
        ),
        "hours": (
            ["my hours were cut"],
            ["me redujeron las horas", "me bajaron el sueldo", "me dan menos turnos", "me recortaron la jornada",
             "ahora gano menos"],
            ["reduziram meu salário", "cortaram minhas horas", "meu salário diminuiu",
             "estou trabalhando meio período", "estou ganhando menos"],
        ),
        "benefits": (
            ["i live on benefits"],
            ["vivo de mi pensión", "cobro el seguro de desempleo", "solo tengo un subsidio",
             "recibo estampillas de comida"],
            ["vivo de aposentadoria", "recebo bolsa família", "só tenho o auxílio", "recebo seguro-desemprego"],
        ),
        "apart": (
            ["i just got divorced"],
            ["me divorcié", "me separé de mi pareja", "me dejó mi esposo", "me abandonó mi marido"],
            ["me divorciei", "me separei", "meu marido me deixou", "minha esposa saiu de casa"],
        ),
        "costs": (
            ["the rent has gone up"],
            ["me subieron la renta", "no me alcanza ni para comer", "tengo muchos gastos", "se me descompuso el carro",
             "todo está muy caro", "la luz y el agua están carísimas"],
            ["o aluguel subiu", "não sobra nem para comida", "tenho muitas contas", "meu carro quebrou",
             "está tudo caro", "a conta de luz veio alta"],
        ),
        "else": (["things are tight"], ["ando apretado este mes"], ["está apertado este mês"]),
    }  # fmt: skip
    assert wrong(care.reason, table) == []


def test_what_somebody_goes_through_is_acknowledged_c8() -> None:
    table: Table = {
        "unsafe": (
            ["he hits me"],
            ["mi esposo me pega", "mi marido me golpea", "sufro violencia en casa", "le tengo miedo a mi pareja",
             "me amenaza mi ex", "estoy en un refugio", "tuve que huir de mi casa"],
            ["meu marido me bate", "ele me agride", "sofro violência em casa", "tenho medo do meu marido",
             "ele me ameaça", "estou num abrigo", "fugi de casa com as crianças"],
        ),
        "grief": (
            ["my son died"],
            ["murió mi hijo", "perdí a mi esposa", "enviudé en junio", "perdí a mi bebé", "falleció mi mamá",
             "estoy pagando el funeral de mi papá"],
            ["meu filho morreu", "perdi minha esposa", "sofri um aborto", "minha mãe faleceu",
             "estou pagando o velório do meu pai"],
        ),
        "ill": (
            ["i have cancer", "i'm in hospital"],
            ["tengo cáncer", "estoy en el hospital", "estoy muy enfermo", "tengo depresión", "me operaron",
             "le dio un derrame a mi esposo", "sufro de ansiedad", "me internaron", "estoy en diálisis", "soy sorda",
             "me amputaron el pie", "tengo esclerosis múltiple", "tomo antidepresivos"],
            ["estou com câncer", "estou no hospital", "estou muito doente", "tenho depressão", "fiz uma cirurgia",
             "tive um AVC", "sofro de ansiedade", "fui internada", "estou em tratamento", "sou surda",
             "uso cadeira de rodas", "gravidez de risco"],
        ),
        "else": (["it is a hard time"], ["es una época difícil"], ["é uma fase complicada"]),
    }  # fmt: skip
    assert wrong(care.trouble, table) == []


def test_a_mental_health_crisis_of_ones_own_stops_outreach_c8() -> None:
    table: Table = {
        True: (
            ["i was in a psychiatric hospital"],
            ["estoy en un hospital psiquiátrico", "tuve una crisis de salud mental", "estuve internada por depresión",
             "tuve un brote psicótico"],
            ["estou em um hospital psiquiátrico", "tive uma crise de saúde mental", "fui internada por depressão",
             "tive um surto psicótico"],
        ),
        False: (
            ["my son is in a psychiatric hospital"],
            ["mi hijo está en un hospital psiquiátrico", "tengo gripa", "mi hermana tuvo una crisis de salud mental"],
            ["meu filho está num hospital psiquiátrico", "estou gripado", "minha irmã teve uma crise de saúde mental"],
        ),
    }  # fmt: skip
    assert wrong(care.is_in_care, table) == []


def test_an_adviser_who_acts_for_them_is_heard_c8() -> None:
    table: Table = {
        True: (
            ["please speak to my lawyer", "my solicitor deals with this"],
            ["hablen con mi abogado", "mi abogada me representa", "mi abogado lleva mi caso", "contraté un abogado",
             "tengo abogado", "comuníquese con mi asesor"],
            ["falem com meu advogado", "minha advogada me representa", "meu advogado cuida disso",
             "contratei um advogado", "tenho advogada", "entrem em contato com a minha advogada"],
        ),
        False: (
            ["can i talk to a person"],
            ["quiero hablar con una persona", "páseme con alguien"],
            ["quero falar com uma pessoa", "me passa para alguém"],
        ),
    }  # fmt: skip
    assert wrong(sensitive.names_adviser, table) == []
    said = ["Ref: AB-123/26", "expediente número 2026-114", "o processo é 0801234-11", "folio 88123"]
    assert [list(advisers.contacts(text)) for text in said] == [
        ["Reference: AB-123/26"], ["Reference: 2026-114"], ["Reference: 0801234-11"], ["Reference: 88123"],
    ]  # fmt: skip


def test_a_breathing_space_is_told_from_insolvency_c8() -> None:
    table: Table = {
        HoldKind.BREATHING_SPACE: (["i am in breathing space"], NONE, NONE),
        HoldKind.BANKRUPTCY: (
            ["i filed for bankruptcy"],
            ["me declaré en bancarrota", "estoy en quiebra"],
            ["entrei com pedido de falência", "estou em insolvência"],
        ),
    }
    assert wrong(insolvency.kind_of, table) == []


def test_who_says_their_name_is_not_somebody_else_p4() -> None:
    table: Table = {
        True: (
            ["hi, this is Carlos", "my name is Carlos Mendoza"],
            ["hola, soy Carlos", "me llamo Carlos Mendoza", "buenas tardes, le habla Carlos", "soy Carlos Mendoza",
             "Hola, mi nombre es Carlos"],
            ["oi, sou o Carlos", "meu nome é Beatriz Souza", "boa tarde, aqui é a Beatriz", "eu sou a Beatriz",
             "oi, me chamo Beatriz"],
        ),
        False: (
            ["i'm not Carlos", "wrong number"],
            ["no soy Carlos", "número equivocado", "se equivocaron de persona", "no conozco a ningún Carlos",
             "soy la hija de Carlos", "soy su esposa"],
            ["não sou o Carlos", "número errado", "não conheço nenhuma Beatriz", "sou filha da Beatriz",
             "sou a esposa dele", "aqui não tem ninguém com esse nome"],
        ),
    }  # fmt: skip
    assert wrong(contact.introduces, table) == []


def test_who_speaks_for_another_is_told_from_the_holder_p4() -> None:
    def place(said: str) -> str:
        if third_parties._IS_ANOTHER.search(said):
            return "another"
        if third_parties._AUTHORISES.search(said):
            return "authorises"
        return third_parties._of_their_own(said) or ("pays" if third_parties._stays(said) else "")

    table: Table = {
        "another": (
            ["i'm her daughter", "it is his account"],
            ["soy su hija", "soy la esposa de Carlos", "le habla su hermano", "yo soy su mamá",
             "no soy el titular, soy su hijo", "no soy Carlos"],
            ["sou filha dela", "sou a esposa do Carlos", "aqui é o irmão dela", "sou mãe dele",
             "não sou o titular, sou filho dele", "não sou a Beatriz"],
        ),
        "authorises": (
            ["i authorise my wife to speak for me", "my son can speak to you"],
            ["autorizo a mi esposa", "le doy permiso a mi hijo para hablar con ustedes",
             "mi esposo puede hablar por mí", "quiero autorizar a mi hermana"],
            ["autorizo minha esposa", "dou autorização para meu filho falar com vocês",
             "meu marido pode falar por mim", "quero autorizar a minha irmã"],
        ),
        "utter_ask_at_home": (
            ["i need to ask my wife first"],
            ["tengo que preguntarle a mi esposa", "déjeme consultarlo con mi marido", "voy a hablarlo con mi esposa"],
            ["preciso perguntar para minha esposa", "deixa eu falar com meu marido",
             "vou conversar com a minha mulher"],
        ),
        "pays": (
            ["i want to pay for my mother"],
            ["quiero pagar por mi mamá", "quiero pagar la cuenta de mi hijo", "puedo pagar la factura de mi hermana"],
            ["quero pagar para minha mãe", "quero pagar a conta do meu filho", "posso pagar a fatura da minha irmã"],
        ),
        "": (["i want to pay"], ["quiero pagar", "debo 50 dólares"], ["quero pagar", "devo 50 reais"]),
    }  # fmt: skip
    assert wrong(lambda said: place(said.lower()), table) == []


def test_a_complaint_about_how_they_were_answered_is_part_of_it_c13() -> None:
    table: Table = {
        True: (
            ["i told the agent that i can't pay and he laughed"],
            [
                "le dije que no podía pagar y se rió de mí",
                "me gritaron",
                "me colgaron el teléfono",
                "fueron muy groseros",
            ],
            [
                "eu falei que não podia pagar e riram de mim",
                "gritaram comigo",
                "desligaram na minha cara",
                "foram grossos comigo",
            ],
        ),
        False: (["i can't pay"], ["no puedo pagar"], ["não posso pagar"]),
    }
    assert wrong(lambda said: story._REPORTED.search(said.lower()) is not None, table) == []
    cases = ["expediente número 2026-114", "o processo é 0801234", "folio: 88123", "my case number is 12345"]
    assert [text for text in cases if not story._REFERENCE.search(text)] == []
    assert story._REFERENCE.search("pago 500 el viernes") is None


def test_words_of_crisis_are_heard_as_they_are_written_c12() -> None:
    said = [
        "ya no quiero vivir", "me quiero morir", "mejor estaría muerto", "no le encuentro sentido a la vida",
        "me voy a matar",
        "não quero mais viver", "quero morrer", "vou me matar", "não vejo mais saída", "cansei de viver",
    ]  # fmt: skip
    assert [text for text in said if not distress.is_heard_abroad(text)] == []
    calm = ["me muero de hambre por pagar la renta", "quiero pagar", "quero pagar metade", "morro na rua das Flores"]
    assert [text for text in calm if distress.is_heard(text)] == []


async def test_what_is_told_in_another_language_binds_as_in_english_c5_c8(scene: Scene) -> None:
    said = [
        (CeaseContact(), "es", "no me manden más mensajes de texto", "utter_cease_medium"),
        (CeaseContact(), "pt", "não quero mais receber ligações", "utter_cease_medium"),
        (CeaseContact(), "es", "olviden mi promesa de pago", "utter_what_next"),
        (RequestHuman(), "pt", "falem com a minha advogada, ela cuida disso", "utter_adviser"),
        (ReportVulnerability(), "es", "falleció mi mamá y no puedo con todo", "utter_vulnerability"),
        (ThirdParty(), "pt", "preciso perguntar para minha esposa", "utter_ask_at_home"),
        (GiveFeedback(), "es", "quiero dejar un comentario", "utter_ask_rating"),
    ]
    answered = []
    for action, language, text, response in said:
        answer = await scene.run(action, text, action.intent, slots={"language": language})
        answered += [] if response in answer.responses else [(text, answer.responses)]
    assert answered == []


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("  husband: [esposo, marido]", "  husband: [esposo, mi marido]", "kin.husband"),
        ("  on behalf: [", "  on behalf: [para mi <kin>, ", "a phrase means one thing"),
        ("  for my <kin>: [", "  for my <kin>: [para los mios, ", "names no <kin> for 'for my <kin>'"),
        ("  hello: [", "  hello: [que <hay>, ", "there is no <hay>"),
    ],
)
def test_a_phrase_that_cannot_be_right_is_said_with_its_file(
    tmp_path: Path, before: str, after: str, says: str
) -> None:
    text = (ROOT / "policies" / "telling" / "es.yml").read_text(encoding="utf-8")
    assert before in text
    (tmp_path / "es.yml").write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(PolicyInvalid, match=re.escape(says)):
        read(TellingPolicy, tmp_path / "es.yml")
