"""Words that may speak of another person, who has agreed to nothing: for warning, not for redacting.

A word list in the languages whose chats are most common, and the placeholders of names. It is meant
to find too much rather than too little: the person decides.
"""

from __future__ import annotations

import re

_WORDS = {
    "en": "wife husband spouse partner girlfriend boyfriend fiancee fiance son daughter child children kid kids"
    " baby mother mom mum father dad parent parents brother sister sibling siblings twin uncle aunt"
    " cousin niece nephew grandmother grandma grandfather grandpa grandson granddaughter stepson stepdaughter"
    " friend friends colleague colleagues coworker boss manager neighbour neighbor roommate flatmate"
    " patient patients client clients student students teacher landlord tenant employee therapist ex",
    "de": "frau mann ehefrau ehemann partner partnerin freund freundin freunde sohn tochter kind kinder baby"
    " mutter mama vater papa eltern bruder schwester geschwister onkel tante cousin cousine neffe"
    " nichte oma opa enkel enkelin kollege kollegin kollegen chef chefin nachbar nachbarin"
    " mitbewohner patient patientin patienten klient kundin kunde schüler lehrer lehrerin vermieter",
    "fr": "femme mari épouse époux conjoint conjointe copain copine ami amie amis fils fille enfant enfants"
    " bébé mère maman père papa parents frère sœur oncle tante cousin cousine neveu nièce"
    " grand-mère grand-père collègue collègues patron patronne voisin voisine colocataire patient"
    " patiente client cliente élève professeur propriétaire",
    "es": "esposa esposo mujer marido pareja novia novio hijo hija hijos bebé madre mamá padre papá padres"
    " hermano hermana tío tía primo prima sobrino sobrina abuela abuelo nieto nieta amigo amiga"
    " amigos colega jefe jefa vecino vecina compañero compañera paciente cliente alumno profesor",
    "it": "moglie marito compagna compagno fidanzata fidanzato figlio figlia figli bambino bambina madre mamma"
    " padre papà genitori fratello sorella zio zia cugino cugina nipote nonna nonno amico amica amici"
    " collega colleghi capo vicino vicina paziente cliente studente insegnante",
    "pt": "esposa esposo mulher marido companheira namorada namorado filho filha filhos bebê mãe pai pais irmão"
    " irmã tio tia primo prima sobrinho sobrinha avó avô neto neta amigo amiga amigos colega chefe"
    " vizinho vizinha paciente cliente aluno professora",
    "nl": "vrouw man echtgenoot partner vriend vriendin vrienden zoon dochter kind kinderen baby moeder mama"
    " vader papa ouders broer zus oom tante neef nicht oma opa kleinkind collega baas buurman"
    " buurvrouw huisgenoot patiënt klant leerling leraar",
    "pl": "żona mąż partner partnerka dziewczyna chłopak syn córka dziecko dzieci matka mama ojciec tata rodzice"
    " brat siostra wujek ciocia kuzyn kuzynka babcia dziadek przyjaciel przyjaciółka kolega"
    " koleżanka szef szefowa sąsiad sąsiadka pacjent klient uczeń nauczyciel",
}
_KNOWN = frozenset(word for words in _WORDS.values() for word in words.split())
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_NAME = re.compile(r"\[NAME_\d+\]")
# Scripts without spaces: looked for as they stand.
_SIGNS = ("妻子", "丈夫", "儿子", "女儿", "孩子", "母亲", "妈妈", "父亲", "爸爸", "哥哥", "姐姐", "弟弟", "妹妹", "朋友", "同事",
          "老板", "患者", "息子", "娘", "夫", "妻", "母", "父", "友達", "同僚", "上司", "아내", "남편", "아들", "딸", "엄마",
          "아빠", "친구", "동료")  # fmt: skip


def speaks_of_others(text: str) -> tuple[str, ...]:
    """The words of ``text`` that may speak of somebody else, each once, as they stand."""
    found: dict[str, str] = {}
    for match in _WORD.finditer(text):
        word = match.group()
        if word.casefold() in _KNOWN:
            found.setdefault(word.casefold(), word)
    for match in _NAME.finditer(text):
        found.setdefault(match.group(), match.group())
    for sign in _SIGNS:
        if sign in text:
            found.setdefault(sign, sign)
    return tuple(found.values())
