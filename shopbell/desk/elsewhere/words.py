"""What goes below a reply to an address that nobody has proven, and what ends such replies."""

from shopbell.desk.elsewhere.types import AddressKind

_BELOW = {
    "en": "You left this address in our chat. Answer here or there. Answer STOP to get no more.",
    "de": "Sie haben diese Adresse in unserem Chat hinterlassen. Antworten Sie hier oder dort. Mit STOP endet es.",
    "es": "Dejaste esta dirección en nuestro chat. Responde aquí o allí. Responde STOP para no recibir más.",
    "fr": "Vous avez laissé cette adresse dans notre chat. Répondez ici ou là-bas. Répondez STOP pour ne plus rien recevoir.",
    "it": "Ha lasciato questo indirizzo nella nostra chat. Risponda qui o lì. Risponda STOP per non riceverne altri.",
    "nl": "U hebt dit adres in onze chat achtergelaten. Antwoord hier of daar. Antwoord STOP om niets meer te krijgen.",
    "pt": "Deixou este endereço no nosso chat. Responda aqui ou lá. Responda STOP para não receber mais.",
    "pl": "Ten adres został podany na naszym czacie. Odpowiedz tutaj lub tam. Odpisz STOP, aby to zakończyć.",
    "sv": "Du lämnade den här adressen i vår chatt. Svara här eller där. Svara STOP för att slippa fler.",
    "da": "Du efterlod denne adresse i vores chat. Svar her eller der. Svar STOP for ikke at få flere.",
    "ja": "このアドレスはチャットで登録されました。こちらでもチャットでも返信できます。停止はSTOPと返信してください。",
}
_ENDS = frozenset(
    {
        *("stop", "stopp", "stopall", "unsubscribe"),
        *("abmelden", "abbestellen", "désabonner", "desabonner", "baja", "parar", "cancella"),
        *("afmelden", "avregistrera", "afmeld", "wypisz", "停止", "配信停止"),
    }
)


def below(text: str, language: str | None, kind: AddressKind) -> str:
    """The reply with why it came here and how that ends."""
    words = _BELOW.get((language or "en")[:2], _BELOW["en"])
    rule = "\n\n" if kind == "phone" else "\n\n---\n\n"
    return f"{text}{rule}{words}"


def ends(text: str) -> bool:
    """Whether an answer is nothing but the wish to get no more, in a language of the widget's."""
    return text.strip().strip(".!。 ").lower() in _ENDS
