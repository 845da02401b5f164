"""Who buys at the demo shop, where they live, and what delivery costs and takes there."""

from __future__ import annotations

import datetime as dt
import random
import uuid

import msgspec

from shopbell.connectors.commerce.types import Address


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery zone; prices in cents, days in working days (fastest, slowest)."""

    standard: int
    free_from: int
    express: int
    standard_days: tuple[int, int]
    express_days: int
    return_fee: int


NEAR = Zone(
    standard=490, free_from=9000, express=990, standard_days=(2, 3), express_days=1, return_fee=0
)
EUROPE = Zone(
    standard=690, free_from=12000, express=1490, standard_days=(3, 5), express_days=2, return_fee=0
)
CUSTOMS = Zone(
    standard=990,
    free_from=15000,
    express=1990,
    standard_days=(4, 6),
    express_days=3,
    return_fee=690,
)
OVERSEAS = Zone(
    standard=1990,
    free_from=25000,
    express=3490,
    standard_days=(6, 9),
    express_days=4,
    return_fee=1490,
)


class Country(msgspec.Struct, frozen=True, kw_only=True):
    """A country the shop delivers to. `given` and `family` are names, `places` are city and
    postcode, `streets` hold `{}` for the house number."""

    code: str
    name: str
    language: str
    zone: Zone
    carrier: str
    dial: str
    payment: tuple[str, ...]
    given: tuple[str, ...]
    family: tuple[str, ...]
    places: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]


class Shopper(msgspec.Struct, frozen=True, kw_only=True):
    """A customer of the demo shop."""

    id: uuid.UUID
    name: str
    email: str
    phone: str
    country: Country
    address: Address

    @property
    def first_name(self) -> str:
        return self.name.split(" ")[0]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CARDS = ("Visa ending {}", "Mastercard ending {}", "PayPal", "Apple Pay")

COUNTRIES = (
    Country(
        code="IE", name="Ireland", language="en", zone=NEAR, carrier="Postlane", dial="+35385",
        payment=CARDS,
        given=_words("Aoife Cian Niamh Oisín Saoirse Declan Róisín Eoin Maeve Fergal Ciara Donal"),
        family=_words("Byrne Gallagher Doherty Nolan Keane Brennan McGinley Duffy Quinn Walsh"),
        places=(("Galway", "H91 E2K8"), ("Cork", "T12 R5CP"), ("Dublin 8", "D08 X7F1"),
                ("Sligo", "F91 VY42")),
        streets=("{} Harbour Road", "{} St Brigid's Terrace", "{} Quay Street"),
    ),
    Country(
        code="DE", name="Germany", language="de", zone=NEAR, carrier="Nordpost", dial="+49151",
        payment=(*CARDS, "Klarna invoice"),
        given=_words("Jonas Lena Matthias Katrin Felix Anke Moritz Hannah Torsten Greta Birgit"),
        family=_words("Weber Hoffmann Lindner Krause Petersen Vogt Schröder Brandt Seidel Thoms"),
        places=(("Hamburg", "22765"), ("Kiel", "24103"), ("Köln", "50672"), ("Leipzig", "04229")),
        streets=("Deichstraße {}", "Lindenallee {}", "Am Mühlbach {}"),
    ),
    Country(
        code="NL", name="Netherlands", language="nl", zone=NEAR, carrier="Postlane", dial="+316",
        payment=(*CARDS, "iDEAL", "iDEAL"),
        given=_words("Sanne Daan Femke Bram Lotte Thijs Marijke Ruben Anouk Pieter"),
        family=("de Vries", "Bakker", "van Dijk", "Visser", "Mulder", "Hoekstra", "Kuipers"),
        places=(("Utrecht", "3512 JE"), ("Groningen", "9711 LM"), ("Haarlem", "2011 RD")),
        streets=("Oudegracht {}", "Molenweg {}", "Kerkstraat {}"),
    ),
    Country(
        code="SE", name="Sweden", language="sv", zone=EUROPE, carrier="Nordpost", dial="+4670",
        payment=(*CARDS, "Klarna invoice"),
        given=_words("Mia Erik Sofia Anders Linnea Oskar Ebba Gustav Elin Viktor"),
        family=_words("Lindqvist Bergström Nyman Holm Sandberg Ekdahl Lund Forsberg"),
        places=(("Göteborg", "411 06"), ("Umeå", "903 26"), ("Uppsala", "753 20")),
        streets=("Storgatan {}", "Björkvägen {}", "Hamngatan {}"),
    ),
    Country(
        code="DK", name="Denmark", language="da", zone=EUROPE, carrier="Nordpost", dial="+4520",
        payment=(*CARDS, "Klarna invoice"),
        given=_words("Freja Mads Ida Søren Karen Emil Signe Rasmus"),
        family=_words("Kjær Nørgaard Holst Mikkelsen Dahl Krogh Friis"),
        places=(("Aarhus C", "8000"), ("Odense", "5000"), ("København N", "2200")),
        streets=("Strandvejen {}", "Nørregade {}", "Skovvej {}"),
    ),
    Country(
        code="FR", name="France", language="fr", zone=EUROPE, carrier="Postlane", dial="+336",
        payment=CARDS,
        given=_words("Camille Julien Élodie Mathieu Claire Antoine Manon Baptiste Inès Hugo"),
        family=_words("Moreau Lefèvre Garnier Rousseau Chevalier Perrin Barbier Guérin"),
        places=(("Nantes", "44000"), ("Lyon", "69004"), ("Annecy", "74000"), ("Brest", "29200")),
        streets=("{} rue des Tanneurs", "{} quai de la Fosse", "{} chemin du Lac"),
    ),
    Country(
        code="ES", name="Spain", language="es", zone=EUROPE, carrier="Postlane", dial="+346",
        payment=CARDS,
        given=_words("Carmen Pablo Lucía Diego Marta Álvaro Elena Javier Nuria Iker"),
        family=_words("Ortega Navarro Molina Castillo Vidal Serrano Ibarra Romero"),
        places=(("Madrid", "28012"), ("Bilbao", "48005"), ("Valencia", "46003")),
        streets=("Calle Mayor {}", "Calle de la Luna {}", "Avenida del Puerto {}"),
    ),
    Country(
        code="IT", name="Italy", language="it", zone=EUROPE, carrier="Postlane", dial="+39347",
        payment=CARDS,
        given=_words("Giulia Marco Chiara Matteo Francesca Luca Elisa Davide"),
        family=_words("Bianchi Conti Ferraro Galli Moretti Rinaldi Pellegrini"),
        places=(("Bologna", "40125"), ("Torino", "10123"), ("Trento", "38122")),
        streets=("Via Garibaldi {}", "Via dei Mille {}", "Corso Italia {}"),
    ),
    Country(
        code="PT", name="Portugal", language="pt", zone=EUROPE, carrier="Postlane", dial="+3519",
        payment=CARDS,
        given=_words("Inês Tiago Beatriz Rui Mariana Gonçalo Joana"),
        family=_words("Carvalho Teixeira Moreira Pinto Azevedo Faria"),
        places=(("Porto", "4050-253"), ("Coimbra", "3000-150"), ("Lisboa", "1200-109")),
        streets=("Rua das Flores {}", "Rua do Sol {}", "Travessa do Mar {}"),
    ),
    Country(
        code="GB", name="United Kingdom", language="en", zone=CUSTOMS, carrier="Postlane",
        dial="+447700", payment=CARDS,
        given=_words("Harriet Callum Imogen Rhys Fiona Alasdair Beth Tom Priya Gareth Isla Owen"),
        family=_words("Whitlock Fraser Pryce Ashworth MacLeod Shah Thornton Hughes Lockhart"),
        places=(("Edinburgh", "EH6 7BS"), ("Leeds", "LS6 2AB"), ("Bristol", "BS3 1JP"),
                ("Cardiff", "CF11 9AA")),
        streets=("{} Mill Lane", "{} Albert Road", "Flat 2, {} Church Street"),
    ),
    Country(
        code="NO", name="Norway", language="no", zone=CUSTOMS, carrier="Nordpost", dial="+4790",
        payment=(*CARDS, "Klarna invoice"),
        given=_words("Ingrid Håkon Solveig Lars Marit Eirik Kari"),
        family=_words("Haugen Solberg Nesheim Bakken Strand Moen"),
        places=(("Bergen", "5003"), ("Oslo", "0357"), ("Tromsø", "9008")),
        streets=("Fjordgata {}", "Kirkeveien {}", "Bryggen {}"),
    ),
    Country(
        code="US", name="United States", language="en", zone=OVERSEAS, carrier="Swiftline",
        dial="+1555010", payment=CARDS,
        given=_words("Emily Marcus Rachel Daniel Naomi Kevin Laura Andre"),
        family=_words("Whitaker Sullivan Park Ellison Brooks Novak Reyes Hartman"),
        places=(("Portland", "OR 97214"), ("Burlington", "VT 05401"), ("Minneapolis", "MN 55408")),
        streets=("{} Maple Street", "{} Alder Avenue", "{} Lakeview Drive"),
    ),
)  # fmt: skip

_BY_CODE = {country.code: country for country in COUNTRIES}
_SHARE = {"IE": 22, "DE": 32, "NL": 18, "SE": 18, "DK": 12, "FR": 16, "ES": 14, "IT": 8, "PT": 6,
          "GB": 20, "NO": 8, "US": 6}  # fmt: skip
KNOWN = (
    ("Mia Lindqvist", "SE"),
    ("Jonas Weber", "DE"),
    ("Aoife Byrne", "IE"),
    ("Carmen Ortega", "ES"),
    ("Harriet Whitlock", "GB"),
    ("Camille Moreau", "FR"),
)
"""The shoppers whom the storefront can sign in; the first customers of every seed."""


def uuid7_at(moment: dt.datetime, dice: random.Random) -> uuid.UUID:
    """A UUIDv7 (RFC 9562) of that moment whose random bits come from `dice`."""
    milliseconds = int(moment.timestamp() * 1000)
    value = (milliseconds << 80) | (0x7 << 76) | (dice.getrandbits(12) << 64)
    return uuid.UUID(int=value | (0b10 << 62) | dice.getrandbits(62))


def shoppers(count: int, today: dt.datetime, dice: random.Random) -> list[Shopper]:
    """`count` customers, the known ones first; emails are unique and end in `.example`."""
    made: dict[str, Shopper] = {}
    codes = [code for code, share in _SHARE.items() for _ in range(share)]
    known = list(KNOWN)
    while len(made) < count:
        name, code = known.pop(0) if known else ("", dice.choice(codes))
        country = _BY_CODE[code]
        name = name or f"{dice.choice(country.given)} {dice.choice(country.family)}"
        email = f"{plain(name)}@mail.example"
        if email in made:
            continue
        city, postcode = dice.choice(country.places)
        phone = country.dial + "".join(dice.choice("0123456789") for _ in range(7))
        address = Address(
            name=name,
            line1=dice.choice(country.streets).format(dice.randint(2, 140)),
            city=city,
            postcode=postcode,
            country=country.name,
        )
        born = today - dt.timedelta(days=dice.randint(130, 700))
        made[email] = Shopper(
            id=uuid7_at(born, dice),
            name=name,
            email=email,
            phone=phone,
            country=country,
            address=address,
        )
    return list(made.values())


_PLAIN = str.maketrans("áàâãäåæçéèêëíìîïñóòôõöøúùûüß'", "aaaaaaaceeeeiiiinoooooouuuus-", "")


def plain(name: str) -> str:
    """The name in letters that an address may hold, dots between its words."""
    return name.casefold().replace("'", "").translate(_PLAIN).replace(" ", ".")


def add_working_days(day: dt.date, count: int) -> dt.date:
    """The day `count` working days after `day` (before it, where `count` is negative)."""
    step = dt.timedelta(days=1 if count >= 0 else -1)
    for _ in range(abs(count)):
        day += step
        while day.weekday() > 4:
            day += step
    return day
