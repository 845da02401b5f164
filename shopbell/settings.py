"""What a deployment sets: read once from flags and the environment, checked, then never changed."""

import errno
import os
import re
import secrets
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

BUCKETS = ("s3", "gs", "az")
LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingsError(ValueError):
    """One line that names the setting, what is wrong with it and what to write instead."""


class Setting(msgspec.Struct, frozen=True):
    """One thing that can be set: its field, its environment variable and what it is for."""

    field: str
    variable: str
    meaning: str


SETTINGS = (
    Setting("data", "SHOPBELL_DATA", "Folder that holds every byte of state"),
    Setting("host", "SHOPBELL_HOST", "Address to listen on"),
    Setting("port", "SHOPBELL_PORT", "Port to listen on"),
    Setting("public_url", "SHOPBELL_PUBLIC_URL", "Address under which people reach this server"),
    Setting("database_url", "DATABASE_URL", "Postgres to use in place of the embedded one"),
    Setting("redis_url", "REDIS_URL", "Redis or Valkey to use in place of the embedded one"),
    Setting("files", "SHOPBELL_FILES", "Bucket to keep files in, in place of the data folder"),
    Setting("secret_key", "SHOPBELL_SECRET_KEY", "Key that signs links, visitors and tokens"),
    Setting("old_secret_keys", "SHOPBELL_OLD_SECRET_KEYS", "Former secret keys that still open"),
    Setting("model", "SHOPBELL_MODEL", "Model that writes the assistant's answers"),
    Setting("model_key", "SHOPBELL_MODEL_KEY", "Key for that model's provider"),
    Setting("model_api_base", "SHOPBELL_MODEL_API_BASE", "Address of an own model endpoint"),
    Setting("trusted_proxies", "SHOPBELL_TRUSTED_PROXIES", "Proxies whose headers are believed"),
    Setting("log_level", "SHOPBELL_LOG_LEVEL", "How much is logged"),
    Setting("web_dist", "SHOPBELL_WEB_DIST", "Folder of the built web files"),
)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting with its final value; see docs/settings.md for what each one means."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str
    database_url: str | None = None
    redis_url: str | None = None
    files: str | None = None
    secret_key: str
    old_secret_keys: tuple[str, ...] = ()
    model: str | None = None
    model_key: str | None = None
    model_api_base: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    log_level: str = "info"
    web_dist: Path

    def __repr__(self) -> str:
        """Name the settings without the secrets, so that a log line can hold them."""
        return f"Settings(data={str(self.data)!r}, public_url={self.public_url!r})"


