"""What a customer is told when people take on their matter, in their language."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from shopbell.desk.control.waits import Wait


class Words(Struct, frozen=True):
    """One language: the handing over, `today` with {time}, `later` with {day} and {time}, what is
    said without a time, and the days' names from Monday on."""

    handed: str
    today: str
    later: str
    someday: str
    days: tuple[str, ...]


WORDS: dict[str, Words] = {
    "en": Words(
        "Of course. I'm handing you over to a person.",
        "You'll hear from us by {time}.",
        "You'll hear from us by {day}, {time}.",
        "We will answer you here as soon as we can.",
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ),
    "de": Words(
        "Natürlich. Ich übergebe Sie an einen Menschen.",
        "Sie hören bis {time} Uhr von uns.",
        "Sie hören bis {day}, {time} Uhr von uns.",
        "Wir antworten Ihnen hier, so bald wir können.",
        ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    ),
    "es": Words(
        "Por supuesto. Te paso con una persona.",
        "Tendrás noticias nuestras antes de las {time}.",
        "Tendrás noticias nuestras antes del {day} a las {time}.",
        "Te responderemos aquí lo antes posible.",
        ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    ),
    "fr": Words(
        "Bien sûr. Je vous passe une personne.",
        "Vous aurez de nos nouvelles avant {time}.",
        "Vous aurez de nos nouvelles avant {day}, {time}.",
        "Nous vous répondrons ici dès que possible.",
        ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    ),
    "it": Words(
        "Certo. La passo a una persona.",
        "Le risponderemo entro le {time}.",
        "Le risponderemo entro {day}, ore {time}.",
        "Le risponderemo qui appena possibile.",
        ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
    ),
    "pt": Words(
        "Claro. Vou passar a conversa a uma pessoa.",
        "Receberá a nossa resposta até às {time}.",
        "Receberá a nossa resposta até {day}, {time}.",
        "Responderemos aqui assim que pudermos.",
        (
            "segunda-feira",
            "terça-feira",
            "quarta-feira",
            "quinta-feira",
            "sexta-feira",
            "sábado",
            "domingo",
        ),
    ),
    "nl": Words(
        "Natuurlijk. Ik draag u over aan een medewerker.",
        "U hoort voor {time} van ons.",
        "U hoort voor {day} {time} van ons.",
        "We antwoorden u hier zodra we kunnen.",
        ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
    ),
    "ja": Words(
        "かしこまりました。担当者におつなぎします。",
        "{time}までにご返信します。",
        "{day}の{time}までにご返信します。",
        "できるだけ早くこちらでご返信します。",
        ("月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日", "日曜日"),
    ),
}


def handed_over(wait: Wait, at: datetime) -> str:
    """The one message of a handoff that the customer asked for."""
    words = words_of(wait.language)
    return f"{words.handed} {waiting(wait, at)}" if wait.by else f"{words.handed} {words.someday}"


def waiting(wait: Wait, at: datetime) -> str:
    """The honest wait alone, on the clock of the brand's time zone."""
    words = words_of(wait.language)
    if wait.by is None:
        return words.someday
    zone = ZoneInfo(wait.zone)
    local = wait.by.astimezone(zone)
    clock = f"{local:%H:%M}"
    away = local.date() - at.astimezone(zone).date()
    if not away:
        return words.today.format(time=clock)
    day = words.days[local.weekday()] if away < timedelta(days=7) else f"{local:%Y-%m-%d}"
    return words.later.format(day=day, time=clock)


def words_of(language: str) -> Words:
    """The words of a language (`de`, `de-AT`); English where it has none."""
    return WORDS.get(language.split("-")[0].lower(), WORDS["en"])
