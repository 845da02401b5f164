"""Tags for what a customer said: words that stand for a tag, and likeness to examples."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from shopbell.assistant.knowledge.embed import Embedder, Vectors
from shopbell.assistant.tagging.known import Known, Told
from shopbell.desk.tags import learning
from shopbell.desk.tags.learning import Learned, Named, Pool
from shopbell.desk.tags.types import SHOP, Example, Likeness, Why

AT_ONCE = 8
LONGEST = 1_000
LEAST = 3
"""Letters below which a text says nothing."""
BY_WORD = 0.75
"""How sure a tag is whose own word was said."""
WORD_HELPS = 0.3
"""The confidence from which a tag that was also said by its word is given."""
LEAST_WORD = 2
"""Words in a synonym below which it counts only beside likeness: many a short one means something else."""


class Tagger:
    """Knows the shop's tags, and learns them anew whenever people changed what they are told by."""

    def __init__(self, pool: Pool, embedder: Embedder) -> None:
        self._pool = pool
        self._embedder = embedder
        self._version = -1
        self._known: Known | None = None
        self._named: tuple[Named, ...] = ()
        self._learning = asyncio.Lock()

    async def tags_for(self, texts: Sequence[str]) -> tuple[Why, ...]:
        """The surest tags for these messages of one ticket, best first; none where nothing is sure."""
        await self._learn()
        said = [text[:LONGEST] for text in texts if sum(map(str.isalpha, text)) >= LEAST]
        if not said or self._known is None or not self._known.labels:
            return ()
        told = await asyncio.to_thread(self._known.tell, await vectors_of(self._embedder, said))
        best: dict[str, Why] = {}
        for text, one in zip(said, told, strict=True):
            for why in self._whys(text, one):
                if why.name not in best or best[why.name].confidence < why.confidence:
                    best[why.name] = why
        return tuple(sorted(best.values(), key=lambda why: (-why.confidence, why.name)))

    def _whys(self, text: str, told: Told) -> list[Why]:
        words = spoken(text, self._named)
        examples = tuple(
            Likeness(text=example[:300], likeness=round(max(near, 0.0), 3))
            for example, near in told.examples
        )
        word = words.get(told.label, "")
        if told.sure or (word and told.confidence >= WORD_HELPS):
            sure = max(told.confidence, BY_WORD) if word else told.confidence
            return [Why(name=told.label, confidence=round(sure, 3), word=word, examples=examples)]
        return [
            Why(name=name, confidence=BY_WORD, word=said)
            for name, said in words.items()
            if len(said.split()) >= LEAST_WORD
        ][:1]

    async def _learn(self) -> None:
        """Read and learn anew where anything changed since."""
        async with self._learning:
            version = await learning.rules_version(self._pool)
            if version == self._version:
                return
            if await keep_shipped(self._pool):
                version = await learning.rules_version(self._pool)
            await embed_examples(self._pool, self._embedder, SHOP)
            canonical, self._named = await learning.names_of(self._pool)
            may = {one.name for one in self._named}
            known = [
                msgspec.structs.replace(one, label=label)
                for one in await learning.learned(self._pool, SHOP)
                if (label := canonical.get(one.label) if one.label else None) in may
                or one.label is None
            ]
            self._known = await asyncio.to_thread(known_from, known)
            self._version = version


def known_from(examples: Sequence[Learned]) -> Known | None:
    """What these teach; None where there are none."""
    if not examples:
        return None
    vectors = np.stack([np.frombuffer(one.vector, np.float16) for one in examples])
    return Known(
        [one.text for one in examples],
        [one.label for one in examples],
        vectors.astype(np.float32),
    )


async def keep_shipped(pool: Pool) -> bool:
    """See that the shop's own set has this version's examples; True when it had others."""
    ours = shipped()
    if await learning.shipped(pool) == [(one.label, one.text) for one in ours]:
        return False
    await learning.keep_examples(pool, SHOP, ours, source="shipped")
    return True


async def embed_examples(
    pool: Pool, embedder: Embedder, taxonomy: str, *, at_once: int = AT_ONCE
) -> int:
    """Give each example of the taxonomy that lacks them its vectors, a few at a time; how many."""
    done = 0
    while bare := await learning.without_vector(pool, taxonomy, most=at_once):
        vectors = await vectors_of(embedder, [text[:LONGEST] for _, text in bare])
        kept = [
            (mark, vector.astype(np.float16).tobytes())
            for (mark, _), vector in zip(bare, vectors, strict=True)
        ]
        await learning.keep_vectors(pool, kept)
        done += len(bare)
    return done


async def vectors_of(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    """Rows of both embedders' numbers, made where no question waits for them."""
    quick, long = await asyncio.gather(embedder.quick(texts), embedder.passages(texts))
    return np.hstack([quick, long]).astype(np.float32)


def spoken(text: str, named: Sequence[Named]) -> dict[str, str]:
    """The tags whose words stand in the text, each with its longest."""
    plain = " ".join(text.lower().split())
    found: dict[str, str] = {}
    for tag in named:
        said = [word for word in tag.words if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", plain)]
        if said:
            found[tag.name] = max(said, key=len)
    return found


def shipped() -> list[Example]:
    """The labelled sentences that ship with Shopbell."""
    file = Path(__file__).with_name("shop.jsonl")
    return read_examples(file)


def read_examples(file: Path) -> list[Example]:
    """Labelled lines of a file: a JSON object with `text`, `label` (a name or null) and, if known,
    `language` on each. Raises OSError, and msgspec.DecodeError for a line that is none."""
    lines = file.read_text("utf-8").splitlines()
    return [msgspec.json.decode(line, type=Example) for line in lines if line.strip()]
