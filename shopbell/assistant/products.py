"""Questions about one product, answered from the shop's own facts about it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal
from urllib.parse import urlsplit

import numpy as np

from shopbell.assistant.knowledge.embed import Embedder, Vectors
from shopbell.assistant.knowledge.words import split_sentences
from shopbell.assistant.types import Citation, Page
from shopbell.assistant.words.templates import day, language_name, say
from shopbell.connectors.commerce.types import Product, Shop, Variant

Facet = Literal["fit", "material", "care", "stock", "price", "origin", "weight", "warmth"]
OF_A_PRODUCT_ALONE: frozenset[Facet | None] = frozenset({"stock", "price", "weight"})
"""Facets of which only a product's own page can tell, never a help page."""
LANGUAGE = "en"
"""The language in which a shop keeps its facts."""
LIKE = 0.55
"""USE cosine from which a question is about a facet."""
CLEARLY = 0.05
"""By how much the nearest facet must be nearer than the nearest question about anything else."""

_ASKED: Mapping[Facet | None, Sequence[str]] = {
    "fit": (
        "Does it run small?",
        "Does this run large?",
        "How does it fit?",
        "Is it true to size?",
        "Which size should I take?",
        "I am usually an M, is M right for me?",
        "Should I size up?",
        "Is it a slim fit or a loose fit?",
        "Fällt es klein aus?",
        "Welche Größe soll ich nehmen?",
        "¿Talla pequeño?",
        "¿Qué talla debo elegir?",
        "Est-ce qu'il taille petit ?",
        "Quelle taille prendre ?",
    ),
    "material": (
        "What is it made of?",
        "Is this merino?",
        "What is the composition?",
        "What material is this?",
        "Is it pure wool?",
        "Is there any polyester in it?",
        "Aus welchem Material ist das?",
        "¿De qué material es?",
        "En quelle matière est-ce ?",
    ),
    "care": (
        "Can I put it in the washing machine?",
        "How do I wash it?",
        "Can it go in the dryer?",
        "Is it machine washable?",
        "Wie wasche ich das?",
        "Darf es in die Waschmaschine?",
        "¿Cómo se lava?",
        "¿Se puede lavar a máquina?",
        "Comment le laver ?",
    ),
    "stock": (
        "Is it in stock in M?",
        "Is it available in XL?",
        "Do you have it in navy?",
        "When will size M be back?",
        "Do you have this in size L?",
        "Which sizes are available?",
        "Is the blue one available?",
        "Do you still have it in black?",
        "When is it back in stock?",
        "What colours does it come in?",
        "Haben Sie das noch in Größe M?",
        "Welche Farben gibt es?",
        "¿Lo tienen en la talla M?",
        "¿Hay stock?",
        "L'avez-vous en taille M ?",
    ),
    "price": (
        "How much is it?",
        "What does it cost?",
        "What is the price of this?",
        "Was kostet das?",
        "¿Cuánto cuesta?",
        "Combien ça coûte ?",
    ),
    "origin": (
        "Where is it made?",
        "Which country does it come from?",
        "Wo wird es hergestellt?",
        "¿Dónde se fabrica?",
        "Où est-il fabriqué ?",
    ),
    "weight": (
        "How heavy is it?",
        "How much does it weigh?",
        "Wie schwer ist es?",
        "¿Cuánto pesa?",
        "Combien pèse-t-il ?",
    ),
    "warmth": (
        "How warm is it?",
        "Is it warm enough for winter?",
        "Is this jumper warm enough for the hills in winter?",
        "Can I wear it in cold weather?",
        "Is it too hot for summer?",
        "Wie warm ist er?",
        "Ist das warm genug für den Winter?",
        "¿Abriga mucho?",
        "¿Es suficientemente cálido para el invierno?",
        "Est-ce assez chaud pour l'hiver ?",
        "Is het warm genoeg voor de winter?",
    ),
    None: (
        "How long does delivery take?",
        "How much is delivery?",
        "What does shipping cost?",
        "Can I return it?",
        "How do I exchange it for another size?",
        "Can I get a refund?",
        "What is your returns policy?",
        "Do you have gift wrapping?",
        "Do you sell gift cards?",
        "Does it itch?",
        "How do I stop it pilling?",
        "Is it waterproof?",
        "Can you repair it?",
        "Are the sheep treated well?",
        "How do I store it?",
        "When will my order arrive?",
        "I received the wrong size",
        "It arrived with a hole",
        "Can I pay by invoice?",
        "Is there a discount?",
        "Do you ship to the USA?",
        "Was kostet der Versand?",
        "Kann ich es zurückgeben?",
        "¿Cuánto cuesta el envío?",
        "¿Puedo devolverlo?",
        "Combien coûte la livraison ?",
    ),
}
_SENTENCES = 4
_TELLING = 4
"""Letters from which a word may be part of a product's name."""
_ALONE = re.compile(r"[^\W\d_]+|\d+")


