"""Which kind of figure a question asks for, and whether a text holds one."""

import re
from typing import Literal

Kind = Literal["clock", "degrees", "money", "time", "count"]

_ASKED: dict[Kind, re.Pattern[str]] = {
    "clock": re.compile(
        r"what time|until when|opening (?:hours|times)|à quelle heure|wie spät|um wie ?viel uhr|öffnungszeit"
        r"|a qué hora|a che ora|hoe laat|a que horas|何時",
        re.IGNORECASE,
    ),
    "degrees": re.compile(
        r"temperatur|\bgrad\b|degrees|grados|degrés|gradi\b|graus\b|graden\b|温度|何度",
        re.IGNORECASE,
    ),
    "money": re.compile(
        r"how much (?:is|are|does|do|will|for|to)\b|\bcosts?\b|\bprices?\b|charge for|kostet|kosten|gebühr"
        r"|cu[aá]nto (?:cuestan?|vale)|combien (?:coûte|ça|pour)|quanto (?:costa|custa)|wat kost"
        r"|hoeveel kost|いくら|送料|値段",
        re.IGNORECASE,
    ),
    "time": re.compile(
        r"how (?:long|soon|often|late)|how many (?:days|weeks|months|years|hours)"
        r"|wie ?(?:lange|oft)|wie ?viele? (?:tage|wochen|monate|jahre)|cada cuánto"
        r"|cu[aá]nto (?:tiempo|tarda)|cu[aá]ntos (?:días|meses|años)|combien de (?:temps|jours)|délais?"
        r"|quanto tempo|quanti (?:giorni|mesi|anni)|quantos (?:dias|meses|anos)"
        r"|hoe ?(?:lang|vaak)|hoeveel (?:dagen|weken|jaar)|何日|何年|いつまで|期限",
        re.IGNORECASE,
    ),
    "count": re.compile(
        r"how (?:many|much|warm|big|large)|wie ?viele?|cu[aá]nt[oa]s?|combien|quant[oaie]s?\b|hoeveel",
        re.IGNORECASE,
    ),
}
_UNITS = (
    r"minut|hour|day|week|month|year|stunde|tage?n?\b|woche|monat|jahr|hora|día|semana|mes\b|meses|año"
    r"|heure|jour|semaine|mois|\bans?\b|ore\b|giorn|settiman|mesi|anni|uur|dag|weken|maand|dias|anos"
)
_HELD: dict[Kind, re.Pattern[str]] = {
    "clock": re.compile(r"\d{1,2}:\d\d|\d ?[ap]\.?m\b|\d (?:Uhr|uur)|\d ?h\b|\d時"),
    "degrees": re.compile(r"°"),
    "money": re.compile(
        r"[€$£¥]\s?\d|\d\s?(?:[€£¥]|EUR|USD|GBP|円)|\bfree\b|kostenlos|gratis|gratuit|無料"
    ),
    "time": re.compile(
        rf"\d[^.!?\n]{{0,16}}?\b(?:{_UNITS})|\d\s?[日時年月]|once a|every \d|no expiry|for life|at once|(?:two|three|four|five) (?:{_UNITS})",
        re.IGNORECASE,
    ),
    "count": re.compile(r"\d"),
}


def asked_for(question: str) -> Kind | None:
    """The kind of figure that answers a question, if one does."""
    return next((kind for kind, words in _ASKED.items() if words.search(question)), None)


def holds(text: str, kind: Kind) -> bool:
    """Whether a text has a figure of a kind."""
    return _HELD[kind].search(text) is not None
