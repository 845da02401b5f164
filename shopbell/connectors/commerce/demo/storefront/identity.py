"""Sign a demo customer in to the chat, as a shop's own server would."""

from __future__ import annotations

import datetime as dt
from typing import Any

import jwt
import msgspec
import psycopg
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from shopbell.connectors.commerce.demo.seed import WIDGET_KEY
from shopbell.connectors.commerce.demo.world import KNOWN
from shopbell.connectors.commerce.types import ShopUnavailable
from shopbell.desk.ids import uuid7

COOKIE = "demo_shopper"
GOOD_FOR = dt.timedelta(minutes=10)
NAMES = {name.split(" ")[0].lower(): name for name, _ in KNOWN}
"""Who can be chosen: the word in the cookie and the name."""

_WHO = """
SELECT c.id::text, c.email, w.secret FROM shop_customer c, connection w
 WHERE c.name = %s AND w.public_key = %s AND w.secret IS NOT NULL ORDER BY c.id LIMIT 1
"""


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """The customer of this page; `token` (HS256, ten minutes, for one visitor) tells the chat."""

    key: str
    name: str
    email: str
    token: str


async def signed_in(pool: AsyncConnectionPool[Any], key: str) -> SignedIn | None:
    """The demo customer whom the cookie names, None where it names none of them.

    Raises ShopUnavailable.
    """
    name = NAMES.get(key)
    if name is None:
        return None
    try:
        async with pool.connection() as db, db.cursor(row_factory=tuple_row) as cursor:
            row = await (await cursor.execute(_WHO, [name, WIDGET_KEY])).fetchone()
    except (psycopg.OperationalError, PoolTimeout) as failure:
        raise ShopUnavailable("the demo shop's database did not answer") from failure
    if row is None:
        return None
    customer_id, email, secret = row
    now = dt.datetime.now(dt.UTC)
    claims = {
        "sub": customer_id,
        "email": email,
        "name": name,
        "iat": now,
        "exp": now + GOOD_FOR,
        "jti": str(uuid7()),
    }
    token = jwt.encode(claims, secret, algorithm="HS256")
    return SignedIn(key=key, name=name, email=email, token=token)
