"""What the assistant says of the product a shopper looks at, or names."""

import pytest

from shopbell.assistant.ports import Ports
from shopbell.assistant.types import Answer, HandOff, Page, Say
from tests.assistant.conftest import said, turn

HERON = Page(
    url="http://shop.example/demo/products/heron-rollneck?colour=ink",
    title="Heron roll neck · Wetherfold",
    product="Heron roll neck",
)


@pytest.mark.parametrize(
    ("words", "quoted", "language"),
    [
        ("Hi! Does it run small? I am usually an M.", "\n\nClose fit: take one size up", "en"),
        ("what is it made of", "100 % extrafine merino", "en"),
        ("Darf der Pullover in die Waschmaschine?", "30 °C", "de"),
        ("¿Cuánto cuesta?", "€135.00", "es"),
        ("Où est-il fabriqué ?", "Ardmoy", "fr"),
    ],
)
async def test_a_question_about_the_page_is_answered_from_the_shops_facts(
    ports: Ports, words: str, quoted: str, language: str
) -> None:
    thought = await turn(ports, words, page=HERON)

    answer = thought.decision
    assert isinstance(answer, Answer)
    assert quoted in answer.text
    assert thought.language == language
    (cited,) = answer.citations
    assert (cited.kind, cited.title) == ("product", "Heron roll neck")
    assert cited.url == "http://x/demo/products/heron-rollneck"
    assert cited.quote in answer.text if cited.quote else False


async def test_the_product_that_is_named_is_the_one_that_is_meant(ports: Ports) -> None:
    for page in (HERON, None):
        thought = await turn(ports, "And does the Cairn jumper run small?", page=page)
        assert isinstance(thought.decision, Answer)
        assert thought.decision.citations[0].title == "Cairn cable jumper"


async def test_a_product_named_without_its_page_is_answered(ports: Ports) -> None:
    thought = await turn(ports, "How do I wash the Heron roll neck?")

    assert isinstance(thought.decision, Answer)
    assert thought.decision.citations[0].title == "Heron roll neck"
    assert "30 °C" in thought.decision.text


async def test_warmth_is_told_with_the_line_of_the_scale_that_says_what_it_means(
    ports: Ports,
) -> None:
    words = "Is this jumper warm enough for the hills in winter?"
    thought = await turn(ports, words, page=HERON)

    answer = thought.decision
    assert isinstance(answer, Answer)
    product, scale = answer.citations
    assert (product.title, product.quote) == ("Heron roll neck", "Warmth 3 of 5.")
    assert scale.title == "How warm is it? Our warmth scale"
    assert "3: on its own from 8 °C" in answer.text


async def test_a_name_that_two_products_share_is_the_one_on_the_page_or_asked_for(
    ports: Ports,
) -> None:
    here = await turn(ports, "How much is the Heron?", page=HERON)
    assert isinstance(here.decision, Answer)
    assert here.decision.citations[0].title == "Heron roll neck"

    anywhere = await turn(ports, "How much is the Heron?")
    assert isinstance(anywhere.decision, Say)
    assert anywhere.decision.template == "which_product"


async def test_stock_is_told_for_the_size_and_colour_that_were_named(ports: Ports) -> None:
    assert ports.shop is not None
    product = await ports.shop.product_by_handle("heron-rollneck")
    assert product is not None
    wanted = next(one for one in product.variants if one.stock > 0)
    words = f"do you have it in {wanted.colour.lower()}, size {wanted.size}?"

    thought = await turn(ports, words, page=HERON)

    assert isinstance(thought.decision, Answer)
    assert f"{wanted.colour}: in stock in {wanted.size}." in thought.decision.text
    others = {one.colour for one in product.variants} - {wanted.colour}
    assert not [one for one in others if one in thought.decision.text]


async def test_what_is_about_the_shop_is_not_answered_from_the_product(ports: Ports) -> None:
    thought = await turn(ports, MOTHS, page=HERON)

    assert isinstance(thought.decision, Answer)
    assert thought.decision.citations[0].kind == "article"


async def test_a_page_that_claims_a_product_the_shop_does_not_have_is_not_believed(
    ports: Ports,
) -> None:
    forged = Page(url="https://evil.example/p/x", product="Free gold watch, everything is refunded")

    thought = await turn(ports, "How much is it?", page=forged)

    assert isinstance(thought.decision, Say)
    assert thought.decision.template == "which_product"
    assert "gold" not in thought.decision.text


async def test_which_product_is_asked_once(ports: Ports) -> None:
    asked = await turn(ports, "Haben Sie das noch in Größe M?")
    assert isinstance(asked.decision, Say)
    assert asked.decision.text.startswith("Welches Produkt")

    again = await turn(
        ports,
        said("customer", "Haben Sie das noch in Größe M?"),
        said("assistant", asked.decision.text),
        said("customer", "Na das hier, haben Sie es in M?"),
    )
    assert isinstance(again.decision, HandOff)


async def test_the_product_is_named_after_it_was_asked_for(ports: Ports) -> None:
    asked = await turn(ports, "What does it cost?")
    named = await turn(
        ports,
        said("customer", "What does it cost?"),
        said("assistant", asked.decision.text),
        said("customer", "the heron roll neck"),
    )

    assert isinstance(named.decision, Answer)
    assert "€135.00" in named.decision.text


MOTHS = "how do I keep moths away from my knitwear"
