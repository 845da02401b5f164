"""What is read in the webhooks of WhatsApp, Messenger and Instagram, kind by kind, and in mangled ones."""

from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbell.connectors.channels.instagram.channel import Instagram
from shopbell.connectors.channels.messenger.channel import Messenger
from shopbell.connectors.channels.meta import errors
from shopbell.connectors.channels.types import Account
from shopbell.connectors.channels.whatsapp.channel import WhatsApp
from shopbell.desk.connections.types import Connection
from shopbell.desk.deliveries.types import Refused, Unknown
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.types import Fact, Raw

CLIENT = httpx.AsyncClient()
CHANNELS = {
    "whatsapp": WhatsApp(CLIENT),
    "messenger": Messenger(CLIENT),
    "instagram": Instagram(CLIENT),
}
WORDS_OF = {"whatsapp": "whatsapp_business_account", "messenger": "page", "instagram": "instagram"}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def facts(channel: str, body: bytes) -> list[Fact]:
    connection = Connection(id=uuid7(), brand_id=uuid7(), channel=channel, name=channel)
    return CHANNELS[channel].normalise(Account(connection=connection), Raw(body=body))


def whatsapp(type_: str, part: Any, **more: Any) -> list[Fact]:
    one = {"from": "16505551234", "id": "w1", "timestamp": "1749416383", "type": type_}
    return changed("messages", {"messages": [{**one, type_: part, **more}]})


def changed(field: str, value: Any) -> list[Fact]:
    entry = {"id": "1", "changes": [{"field": field, "value": value}]}
    return facts(
        "whatsapp", msgspec.json.encode({"object": WORDS_OF["whatsapp"], "entry": [entry]})
    )


def page(event: dict[str, Any], channel: str = "messenger") -> list[Fact]:
    event = {"sender": {"id": "5"}, "recipient": {"id": "9"}, "timestamp": 1749416383000, **event}
    entry = {"id": "9", "messaging": [event]}
    return facts(channel, msgspec.json.encode({"object": WORDS_OF[channel], "entry": [entry]}))


@pytest.mark.parametrize(
    ("type_", "part", "text"),
    [
        ("text", {"body": "Hi"}, "Hi"),
        ("button", {"text": "Yes please", "payload": "YES"}, "Yes please"),
        (
            "interactive",
            {
                "type": "list_reply",
                "list_reply": {"id": "1", "title": "M", "description": "Medium"},
            },
            "M\nMedium",
        ),
        (
            "interactive",
            {"type": "nfm_reply", "nfm_reply": {"body": "Sent", "response_json": '{"size":"M"}'}},
            'Sent\n{"size":"M"}',
        ),
        (
            "location",
            {"latitude": 52.5, "longitude": 13.4, "name": "Shop"},
            "Location:\nShop\nhttps://maps.google.com/?q=52.5,13.4",
        ),
        (
            "contacts",
            [{"name": {"formatted_name": "Ben"}, "phones": [{"phone": "+49 1"}]}],
            "Contact: Ben, +49 1",
        ),
        (
            "order",
            {
                "catalog_id": "c",
                "text": "Thanks",
                "product_items": [
                    {
                        "product_retailer_id": "SKU-7",
                        "quantity": 2,
                        "item_price": 9.5,
                        "currency": "EUR",
                    }
                ],
            },
            "Order:\n2 × SKU-7 at 9.5 EUR\nThanks",
        ),
    ],
)
def test_each_kind_of_whatsapp_message_reads_as_words(type_: str, part: Any, text: str) -> None:
    (fact,) = whatsapp(type_, part)

    assert (fact.kind, fact.external_id, fact.text) == ("message", "w1", text)


@pytest.mark.parametrize("type_", ["image", "video", "audio", "voice", "document", "sticker"])
def test_each_kind_of_whatsapp_file_is_fetched_by_its_id(type_: str) -> None:
    (fact,) = whatsapp(type_, {"id": "77", "mime_type": "x/y", "filename": "a.pdf"})

    assert [(one.ref, one.name) for one in fact.attachments] == [("77", "a.pdf")]