class Facets:
    """Knows how people ask about a product."""

    def __init__(self, facets: Sequence[Facet | None], vectors: Vectors) -> None:
        self._facets = facets
        self._vectors = vectors

    @classmethod
    async def ready(cls, embedder: Embedder) -> "Facets":
        """The examples, embedded."""
        pairs: list[tuple[Facet | None, str]] = [
            (facet, text) for facet, texts in _ASKED.items() for text in texts
        ]
        return cls([one for one, _ in pairs], await embedder.quick([text for _, text in pairs]))

    async def asked(
        self, embedder: Embedder, question: str, product: Product | None
    ) -> Facet | None:
        """The facet that one sentence of a question is clearly about, if any."""
        sentences = split_sentences(question)[:_SENTENCES]
        if product is not None:
            named = "|".join(re.escape(one) for one in _words(product.title))
            about = re.compile(rf"(?:\b(?:{named})\b\s*)+", re.IGNORECASE)
            sentences = [about.sub("it ", one) for one in sentences]
        return max(map(self._nearest, await embedder.quick(sentences)))[1] or None

    def _nearest(self, quick: Vectors) -> tuple[float, Facet | Literal[""]]:
        likeness = self._vectors @ quick
        best = int(np.argmax(likeness))
        facet, near = self._facets[best], float(likeness[best])
        others = max(
            float(one) for one, other in zip(likeness, self._facets, strict=True) if other != facet
        )
        clear = near >= LIKE and near - others >= CLEARLY
        return near, facet if facet and clear else ""


async def product_meant(shop: Shop, question: str, page: Page | None) -> Product | None:
    """The one product a question names, else the one whose page the shopper is on.

    A page is only believed to name a product: the shop is asked. Raises ShopUnavailable.
    """
    asked = set(_words(question))
    telling = " ".join(one for one in asked if len(one) >= _TELLING)
    found = await shop.search_products(telling, limit=8)
    named = {
        one.handle: len(asked & set(_words(one.title))) for one in found if _is_named(one, asked)
    }
    most = [one for one in found if named.get(one.handle) == max(named.values(), default=0)]
    if len(most) == 1:
        return most[0]
    shown = await _shown_on(shop, page)
    return shown if not named or (shown and shown.handle in named) else None


async def _shown_on(shop: Shop, page: Page | None) -> Product | None:
    if page is None or not page.product:
        return None
    handle = urlsplit(page.url or "").path.rstrip("/").rpartition("/")[2]
    product = await shop.product_by_handle(handle) if handle else None
    if product is not None and product.title.casefold() == page.product.casefold():
        return product
    alike = await shop.search_products(page.product, limit=4)
    return next((one for one in alike if one.title.casefold() == page.product.casefold()), None)


def told(product: Product, facet: Facet, question: str, language: str) -> str:
    """The facet's facts as the shop has them, for quoting."""
    match facet:
        case "fit":
            named = f"{product.fit} fit".casefold() in product.fit_note.casefold()
            lead = "" if named else f"{product.fit.capitalize()} fit. "
            return f"{lead}{product.fit_note}".strip()
        case "material":
            return f"{product.material}."
        case "care":
            return product.care
        case "origin":
            return say("made_in", language, place=product.origin)
        case "weight":
            return say("weighs", language, grams=product.weight_grams)
        case "warmth":
            return say("warmth_of", language, warmth=product.warmth) if product.warmth else ""
        case "price":
            return say("costs", language, price=product.price_from)
        case "stock":
            return _stock(product, question, language)


def answer_text(product: Product, facet: Facet, facts: str, language: str) -> str:
    """The facts in their template, in the reader's language; the quote in its own."""
    own_words = facet in ("fit", "material", "care", "warmth") and language != LANGUAGE
    lead = say(
        "found_product_other" if own_words else "found_product",
        language,
        title=product.title,
        named=language_name(LANGUAGE, language),
    )
    return f"{lead}\n\n{facts}\n\n{say('ask', language)}"


def cite(product: Product, quoted: str | None = None) -> Citation:
    """A citation of a product's page."""
    return Citation(
        kind="product",
        title=product.title,
        source="products",
        url=product.url,
        quote=quoted,
        language=LANGUAGE,
        score=1.0,
    )


def facts_of(product: Product) -> str:
    """Everything the shop says of a product, as evidence for a model."""
    return "\n".join(
        (
            product.title,
            product.description,
            f"Fit: {told(product, 'fit', '', LANGUAGE)}",
            f"Material: {product.material}.",
            f"Care: {product.care}",
            told(product, "origin", "", LANGUAGE),
            told(product, "weight", "", LANGUAGE),
            told(product, "warmth", "", LANGUAGE),
            told(product, "price", "", LANGUAGE),
            told(product, "stock", "", LANGUAGE),
        )
    )


def _stock(product: Product, question: str, language: str) -> str:
    """What can be bought of the sizes and colours a question names, or of all."""
    asked = set(_words(question))
    colours = [one for one in product.colours if one.casefold() in asked] or product.colours
    sizes = [one for one in product.sizes if one.casefold() in asked] or product.sizes
    wanted = [v for v in product.variants if v.colour in colours and v.size in sizes]
    lines: list[str] = []
    for colour in colours:
        lines += _stock_of(colour, [one for one in wanted if one.colour == colour], language)
    return "\n".join(lines)


def _stock_of(colour: str, variants: Sequence[Variant], language: str) -> Iterable[str]:
    held = [one.size for one in variants if one.stock > 0]
    if held:
        yield say("in_stock", language, colour=colour, sizes=", ".join(held))
    for one in variants:
        if one.stock <= 0 and one.restock_on is not None:
            back = day(one.restock_on, language)
            yield say("back_on", language, colour=colour, size=one.size, date=back)
    gone = [one.size for one in variants if one.stock <= 0 and one.restock_on is None]
    if gone:
        yield say("sold_out", language, colour=colour, sizes=", ".join(gone))


def _is_named(product: Product, asked: set[str]) -> bool:
    """Whether the first word of its title, its own name, is among the words."""
    return bool(asked.intersection(_words(product.title)[:1]))


def _words(text: str) -> list[str]:
    return [one.casefold() for one in _ALONE.findall(text)]
