"""The channels there are; adding one is its folder and its line in CHANNELS."""

from collections.abc import Mapping
from typing import Protocol

import httpx

from shopbell.connectors.channels.discord.channel import DiscordChannel
from shopbell.connectors.channels.email.channel import EmailChannel
from shopbell.connectors.channels.http.channel import HttpChannel
from shopbell.connectors.channels.instagram.channel import Instagram
from shopbell.connectors.channels.line.channel import LineApp
from shopbell.connectors.channels.messenger.channel import Messenger
from shopbell.connectors.channels.slack.channel import SlackChannel
from shopbell.connectors.channels.sms.channel import Sms
from shopbell.connectors.channels.telegram.channel import Telegram
from shopbell.connectors.channels.tiktok.channel import TikTok
from shopbell.connectors.channels.types import Channel
from shopbell.connectors.channels.webchat.channel import WebChat
from shopbell.connectors.channels.whatsapp.channel import WhatsApp
from shopbell.desk.connections.types import Capability


class Made(Channel, Protocol):
    """A channel as it is made: of the HTTP client that all share."""

    def __init__(self, client: httpx.AsyncClient) -> None: ...


CHANNELS: Mapping[str, type[Made]] = {
    "webchat": WebChat,
    "http": HttpChannel,
    "email": EmailChannel,
    "telegram": Telegram,
    "sms": Sms,
    "line": LineApp,
    "slack": SlackChannel,
    "discord": DiscordChannel,
    "tiktok": TikTok,
    "whatsapp": WhatsApp,
    "messenger": Messenger,
    "instagram": Instagram,
}


def labels() -> Mapping[str, str]:
    """What people call each channel, by its name."""
    return {name: one.label for name, one in capabilities().items()}


def capabilities() -> Mapping[str, Capability]:
    """What each channel can carry, by its name."""
    return {name: one.capability for name, one in CHANNELS.items()}


def channels(client: httpx.AsyncClient) -> Mapping[str, Channel]:
    """Every channel by its name, sharing one HTTP client."""
    return {name: one(client) for name, one in CHANNELS.items()}