def test_what_led_to_a_whatsapp_message_is_told() -> None:
    ad = {"source_type": "ad", "source_url": "https://fb.me/1", "headline": "Dresses"}
    product = {"catalog_id": "c", "product_retailer_id": "SKU-7"}

    (fact,) = whatsapp(
        "text",
        {"body": "Hi"},
        referral=ad,
        context={"id": "w0", "referred_product": product, "forwarded": True},
    )

    assert fact.reply_to == "w0"
    assert fact.context.splitlines() == [
        "Came from a WhatsApp ad: Dresses · https://fb.me/1",
        "About the product SKU-7",
        "Forwarded",
    ]


def test_a_batch_is_read_whole_with_what_nobody_knows_in_it() -> None:
    one = {"from": "16505551234", "timestamp": "1", "type": "text", "text": {"body": "Hi"}}
    hummed: dict[str, Any] = {
        "from": "16505551234",
        "id": "w2",
        "timestamp": "1",
        "type": "hum",
        "hum": {},
    }

    found = changed("messages", {"messages": [{**one, "id": "w1"}, hummed, {**one, "id": "w3"}]})

    assert [fact.kind for fact in found] == ["message", "other", "message"]
    assert "hum" in found[1].words


def test_a_message_that_whatsapp_keeps_to_itself_still_shows() -> None:
    (fact,) = whatsapp("unsupported", {}, errors=[{"code": 131051}])

    assert fact.kind == "message"
    assert "look at it in the app" in fact.text


@pytest.mark.parametrize(
    ("field", "value", "state"),
    [
        ("account_update", {"event": "PARTNER_REMOVED"}, "reconnect"),
        ("account_update", {"event": "ACCOUNT_VIOLATION"}, "degraded"),
        ("account_update", {"event": "X", "ban_info": {"waba_ban_state": "REINSTATE"}}, "ok"),
        ("account_review_update", {"decision": "REJECTED"}, "reconnect"),
        ("phone_number_quality_update", {"event": "FLAGGED"}, "degraded"),
        (
            "account_alerts",
            {"alert_severity": "CRITICAL", "alert_type": "X", "alert_description": "Too many"},
            "degraded",
        ),
    ],
)
def test_news_of_the_account_moves_its_health(field: str, value: Any, state: str) -> None:
    (fact,) = changed(field, value)

    assert (fact.kind, fact.state) == ("account", state)


def test_an_unsupported_message_on_instagram_still_shows() -> None:
    (fact,) = page({"message": {"mid": "a", "is_unsupported": True}}, "instagram")

    assert "Instagram does not hand on" in fact.text


@pytest.mark.parametrize(
    ("attachment", "text"),
    [
        ({"type": "location", "payload": {"coordinates": {"lat": 1, "long": 2}}}, "?q=1.0,2.0"),
        ({"type": "share", "payload": {"url": "https://ig.me/p"}}, "https://ig.me/p"),
        ({"type": "fallback", "title": "A page", "url": "https://x.example"}, "A page · https://x"),
        (
            {"type": "template", "payload": {"product": {"elements": [{"title": "Dress"}]}}},
            "Dress",
        ),
    ],
)
def test_attachments_that_are_no_files_read_as_words(attachment: Any, text: str) -> None:
    (fact,) = page({"message": {"mid": "a", "attachments": [attachment]}})

    assert text in fact.text
    assert fact.attachments == ()


def test_a_story_that_names_the_shop_is_fetched() -> None:
    mention = {"type": "story_mention", "payload": {"url": "https://lookaside.fbsbx.com/1"}}

    (fact,) = page({"message": {"mid": "a", "attachments": [mention]}}, "instagram")

    assert fact.context == "Mentioned the shop in a story"
    assert [one.name for one in fact.attachments] == ["story"]


def test_what_concerns_nobody_here_is_read_and_left() -> None:
    assert page({"pass_thread_control": {"new_owner_app_id": "1"}}) == []
    assert page({"referral": {"source": "SHORTLINK"}}) == []
    (fact,) = page({"somersault": {}})
    assert "somersault" in fact.words


