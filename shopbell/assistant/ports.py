"""What a turn works with, opened once in a worker."""

from dataclasses import dataclass, field
from typing import Any

from psycopg_pool import AsyncConnectionPool

from shopbell.assistant.knowledge.embed import Embedder, LocalEmbedder
from shopbell.assistant.knowledge.lexicon import Lexicon
from shopbell.assistant.models.port import Caps, Model
from shopbell.assistant.models.via_litellm import LitellmModel
from shopbell.assistant.products import Facets
from shopbell.assistant.tagging.tagger import Tagger
from shopbell.assistant.words.language import detect
from shopbell.assistant.words.listen import Listener
from shopbell.connectors.commerce.types import Shop
from shopbell.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Ports:
    """`shop` and `facets` are None where no shop is connected, `model` where no model is set, `tagger`
    where tickets get no tags by themselves."""

    pool: AsyncConnectionPool[Any]
    embedder: Embedder
    listener: Listener
    shop: Shop | None = None
    facets: Facets | None = None
    tagger: Tagger | None = None
    model: Model | None = None
    lexicon: Lexicon = field(default_factory=Lexicon)
    caps: Caps = field(default_factory=Caps)


async def open_ports(
    pool: AsyncConnectionPool[Any], settings: Settings, shop: Shop | None = None
) -> Ports:
    """Load the models that ship with Shopbell (two seconds) and the one that is set, if any."""
    embedder = LocalEmbedder()
    await embedder.warm_up()
    detect("warm up the language model")
    model: LitellmModel | None = None
    if settings.model:
        model = LitellmModel(
            settings.model, key=settings.model_key, api_base=settings.model_api_base
        )
        await model.warm_up()
    listener = await Listener.ready(embedder)
    facets = await Facets.ready(embedder) if shop is not None else None
    return Ports(
        pool=pool,
        embedder=embedder,
        listener=listener,
        shop=shop,
        facets=facets,
        tagger=Tagger(pool, embedder),
        model=model,
    )
