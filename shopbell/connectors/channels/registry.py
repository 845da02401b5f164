"""The channels there are; adding one is its folder and its line here."""

from collections.abc import Mapping

import httpx

from shopbell.connectors.channels.http.channel import HttpChannel
from shopbell.connectors.channels.types import Channel
from shopbell.connectors.channels.webchat.channel import WebChat


def labels() -> Mapping[str, str]:
    """What people call each channel, by its name."""
    known = (WebChat.capability, HttpChannel.capability)
    return {one.channel: one.label for one in known}


def channels(client: httpx.AsyncClient) -> Mapping[str, Channel]:
    """Every channel by its name, sharing one HTTP client."""
    known: tuple[Channel, ...] = (WebChat(), HttpChannel(client))
    return {one.capability.channel: one for one in known}
