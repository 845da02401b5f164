"""Whether the services that DATABASE_URL and REDIS_URL name can be used, and if not, why in one line."""

from typing import Any

import psycopg
import redis
from psycopg.conninfo import conninfo_to_dict

from shopbell.cli.failure import Failure

CONNECT_S = 5
OLDEST_POSTGRES = 15
DATABASE_EXAMPLE = "postgresql://user:password@host:5432/name"
REDIS_EXAMPLE = "redis://:password@host:6379/0"


def check_database(url: str) -> None:
    """Raises Failure where this Postgres cannot be used; the line never holds the password."""
    try:
        where = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise Failure(
            f"DATABASE_URL is not a usable address: write it like {DATABASE_EXAMPLE}."
        ) from None
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_S) as connection:
            version = connection.info.server_version // 10000
    except psycopg.OperationalError as error:
        raise Failure(_why_no_database(str(error), where)) from None
    if version < OLDEST_POSTGRES:
        raise Failure(
            f"DATABASE_URL leads to Postgres {version}: use {OLDEST_POSTGRES} or newer,"
            " with pgvector."
        )


def check_redis(url: str) -> None:
    """Raises Failure where this Redis or Valkey cannot be used; the line never holds the password."""
    client_type: Any = redis.Redis
    try:
        client = client_type.from_url(
            url, socket_timeout=CONNECT_S, socket_connect_timeout=CONNECT_S
        )
    except ValueError:
        raise Failure(
            f"REDIS_URL is not a usable address: write it like {REDIS_EXAMPLE}."
        ) from None
    options = client.connection_pool.connection_kwargs
    where = options.get("path") or f"{options.get('host')}:{options.get('port', 6379)}"
    try:
        client.ping()
    except redis.AuthenticationError:
        raise Failure(
            f"Redis at {where} refuses the password: set the right one in REDIS_URL."
        ) from None
    except redis.ResponseError as error:
        word = str(error).split(" ", 1)[0]
        raise Failure(
            f"Redis at {where} refuses us ({word}): check password and database number in REDIS_URL."
        ) from None
    except (redis.RedisError, OSError):
        raise Failure(
            f"Nobody answers as Redis at {where}: start it, correct REDIS_URL,"
            " or unset it to use the embedded Valkey."
        ) from None
    finally:
        client.close()


def _why_no_database(said: str, where: dict[str, Any]) -> str:
    host, port = where.get("host", "localhost"), where.get("port", 5432)
    who, name = where.get("user", ""), where.get("dbname", where.get("user", ""))
    if "password" in said or "authentication" in said or "pg_hba" in said:
        return (
            f"Postgres at {host}:{port} does not let {who or 'this user'} in:"
            " set the right name and password in DATABASE_URL."
        )
    if "role" in said and "does not exist" in said:
        return f"Postgres at {host}:{port} has no user {who}: create it, or correct DATABASE_URL."
    if "does not exist" in said:
        return (
            f"Postgres at {host}:{port} has no database {name}: create it, or correct DATABASE_URL."
        )
    if "resolve" in said or "translate" in said or "Name or service" in said:
        return f"No machine is called {host}: correct DATABASE_URL."
    return (
        f"Nobody answers as Postgres at {host}:{port}: start it, correct DATABASE_URL,"
        " or unset it to use the embedded one."
    )
