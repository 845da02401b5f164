"""All platforms at once, with their pages, over a desk that runs."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from shopbell.demo.channels.apps import Line, Sms, Telegram, TikTok
from shopbell.demo.channels.connecting import connect_all, rest
from shopbell.demo.channels.mail import Mail
from shopbell.demo.channels.meta import Instagram, Messenger, WhatsApp
from shopbell.demo.channels.pages import pages
from shopbell.demo.channels.rooms import Custom, Discord, Slack
from shopbell.demo.channels.shopper import Shopper
from shopbell.demo.peers.serving import peer_server
from shopbell.desk.connections.vault import Vault
from shopbell.desk.database import open_desk
from shopbell.settings import Settings

SHOPPERS: tuple[type[Shopper], ...] = (
    *(WhatsApp, Messenger, Instagram, TikTok, Sms, Telegram),
    *(Line, Slack, Discord, Mail, Custom),
)


@asynccontextmanager
async def platforms(settings: Settings, address: str, port: int = 0) -> AsyncGenerator[str]:
    """Every platform with a page to be a shopper on it; the address of the pages. The desk's server
    is at `address`, its worker runs over the same services. Raises OSError for a port in use."""
    assert settings.database_url is not None
    shoppers = [one() for one in SHOPPERS]
    async with AsyncExitStack() as undo:
        desk = await undo.enter_async_context(open_desk(settings.database_url, size=2))
        for one in shoppers:
            await undo.enter_async_context(one.running())
        vault = Vault(settings.secret_key, settings.old_secret_keys)
        made = await connect_all(desk, vault, shoppers)
        undo.push_async_callback(rest, desk, made)
        for one in shoppers:
            one.hook = f"{address}/hooks/{made[one.channel]}"
        app = pages(shoppers, f"{address}/")
        yield await undo.enter_async_context(peer_server(app, port=port))
