"""One turn: from what was said to a decision. Writes nothing; the job does that."""

import asyncio
import re
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from shopbell.assistant import extract, orders, products, summary, talk
from shopbell.assistant.knowledge.embed import Vectors
from shopbell.assistant.knowledge.search import Hit, Searched, search, search_by, sentences_of
from shopbell.assistant.knowledge.words import count_words
from shopbell.assistant.models.answering import Evidence, Spoken, speak
from shopbell.assistant.models.port import ModelFailure
from shopbell.assistant.ports import Ports
from shopbell.assistant.sure import THRESHOLD, confidence
from shopbell.assistant.types import (
    Answer,
    Citation,
    Decision,
    HandOff,
    OnDraft,
    Prove,
    Reason,
    Say,
    Step,
    Thought,
    Trace,
    TurnContext,
    Usage,
)
from shopbell.assistant.words.language import detect
from shopbell.assistant.words.listen import Intent, heard, wants_action, without_courtesies
from shopbell.assistant.words.templates import say, with_wait
from shopbell.connectors.commerce.types import Product, ShopUnavailable
from shopbell.desk.elsewhere.types import Address
from shopbell.desk.verification.addresses import address_within

_SHORT = 4
_LONG = 9
_JOINING = re.compile(
    r"[¿¡]?(?:and|but|or|und|aber|oder|y|pero|et|mais|ou|e|ed|ma|mas|en|maar|och|men|og|a (?=ile|co|czy|jak|kiedy))\b"
    r"|では|それで|あと",
    re.IGNORECASE,
)
"""How a question that goes on from the one before begins."""
_EVIDENCE = 6
_WHICH = "which_product"
_ADDRESS = "which_address"
_SAME_QUESTION = 0.85
_SETTLED = 0.3
"""USE cosine from which a question touches what an agent's note says was settled."""

_GIVE_WAY: dict[Intent, tuple[Reason, str, str]] = {
    "asked_for_person": (
        "asked_for_person",
        "asked_for_person",
        "The customer asked for a person.",
    ),
    "safety": ("safety", "serious", "The message speaks of harm or danger."),
    "chargeback": ("chargeback", "serious", "The customer speaks of a chargeback or a dispute."),
    "legal": ("legal", "serious", "The message speaks of law, a regulator or the police."),
    "goodwill": (
        "goodwill",
        "goodwill",
        "The customer asks for what the rules do not give: a person decides.",
    ),
    "upset": ("upset", "upset", "The customer is upset."),
}
_TROUBLE: dict[Reason, str] = {
    "model_failed": "The model failed.",
    "model_timeout": "The model took too long.",
    "model_garbled": "The model's reply could not be read.",
    "model_refused": "The model refused to answer.",
    "over_budget": "The model's limit is reached.",
}


async def think(context: TurnContext, ports: Ports, on_draft: OnDraft) -> Thought:
    """Decide what the assistant says or does in answer to the customer's newest words.

    `on_draft` is told the checked text as it grows, on the model's path only. Never raises for
    what people wrote, nor for a model or a shop that fails: that is a handoff that says so.
    """
    return await _Turn(context, ports, on_draft).run()


