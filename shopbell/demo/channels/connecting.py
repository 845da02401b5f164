"""The demo's accounts in a running desk: made once, pointed at wherever the peers stand now."""

from uuid import UUID

from shopbell.demo.channels.shopper import Shopper
from shopbell.desk.connections.commands import connect, reconnect, set_health, turn_on
from shopbell.desk.connections.reads import brands, connections
from shopbell.desk.connections.vault import Vault
from shopbell.desk.database import Desk
from shopbell.desk.errors import NotFound

OVER = "The platforms of the demo have gone: run shopbell demo channels again."


async def connect_all(desk: Desk, vault: Vault, shoppers: list[Shopper]) -> dict[str, UUID]:
    """The connection of each shopper's channel. Raises NotFound where the desk has no brand, and
    Invalid where an account of the demo is connected under another name."""
    known = {(one.connection.channel, one.connection.name): one for one in await connections(desk)}
    shops = await brands(desk)
    if not shops:
        raise NotFound("The brand")
    made: dict[str, UUID] = {}
    for one in shoppers:
        name = f"{one.label} (demo)"
        held = known.get((one.channel, name))
        if held is None:
            new = await connect(
                desk,
                vault,
                shops[0].id,
                one.channel,
                name,
                one.credentials,
                account=one.account,
                settings=one.settings,
            )
            made[one.channel] = new.id
            continue
        made[one.channel] = held.connection.id
        await reconnect(
            desk,
            vault,
            held.connection.id,
            one.credentials,
            account=one.account,
            settings=one.settings,
        )
        await turn_on(desk, held.connection.id)
    return made


async def rest(desk: Desk, made: dict[str, UUID]) -> None:
    """Have nothing be sent to platforms that are gone."""
    for connection_id in made.values():
        await set_health(desk, connection_id, "off", OVER)
