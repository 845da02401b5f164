"""Signing in: right words only, tokens never stored, a revoked session is gone."""

import pytest
from argon2 import PasswordHasher

from shopbell.desk.people.commands import SignInRefused, session_of, sign_in, sign_out
from tests.desk.conftest import Shop


async def give_password(shop: Shop, password: str) -> None:
    async with shop.desk.pool.connection() as connection:
        await connection.execute(
            "UPDATE agent SET password_hash = %s WHERE id = %s",
            (PasswordHasher().hash(password), shop.ben.id),
        )


async def test_the_right_password_opens_a_session_until_it_is_revoked(shop: Shop) -> None:
    await give_password(shop, "green-wool")
    token, session = await sign_in(shop.desk, " BEN@demo.shop ", "green-wool")
    found = await session_of(shop.desk, token)
    assert found is not None
    assert (found.id, found.agent.id) == (session.id, shop.ben.id)
    await sign_out(shop.desk, session.id)
    assert await session_of(shop.desk, token) is None


@pytest.mark.parametrize(
    ("email", "password"),
    [("ben@demo.shop", "wrong"), ("nobody@demo.shop", "green-wool"), ("cleo@demo.shop", "")],
)
async def test_anything_wrong_is_refused_in_the_same_words(
    shop: Shop, email: str, password: str
) -> None:
    await give_password(shop, "green-wool")
    with pytest.raises(SignInRefused, match="E-mail or password is wrong"):
        await sign_in(shop.desk, email, password)
    assert await shop.count("agent_session") == 0


async def test_a_disabled_agent_is_out_at_once(shop: Shop) -> None:
    await give_password(shop, "green-wool")
    token, _ = await sign_in(shop.desk, "ben@demo.shop", "green-wool")
    async with shop.desk.pool.connection() as connection:
        await connection.execute("UPDATE agent SET disabled_at = now()")
    assert await session_of(shop.desk, token) is None
    with pytest.raises(SignInRefused):
        await sign_in(shop.desk, "ben@demo.shop", "green-wool")