class _Turn:
    def __init__(self, context: TurnContext, ports: Ports, on_draft: OnDraft) -> None:
        self.context = context
        self.ports = ports
        self.on_draft = on_draft
        self.began = time.perf_counter()
        self.steps: list[Step] = []
        self.talk = talk.read(context.messages)
        self.asked = without_courtesies(self.talk.asked)
        self.language = (
            detect(self.asked, context.language)
            if self.asked.strip()
            else (context.language or "en")
        )
        self.question = self.asked
        self.intent: Intent | None = None
        self.hits: tuple[Hit, ...] = ()
        self.sure = 0.0
        self.why = ""
        self.usage: Usage | None = None
        self.cut: tuple[str, ...] = ()
        self.product: Product | None = None

    async def run(self) -> Thought:
        decision = await self._decide()
        why = decision.why if isinstance(decision, HandOff) else self.why
        trace = Trace(
            query=self.question,
            language=self.language,
            decision=_name(decision),
            why=why,
            confidence=round(self.sure, 4),
            latency_ms=round((time.perf_counter() - self.began) * 1000, 2),
            intent=self.intent,
            found=tuple(hit.as_found() for hit in self.hits),
            steps=tuple(self.steps),
            usage=self.usage,
            cut=self.cut,
        )
        return Thought(decision=decision, trace=trace, language=self.language)

    async def _decide(self) -> Decision:
        if not self.asked.strip():
            return self._hand_off("unreadable", "unreadable", "The message has files but no words.")
        self.intent = heard(self.asked)
        if self.intent == "also_wrote" or (self.talk.last_said == _ADDRESS and self._address()):
            return self._prove()
        if self.intent in ("greeting", "thanks"):
            return self._say(self.intent, f"The whole message is a {self.intent}.")
        if self.intent == "not_it" and self.talk.answers:
            return self._hand_off("answer_failed", "not_it", "The answer was not what they meant.")
        self.question = self._with_what_went_before()
        with self._step("embed"):
            rows, deep = await asyncio.gather(
                self.ports.embedder.quick(
                    [self.question, self.asked, *self.talk.before, *self.talk.settled]
                ),
                self.ports.embedder.question(self.question),
            )
        quick, asked = rows[0], rows[1]
        before, settled = rows[2 : 2 + len(self.talk.before)], rows[2 + len(self.talk.before) :]
        if self.intent is None:
            self.intent = self.ports.listener.likened(quick)
        if self.intent in _GIVE_WAY:
            return await self._give_way(self.intent, quick, deep)
        numbers = self._order_numbers()
        if self.intent == "order_status" or numbers:
            decision = await self._about_orders(numbers)
            if decision is not None:
                return decision
        if self.talk.answers and len(before) and float((before @ asked).max()) >= _SAME_QUESTION:
            return self._hand_off("failed_twice", "not_it", "The same was asked again.")
        if self._touches_what_was_settled(settled @ quick):
            return self._hand_off("settled_by_people", "settled", "An agent's note is about this.")
        told = await self._about_product()
        if told is not None and self.ports.model is None:
            return told
        searched = await self._search(quick, deep)
        if self.ports.model is not None:
            return await self._by_model(searched, told)
        return await self._quote(searched) or self._unsure()

    def _address(self) -> Address | None:
        return address_within(self.asked, self.context.country)

    def _prove(self) -> Decision:
        """A code to the address they wrote from; neither it nor the code is for a model."""
        if not self.context.customer.verified:
            why = "Nobody has proven who writes here."
            return self._hand_off("needs_verification", "unsure", why)
        address = self._address()
        if address is not None:
            self.why = "The customer also wrote from another address."
            return Prove(address=address, text=say(_ADDRESS, self.language), language=self.language)
        if _ADDRESS in self.talk.said:
            return self._hand_off("needs_verification", "unsure", "They named no address, twice.")
        return self._say(_ADDRESS, "The customer also wrote from another address.")

    async def _quote(self, searched: Searched) -> Answer | None:
        if self.sure < THRESHOLD:
            return None
        with self._step("extract"):
            chunks = extract.quoted_from(self.question, self.hits)
            sentences = await sentences_of(self.ports.pool, chunks, searched.quick)
            self.why = f"The source is sure enough ({self.sure:.2f}). {self.why}".strip()
            return extract.answer(self.question, self.hits, sentences, self.language, self.sure)

    def _touches_what_was_settled(self, likeness: Vectors) -> bool:
        return any(
            like >= _SETTLED or talk.share_words(self.asked, note)
            for like, note in zip(likeness.tolist(), self.talk.settled, strict=True)
        )

    async def _search(self, quick: Vectors, deep: Vectors) -> Searched:
        with self._step("search"):
            searched = await search_by(
                self.ports.pool,
                self.question,
                quick,
                deep,
                language=self.language,
                brand_id=self.context.brand_id,
            )
        self.hits = searched.hits
        with self._step("words"):
            self.sure = await self._likely(self.question, searched.hits, self.language)
        return searched

    async def _about_orders(self, numbers: list[str]) -> Decision | None:
        if self.ports.shop is None:
            return None
        if numbers and wants_action(self.asked):
            return self._hand_off("needs_action", "goodwill", "Only a person can change an order.")
        try:
            with self._step("orders"):
                looked = await orders.look_up(self.ports.shop, self.context.customer, numbers)
        except ShopUnavailable:
            return self._hand_off("answer_failed", "trouble", "The shop system did not answer.")
        if looked.outcome == "found":
            texts = [orders.status_text(order, self.language) for order in looked.orders]
            self.sure = 1.0
            self.why = "The customer is verified for these orders."
            return Answer(
                text="\n\n".join(texts),
                language=self.language,
                citations=tuple(
                    orders.cite(order, text)
                    for order, text in zip(looked.orders, texts, strict=True)
                ),
                confidence=1.0,
            )
        template = {"unverified": "sign_in", "unknown": "order_unknown", "none": "no_orders"}[
            looked.outcome
        ]
        if template in self.talk.said:
            reason = "needs_verification" if template == "sign_in" else "failed_twice"
            return self._hand_off(reason, "unsure", f"Order status, again: {looked.outcome}.")
        return self._say(template, f"Order status: {looked.outcome}.")

    async def _about_product(self) -> Answer | Say | None:
        """The facts that are asked for about the product that is meant, or which one that is."""
        shop, facets = self.ports.shop, self.ports.facets
        if shop is None or facets is None:
            return None
        try:
            with self._step("product"):
                self.product = product = await products.product_meant(
                    shop, self.question, self.context.page
                )
                facet = await facets.asked(self.ports.embedder, self.question, product)
        except ShopUnavailable:
            return None
        if product is None:
            unknown = (
                facet in products.OF_A_PRODUCT_ALONE
                and _WHICH not in self.talk.said
                and self.question == self.asked
            )
            return self._say(_WHICH, f"No product is named: {facet}.") if unknown else None
        if facet is None:
            return None
        facts = products.told(product, facet, self.question, self.language)
        if not facts:
            return None
        citations = [products.cite(product, facts)]
        if facet == "warmth":
            scale = await self._quoted(f"How warm is warmth {product.warmth}?")
            if scale is not None:
                facts = f"{facts}\n{scale.quote}"
                citations.append(scale)
        self.sure = 1.0
        self.why = f"The shop's own facts about {product.title}: {facet}."
        return Answer(
            text=products.answer_text(product, facet, facts, self.language),
            language=self.language,
            citations=tuple(citations),
            confidence=1.0,
        )

    async def _quoted(self, question: str) -> Citation | None:
        """What a page says that surely answers a question of ours, in the shop's own language."""
        searched = await search(
            self.ports.pool,
            self.ports.embedder,
            question,
            language=products.LANGUAGE,
            brand_id=self.context.brand_id,
        )
        if await self._likely(question, searched.hits, products.LANGUAGE) < THRESHOLD:
            return None
        first = searched.hits[0]
        sentences = await sentences_of(self.ports.pool, [first.chunk_id], searched.quick)
        quoted = extract.quote(question, first, sentences)
        return extract.cite(first, "\n".join(one.text for one in quoted)) if quoted else None

    async def _likely(self, question: str, hits: Sequence[Hit], language: str) -> float:
        if not hits:
            return 0.0
        source = f"{hits[0].title}\n{hits[0].section or ''}\n{hits[0].text}"
        weakest = await self.ports.lexicon.weakest(self.ports.embedder, question, source)
        return confidence(hits, language, weakest)

    def _say(self, template: str, why: str) -> Say:
        self.why = why
        return Say(text=say(template, self.language), language=self.language, template=template)

    async def _by_model(self, searched: Searched, told: Answer | Say | None) -> Decision:
        model, evidence = self.ports.model, self._evidence(searched)
        if model is None or not evidence:
            return self._unsure()
        spoken: Spoken
        drafted = False

        async def on_draft(text: str) -> None:
            nonlocal drafted
            drafted = True
            await self.on_draft(text)

        try:
            with self._step("model"):
                spoken = await speak(
                    model,
                    embedder=self.ports.embedder,
                    talk=self.talk,
                    evidence=evidence,
                    voice=self.context.voice,
                    page=self.context.page,
                    language=self.language,
                    on_draft=on_draft,
                    caps=self.ports.caps,
                )
        except ModelFailure as failure:
            self.usage = Usage(model=model.name)
            self.why = why = f"{_TROUBLE[failure.trouble]} {failure}"
            if drafted:
                await self.on_draft("")
            quoted = told or await self._quote(searched)
            return quoted or self._hand_off(failure.trouble, "trouble", why)
        self.usage, self.cut = spoken.usage, spoken.cut
        if not spoken.parts:
            if drafted:
                await self.on_draft("")
            return self._unsure(spoken.why if spoken.gave_way else "Its sources did not hold it.")
        self.why = spoken.why or "Every part is held by its source."
        return Answer(
            text=" ".join(spoken.parts),
            language=self.language,
            citations=spoken.citations,
            confidence=round(self.sure, 4),
        )

    def _evidence(self, searched: Searched) -> list[Evidence]:
        held = [
            Evidence(name=f"S{at}", text=f"{hit.title}\n{hit.text}", citation=extract.cite(hit))
            for at, hit in enumerate(searched.hits[:_EVIDENCE], 1)
        ]
        if self.product is not None:
            facts = products.facts_of(self.product)
            held.insert(0, Evidence(name="P1", text=facts, citation=products.cite(self.product)))
        return held

    def _unsure(self, why: str = "No source answers this surely enough.") -> HandOff:
        return self._hand_off("no_grounded_answer", "unsure", why)

    async def _give_way(self, intent: Intent, quick: Vectors, deep: Vectors) -> HandOff:
        await self._search(quick, deep)
        reason, template, why = _GIVE_WAY[intent]
        return self._hand_off(reason, template, why)

    def _hand_off(self, reason: Reason, template: str, why: str) -> HandOff:
        near = self.hits[0] if self.hits and self.sure >= THRESHOLD / 2 else None
        text = with_wait(say(template, self.language), self.language, self.context.people_answer_by)
        return HandOff(
            reason=reason,
            why=why,
            text=text,
            language=self.language,
            summary=summary.summarise(self.talk, self.context.page),
            wants=summary.wants(self.talk),
            tried=summary.tried(self.hits, self.talk),
            suggested_reply=near.text if near else say("suggest", self.language),
            citations=tuple(extract.cite(hit) for hit in self.hits[:3]) if near else (),
        )

    def _with_what_went_before(self) -> str:
        before = self.talk.before
        words = count_words(self.asked)
        joined = words < _LONG and _JOINING.match(self.asked.strip()) is not None
        goes_on = words < _SHORT or joined or _WHICH in self.talk.said
        if before and goes_on and not self._order_numbers():
            return f"{before[-1]}\n{self.asked}"
        return self.asked

    def _order_numbers(self) -> list[str]:
        return [] if self.ports.shop is None else self.ports.shop.order_numbers_in(self.asked)

    @contextmanager
    def _step(self, name: str) -> Generator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.steps.append(Step(name=name, ms=round((time.perf_counter() - started) * 1000, 2)))


def _name(decision: Decision) -> str:
    named: dict[type[Any], str] = {
        Answer: "answer",
        Say: "say",
        Prove: "prove",
        HandOff: "handoff",
    }
    return named[type(decision)]
