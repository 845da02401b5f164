"""Tags from examples, on sentences that nothing was taught or set by; the models that ship."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from psycopg_pool import AsyncConnectionPool

from shopbell.assistant.knowledge.embed import LocalEmbedder, Vectors
from shopbell.assistant.tagging.head import QUICK, Head
from shopbell.assistant.tagging.known import Known
from shopbell.assistant.tagging.measure import figures
from shopbell.assistant.tagging.tagger import (
    Tagger,
    embed_examples,
    keep_shipped,
    known_from,
    read_examples,
    shipped,
    vectors_of,
)
from shopbell.desk.tags import learning
from shopbell.desk.tags.types import SHOP, Example
from tests.stack import ROOT, KeptEmbedder

HELD_OUT = Path(__file__).with_name("data") / "tags_held_out.jsonl"
Pool = AsyncConnectionPool[Any]


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with AsyncConnectionPool[Any](database_url, min_size=1, max_size=2, open=False) as pool:
        yield pool


@pytest.fixture(scope="module")
def kept() -> LocalEmbedder:
    """The models that ship, remembering across runs."""
    return KeptEmbedder(ROOT / ".pytest_cache" / "vectors")


def drawn(labels: Sequence[str | None], seed: int) -> Vectors:
    """Rows near a place of each label's own."""
    dice = np.random.default_rng(seed)
    places = {one: np.random.default_rng(hash_of(one)).normal(size=QUICK + 384) for one in labels}
    rows = [places[one] + dice.normal(size=QUICK + 384) * 1.2 for one in labels]
    return np.array(rows, np.float32)


def hash_of(label: str | None) -> int:
    return sum(map(ord, label)) if label else 7


def test_a_head_tells_labels_apart_and_scores_the_strange_lower() -> None:
    labels = [f"label-{at % 12}" for at in range(240)]
    head = Head(labels, drawn(labels, 1))
    fresh = [f"label-{at % 12}" for at in range(60)]
    guesses = head.guesses(drawn(fresh, 2))
    assert [one.label for one in guesses] == fresh
    strange = head.guesses(drawn(["elsewhere", None, "nowhere"], 3))
    assert max(one.score for one in strange) < min(one.score for one in guesses)


def test_the_same_examples_give_the_same_head() -> None:
    labels = [f"label-{at % 5}" for at in range(60)]
    rows, asked = drawn(labels, 1), drawn(["label-1", "x"], 2)
    assert Head(labels, rows).guesses(asked) == Head(labels, rows).guesses(asked)


def test_a_taxonomy_of_one_label_or_one_example_is_told_of() -> None:
    known = Known(["a"], ["only"], drawn(["only"], 1))
    (told,) = known.tell(drawn(["only"], 2))
    assert told.label == "only"
    assert Known(["a"], [None], drawn([None], 1)).tell(drawn(["x"], 1)) == []


def test_held_out_lines_are_no_shipped_ones() -> None:
    taught = {one.text.casefold() for one in shipped()}
    held = read_examples(HELD_OUT)
    assert len(taught) + len(held) >= 400
    assert not taught & {one.text.casefold() for one in held}
    assert {one.label for one in held} == {one.label for one in shipped()}


async def test_held_out_sentences_get_their_tags(pool: Pool, kept: LocalEmbedder) -> None:
    await keep_shipped(pool)
    await embed_examples(pool, kept, SHOP)
    known = known_from(await learning.learned(pool, SHOP))
    assert known is not None
    lines = read_examples(HELD_OUT)
    told = known.tell(await vectors_of(kept, [one.text for one in lines]))
    found = figures(lines, told)
    assert found.n == len(lines)
    assert (found.in_scope_accuracy or 0) >= 0.85
    assert (found.out_of_scope_auc or 0) >= 0.97
    assert (found.precision or 0) >= 0.88
    assert (found.recall or 0) >= 0.75
    assert found.given_out_of_scope <= 4


async def test_a_tagger_says_why_and_nothing_of_what_is_strange(
    pool: Pool, kept: LocalEmbedder
) -> None:
    tagger = Tagger(pool, kept)
    (why,) = await tagger.tags_for(["Hi!", "Wo bleibt denn mein Paket? Es ist überfällig"])
    assert why.name == "where-is-my-order"
    assert 0.6 <= why.confidence <= 1
    assert why.examples[0].likeness >= why.examples[1].likeness > 0.3
    for strange in (["hello"], ["???", "👍"], ["Who wrote Hamlet?"], [""], []):
        assert await tagger.tags_for(strange) == ()


async def test_what_an_example_teaches_is_known_at_once(pool: Pool, kept: LocalEmbedder) -> None:
    tagger = Tagger(pool, kept)
    text = "Could you gift wrap it and add a birthday card"
    before = await tagger.tags_for([text])
    await learning.name_labels(pool, ["gift"])
    told = ["Please gift wrap the scarf with a birthday card", "Add a gift card with my wishes"]
    await learning.keep_examples(pool, SHOP, [Example(text=one, label="gift") for one in told])
    (why,) = await tagger.tags_for([text])
    assert "gift" not in [one.name for one in before]
    assert why.name == "gift"
    assert {one.text for one in why.examples} == set(told)


async def test_a_set_of_its_own_leaves_the_shops_alone(pool: Pool) -> None:
    await learning.keep_examples(pool, "bank", [Example(text="My card was eaten", label="card")])
    assert [one.text for one in await learning.learned(pool, SHOP)] == []
    assert await learning.without_vector(pool, "bank", most=5) != []
    await learning.keep_examples(pool, "bank", [Example(text="Where is my PIN?", label="pin")])
    assert [text for _, text in await learning.without_vector(pool, "bank", most=5)] == [
        "Where is my PIN?"
    ]


def test_figures_count_what_was_given() -> None:
    known = Known(
        [f"t{at}" for at in range(80)],
        [["a", "b", "c", "d", None][at % 5] for at in range(80)],
        drawn([["a", "b", "c", "d", None][at % 5] for at in range(80)], 1),
    )
    lines = [
        Example(text="x", label="a", language="en"),
        Example(text="y", label="b", language="de"),
        Example(text="z", label=None, language="de"),
    ]
    found = figures(lines, known.tell(drawn(["a", "b", None], 2)))
    assert (found.in_scope_accuracy, found.out_of_scope_auc) == (1.0, 1.0)
    assert (found.precision, found.recall, found.given_out_of_scope) == (1.0, 1.0, 0)
    assert found.confusion == {"(none)": {"(none)": 1}, "a": {"a": 1}, "b": {"b": 1}}
    assert found.by_language["en"].out_of_scope_auc is None
    assert found.by_language["de"].n == 2
