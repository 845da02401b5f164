"""What Slack's refusals mean, in words that say what to do.

The codes are those of https://docs.slack.dev/reference/methods/chat.postMessage and its sisters; a
refusal is a 200 with `ok: false`, but for 429 (https://docs.slack.dev/apis/web-api/rate-limits).
"""

from collections.abc import Mapping

from shopbell.desk.connections.types import Health
from shopbell.desk.deliveries.types import Refused

_AGAIN = "Connect Slack again in Settings, Channels."
_LOST: Mapping[str, str] = {
    "invalid_auth": f"Slack does not know the token. {_AGAIN}",
    "not_authed": f"Slack got no token. {_AGAIN}",
    "account_inactive": f"The app or its workspace is switched off. {_AGAIN}",
    "token_revoked": f"The token was revoked. {_AGAIN}",
    "token_expired": f"The token has run out. {_AGAIN}",
    "no_permission": f"The app lacks a right: add the scopes of the guide. {_AGAIN}",
    "missing_scope": f"The app lacks a right: add the scopes of the guide. {_AGAIN}",
    "not_allowed_token_type": f"This is another kind of token: it begins with xoxb-. {_AGAIN}",
    "org_login_required": f"The workspace is being moved. {_AGAIN}",
    "ekm_access_denied": "The workspace's administrators have shut the app out: ask them.",
    "access_denied": f"Slack refuses the app. {_AGAIN}",
}
_NEVER: Mapping[str, str] = {
    "channel_not_found": "The channel is gone, or the app is not in it: invite the app there.",
    "not_in_channel": "The app is not in this channel: invite it there, then send again.",
    "is_archived": "The channel is archived: write to the customer directly.",
    "msg_too_long": "The message is too long for Slack: send it in parts.",
    "no_text": "There is nothing to send.",
    "restricted_action": "The workspace does not let the app write here: ask its administrators.",
    "restricted_action_read_only_channel": "Nobody may write in this channel.",
    "restricted_action_thread_locked": "The thread is locked: write to the customer directly.",
    "thread_not_found": "The thread is gone: write to the customer directly.",
    "user_not_found": "Slack does not know this person any more.",
    "user_disabled": "This person's account is switched off.",
    "user_not_visible": "The app may not see this person: ask the workspace's administrators.",
    "cannot_dm_bot": "This is a bot, which takes no direct messages.",
    "messages_tab_disabled": "Direct messages to the app are off: turn on its Messages tab in App Home.",
    "as_user_not_supported": "Slack refused the message: see the log.",
    "file_not_found": "A file was lost on its way to Slack: send it again.",
    "invalid_blocks": "Slack refused the message: see the log.",
}
LATER = frozenset(
    {
        "ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable",
        "request_timeout", "team_added_to_org", "accesslimited",
    }
)  # fmt: skip
PERHAPS_DONE = frozenset(
    {"internal_error", "fatal_error", "request_timeout", "service_unavailable"}
)
"""After these the platform may have done what it was asked all the same, as its pages say."""
BUSY = "Slack asks for a pause; this is tried again."
AWAY = "Slack cannot be reached; this is tried again."


def health_of(code: str) -> Health | None:
    """What a refusal says of the connection as a whole."""
    return "reconnect" if code in _LOST else None


def words_of(code: str) -> str:
    """A refusal in words that say what to do."""
    known = _LOST.get(code) or _NEVER.get(code)
    return known or f"Slack refused this ({code[:60] or 'without a reason'}): see the log."


def refusal(code: str, retry_after: float | None, parts: tuple[str, ...] = ()) -> Refused:
    """The outcome of a sending that Slack refused with this code."""
    if code in LATER:
        words = BUSY if "rate" in code else f"Slack has trouble ({code}); this is tried again."
        return Refused(words=words, retry_after=retry_after, code=code, parts=parts)
    if code in _LOST:
        return Refused(words=words_of(code), health="reconnect", code=code, parts=parts)
    return Refused(words=words_of(code), permanent=True, code=code, parts=parts)
