"""What WhatsApp tells of the account itself: restrictions, quality, templates.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference:
account_update, account_alerts, account_review_update, phone_number_quality_update and
message_template_status_update.
"""

from collections.abc import Callable, Iterator, Mapping

from shopbell.connectors.channels.meta.json import Object, name_in, object_in
from shopbell.desk.inbound.types import Fact

SEE = "See Account quality in Meta Business Suite."
GONE = frozenset({"PARTNER_REMOVED", "ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED", "DISABLED_UPDATE"})
RETURNED = frozenset({"ACCOUNT_RECONNECTED", "PARTNER_ADDED", "PARTNER_APP_INSTALLED"})
WARNED = frozenset({"ACCOUNT_VIOLATION", "ACCOUNT_RESTRICTION", "PARTNER_APP_UNINSTALLED"})


def _update(value: Object) -> Iterator[Fact]:
    event, ban = name_in(value.get("event")), object_in(value.get("ban_info"))
    state = name_in(ban.get("waba_ban_state"))
    if event in GONE and state not in ("REINSTATE", "SCHEDULE_FOR_DISABLE"):
        words = "WhatsApp has shut this account, or it was disconnected: connect it again."
        yield _health("reconnect", f"{words} {SEE}", event)
    elif event in WARNED or state == "SCHEDULE_FOR_DISABLE":
        yield _health("degraded", f"WhatsApp has warned or restricted this account. {SEE}", event)
    elif event in RETURNED or state == "REINSTATE":
        yield _health("ok", "", event)


def _alerts(value: Object) -> Iterator[Fact]:
    info = object_in(value.get("alert_info")) or value
    if name_in(info.get("alert_severity")) not in ("CRITICAL", "WARNING"):
        return
    words = name_in(info.get("alert_description")) or name_in(info.get("alert_type"))
    state = "ok" if name_in(info.get("alert_status")) == "RESOLVED" else "degraded"
    yield _health(state, f"WhatsApp says: {words}"[:300], name_in(info.get("alert_type")))


def _review(value: Object) -> Iterator[Fact]:
    decision = name_in(value.get("decision"))
    if decision == "REJECTED":
        yield _health("reconnect", f"WhatsApp has turned this account down. {SEE}", decision)
    elif decision == "APPROVED":
        yield _health("ok", "", decision)


def _quality(value: Object) -> Iterator[Fact]:
    event = name_in(value.get("event"))
    if event == "FLAGGED":
        words = "People block or report this number: WhatsApp may lower how much it can send."
        yield _health("degraded", f"{words} {SEE}", event)
    elif event == "UNFLAGGED":
        yield _health("ok", "", event)


def _template(value: Object) -> Iterator[Fact]:
    name, event = name_in(value.get("message_template_name")), name_in(value.get("event"))
    if not name or not event:
        yield Fact(kind="other", words="a template without its name or state")
        return
    reason = name_in(value.get("reason"))
    yield Fact(
        kind="account",
        code="template",
        external_id=name,
        context=name_in(value.get("message_template_language")),
        state=event,
        words="" if reason == "NONE" else reason,
    )


def _nothing(_: Object) -> Iterator[Fact]:
    """News that changes nothing here."""
    yield from ()


def _health(state: str, words: str, code: str) -> Fact:
    return Fact(kind="account", state=state, words=words, code=code)


ACCOUNT_FIELDS: Mapping[str, Callable[[Object], Iterator[Fact]]] = {
    "account_update": _update,
    "account_alerts": _alerts,
    "account_review_update": _review,
    "phone_number_quality_update": _quality,
    "message_template_status_update": _template,
    "message_template_quality_update": _nothing,
    "message_template_components_update": _nothing,
    "template_category_update": _nothing,
    "phone_number_name_update": _nothing,
    "business_capability_update": _nothing,
    "account_settings_update": _nothing,
    "security": _nothing,
}