def test_a_blocked_page_needs_reconnecting() -> None:
    (fact,) = page({"policy_enforcement": {"action": "block", "reason": "spam"}})

    assert (fact.kind, fact.state) == ("account", "reconnect")


@pytest.mark.parametrize(
    ("status", "code", "subcode", "permanent", "health"),
    [
        (401, 190, 463, False, "reconnect"),
        (400, 10, 2018278, True, None),
        (403, 10, 0, False, "reconnect"),
        (403, 230, 0, False, "reconnect"),
        (400, 131047, 0, True, None),
        (400, 131026, 0, True, None),
        (429, 130429, 0, False, None),
        (400, 613, 0, False, None),
        (400, 4, 0, False, None),
        (429, errors.UNNAMED, 0, False, None),
        (400, 0, 0, False, "reconnect"),
        (500, 2, 0, False, None),
        (500, 999_999, 0, False, None),
        (400, 999_999, 0, True, None),
        (403, 131031, 0, False, "reconnect"),
    ],
)
def test_codes_decide(
    status: int, code: int, subcode: int, permanent: bool, health: str | None
) -> None:
    found = errors.outcome(status, code, subcode, "title", None)

    assert isinstance(found, Refused)
    assert (found.permanent, found.health) == (permanent, health)
    assert found.words.endswith(".")


def test_a_fault_after_which_messages_arrived_all_the_same_is_unknown() -> None:
    assert isinstance(errors.outcome(500, 1, 1357046, "", None), Unknown)


@given(
    st.sampled_from(
        ["image", "text", "order", "contacts", "reaction", "edit", "revoke", "location"]
    ),
    st.sampled_from(["from", "id", "timestamp", "type", "image", "context", "referral", "edit"]),
    json_values,
)
def test_a_mangled_whatsapp_message_is_read_all_the_same(
    type_: str, spoilt: str, value: Any
) -> None:
    _check(whatsapp(type_, value, **{spoilt: value}))
    _check(whatsapp(type_, {"id": value, "message_id": value, "product_items": [{"a": value}]}))
    _check(changed("messages", {"statuses": [{"id": "1", "status": "failed", "errors": value}]}))
    _check(changed("messages", {"contacts": value, "messages": value, "metadata": value}))
    for field in ("user_preferences", "account_update", "account_alerts", "smb_message_echoes"):
        _check(changed(field, {field: [value], "alert_info": value, "message_echoes": value}))


@given(
    st.sampled_from(
        ["message", "postback", "reaction", "read", "delivery", "message_edit", "optin"]
    ),
    st.sampled_from(["sender", "timestamp", "message", "mid", "attachments", "referral"]),
    json_values,
)
def test_a_mangled_event_is_read_all_the_same(key: str, spoilt: str, value: Any) -> None:
    _check(page({key: value, spoilt: value}))
    part = {"mid": "a", "title": "b", "watermark": value, spoilt: value}
    _check(page({key: part}, "instagram"))
    _check(page({key: {"mid": "a", "attachments": [{"type": value, "payload": value}]}}))
    _check(page({key: {"mid": "a", "attachments": [{"type": "image", "payload": {"url": value}}]}}))


@given(
    st.sampled_from(sorted(CHANNELS)),
    st.binary(max_size=60) | st.builds(msgspec.json.encode, json_values),
)
def test_whatever_bytes_come_are_read(channel: str, body: bytes) -> None:
    _check(facts(channel, body))
    told = msgspec.json.encode(
        {"object": WORDS_OF[channel], "entry": [body.decode(errors="replace")]}
    )
    _check(facts(channel, told))


def _check(found: list[Fact]) -> None:
    for fact in found:
        if fact.kind == "other":
            assert fact.words
        elif fact.kind not in ("account", "receipt"):
            assert fact.sender is not None
            assert fact.external_id or fact.kind == "opt_out"
        assert "\x00" not in msgspec.json.encode(fact).decode()