def load(flags: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from `flags` (field names; `None` means not given), else `environ`, else defaults.

    Makes the data folder and, where no secret key is set, a key file in it.
    Raises SettingsError with one line that says what to do.
    """
    given: dict[str, Any] = {}
    port_from = "SHOPBELL_PORT" if flags.get("port") is None else "--port"
    for setting in SETTINGS:
        value = flags.get(setting.field)
        if value is None:
            value = environ.get(setting.variable, "").strip() or None
        if value is not None:
            given[setting.field] = value
    data = Path(given.get("data", ".shopbell")).expanduser().resolve()
    given["data"] = data
    given["host"] = given.get("host", "127.0.0.1")
    given["port"] = _port(given.get("port", 8000), port_from)
    given["public_url"] = _public_url(given)
    given["log_level"] = _log_level(given.get("log_level", "info"))
    given["trusted_proxies"] = _trusted_proxies(given.get("trusted_proxies", ""))
    given["old_secret_keys"] = tuple(
        part for part in re.split(r"[\s,]+", given.get("old_secret_keys", "")) if part
    )
    given["web_dist"] = Path(given.get("web_dist", _built_web())).expanduser().resolve()
    _check_scheme(given, "database_url", ("postgresql", "postgres"), "postgresql://user@host/name")
    _check_scheme(given, "redis_url", ("redis", "rediss", "unix"), "redis://host:6379/0")
    _check_scheme(given, "model_api_base", ("http", "https"), "https://host/v1")
    _check_files(given.get("files"), environ)
    _make_data_folder(data)
    given["secret_key"] = _secret_key(given.get("secret_key"), data)
    return Settings(**given)


def _port(value: Any, given_by: str) -> int:
    if not str(value).isdigit() or not 1 <= int(value) <= 65535:
        raise SettingsError(f"{given_by} is {value!r}: set it to a number from 1 to 65535.")
    return int(value)


def _public_url(given: Mapping[str, Any]) -> str:
    host = given["host"]
    reached = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared only
    reached = f"[{reached}]" if ":" in reached else reached
    url = str(given.get("public_url", f"http://{reached}:{given['port']}")).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(
            "SHOPBELL_PUBLIC_URL is not a web address: set it to one like https://help.example.com."
        )
    return url


def _trusted_proxies(value: str) -> tuple[str, ...]:
    """Networks; never everybody, since then anybody could say where they come from."""
    networks: list[str] = []
    for part in re.split(r"[\s,]+", value.strip()) if value.strip() else ():
        try:
            network = ip_network(part, strict=False)
        except ValueError:
            network = None
        if network is None or network.prefixlen == 0:
            raise SettingsError(
                f"SHOPBELL_TRUSTED_PROXIES holds {part!r}: name each proxy's address, like 10.0.0.5,"
                " or a network of them, like 10.0.0.0/24."
            )
        networks.append(str(network))
    return tuple(networks)


def _log_level(value: str) -> str:
    if value.lower() not in LOG_LEVELS:
        raise SettingsError(f"SHOPBELL_LOG_LEVEL is {value!r}: use {', '.join(LOG_LEVELS)}.")
    return value.lower()


def _check_scheme(
    given: Mapping[str, Any], field: str, schemes: tuple[str, ...], example: str
) -> None:
    if given.get(field) is None:
        return
    url = str(given[field])
    variable = next(setting.variable for setting in SETTINGS if setting.field == field)
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    if scheme not in schemes:
        raise SettingsError(f"{variable} is not a usable address: write it like {example}.")


def _check_files(url: str | None, environ: Mapping[str, str]) -> None:
    if url is None:
        return
    try:
        parts = urlsplit(url)
        usable = parts.scheme in BUCKETS and bool(parts.hostname)
    except ValueError:
        parts, usable = urlsplit(""), False
    if not usable:
        raise SettingsError(
            "SHOPBELL_FILES is not a bucket's address: write it like s3://bucket/prefix,"
            " gs://bucket/prefix or az://container/prefix."
        )
    if parts.scheme == "az" and not environ.get("AZURE_STORAGE_ACCOUNT_NAME"):
        raise SettingsError("SHOPBELL_FILES is in Azure: set AZURE_STORAGE_ACCOUNT_NAME too.")


def _built_web() -> Path:
    return Path(__file__).resolve().parent.parent / "web" / "dist"


def _make_data_folder(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (FileExistsError, NotADirectoryError):
        raise SettingsError(f"{data} is not a folder: give another one with --data.") from None
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise SettingsError(
            f"{data} cannot be made here: give a folder you may write to with --data."
        ) from None
    if not os.access(data, os.W_OK | os.X_OK):
        raise SettingsError(f"{data} cannot be written to: give another folder with --data.")


def _secret_key(given: str | None, data: Path) -> str:
    if given is not None:
        if len(given) < 32:
            raise SettingsError("SHOPBELL_SECRET_KEY is too short: use at least 32 characters.")
        return given
    file = data / "secret.key"
    if not file.exists():
        _write_key(file)
    key = file.read_text().strip()
    if len(key) < 32:
        raise SettingsError(f"{file} is damaged: restore it from a backup, or remove it.")
    return key


def _write_key(file: Path) -> None:
    """Put a fresh key in place whole: whoever comes second keeps the first one's key."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(6)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(secrets.token_urlsafe(48) + "\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        return
    finally:
        draft.unlink()
