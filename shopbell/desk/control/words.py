"""What a customer is told when people take on their matter, in their language."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from shopbell.desk.control.waits import Wait


class Words(Struct, frozen=True):
    """One language: the handing over, `today` with {time}, `later` with {day} and {time}, what is
    said without a time, the days' names from Monday on, and whose clock {place} is."""

    handed: str
    today: str
    later: str
    someday: str
    days: tuple[str, ...]
    zone: str
    hour: str = "{clock}"


WORDS: dict[str, Words] = {
    "en": Words(
        "Of course. I'm handing you over to a person.",
        "You'll hear from us by {time}.",
        "You'll hear from us by {day}, {time}.",
        "We will answer you here as soon as we can.",
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        "{place} time",
    ),
    "de": Words(
        "Natürlich. Ich übergebe Sie an einen Menschen.",
        "Sie hören bis {time} von uns.",
        "Sie hören bis {day}, {time} von uns.",
        "Wir antworten Ihnen hier, so bald wir können.",
        ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
        "Ortszeit {place}",
        "{clock} Uhr",
    ),
    "es": Words(
        "Por supuesto. Te paso con una persona.",
        "Tendrás noticias nuestras antes de las {time}.",
        "Tendrás noticias nuestras antes del {day} a las {time}.",
        "Te responderemos aquí lo antes posible.",
        ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
        "hora de {place}",
    ),
    "fr": Words(
        "Bien sûr. Je vous passe une personne.",
        "Vous aurez de nos nouvelles avant {time}.",
        "Vous aurez de nos nouvelles avant {day}, {time}.",
        "Nous vous répondrons ici dès que possible.",
        ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        "heure locale, {place}",
    ),
    "it": Words(
        "Certo. La passo a una persona.",
        "Le risponderemo entro le {time}.",
        "Le risponderemo entro {day}, ore {time}.",
        "Le risponderemo qui appena possibile.",
        ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
        "ora di {place}",
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
        "hora de {place}",
    ),
    "nl": Words(
        "Natuurlijk. Ik draag u over aan een medewerker.",
        "U hoort voor {time} van ons.",
        "U hoort voor {day} {time} van ons.",
        "We antwoorden u hier zodra we kunnen.",
        ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
        "tijd in {place}",
    ),
    "ja": Words(
        "かしこまりました。担当者におつなぎします。",
        "{time}までにご返信します。",
        "{day}の{time}までにご返信します。",
        "できるだけ早くこちらでご返信します。",
        ("月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日", "日曜日"),
        "{place}時間",
    ),
    "pl": Words(
        "Oczywiście. Przekazuję rozmowę człowiekowi.",
        "Odpowiemy do godziny {time}.",
        "Odpowiemy najpóźniej: {day}, {time}.",
        "Odpowiemy tutaj najszybciej, jak to możliwe.",
        ("poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota", "niedziela"),
        "czas: {place}",
    ),
    "sv": Words(
        "Självklart. Jag lämnar över dig till en människa.",
        "Du hör från oss senast {time}.",
        "Du hör från oss senast {day} {time}.",
        "Vi svarar dig här så snart vi kan.",
        ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"),
        "tid i {place}",
    ),
    "da": Words(
        "Selvfølgelig. Jeg giver dig videre til et menneske.",
        "Du hører fra os senest {time}.",
        "Du hører fra os senest {day} {time}.",
        "Vi svarer dig her, så snart vi kan.",
        ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"),
        "tid i {place}",
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
    clock = named_clock(local, wait.language)
    away = local.date() - at.astimezone(zone).date()
    if not away:
        return words.today.format(time=clock)
    day = words.days[local.weekday()] if away < timedelta(days=7) else f"{local:%Y-%m-%d}"
    return words.later.format(day=day, time=clock)


def told_time(by: datetime, zone: str, language: str, at: datetime) -> str:
    """A promised time on the clock of `zone`: with its day, unless that is the day of `at`."""
    local, today = by.astimezone(ZoneInfo(zone)), at.astimezone(ZoneInfo(zone)).date()
    clock = named_clock(local, language)
    if local.date() == today:
        return clock
    near = local.date() - today < timedelta(days=7)
    day = words_of(language).days[local.weekday()] if near else f"{local:%Y-%m-%d}"
    return f"{day}, {clock}"


def named_clock(local: datetime, language: str, day: str = "") -> str:
    """A time of day with whose clock it is, and a day: `16:00 (Amsterdam time, 3 May)`.

    `local` carries its ZoneInfo. Where a reader is, nobody knows, so the clock is always named.
    """
    words, zone = words_of(language), str(local.tzinfo)
    place = zone.rpartition("/")[2].replace("_", " ")
    named = place if zone.partition("/")[0] in ("UTC", "Etc") else words.zone.format(place=place)
    told = ", ".join(part for part in (named, day) if part)
    return f"{words.hour.format(clock=f'{local:%H:%M}')} ({told})"


def words_of(language: str) -> Words:
    """The words of a language (`de`, `de-AT`); English where it has none."""
    return WORDS.get(language.split("-")[0].lower(), WORDS["en"])
