"""Settings: each one is documented, and a wrong one says in one line what to write instead."""

import re
from pathlib import Path

import pytest

from shopbell.settings import SETTINGS, Settings, SettingsError, load

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def test_every_setting_is_documented_and_nothing_else() -> None:
    documented = re.findall(r"^\| `([A-Z_]+)` \|", PAGE.read_text(), re.MULTILINE)
    assert documented == [setting.variable for setting in SETTINGS]
    assert {setting.field for setting in SETTINGS} == set(Settings.__struct_fields__)


def test_a_flag_goes_before_the_environment(tmp_path: Path) -> None:
    environment = {"SHOPBELL_PORT": "9000", "SHOPBELL_DATA": str(tmp_path)}
    assert load({"port": None}, environment).port == 9000
    assert load({"port": 9001}, environment).port == 9001


def test_the_secret_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first, second = load({"data": tmp_path}, {}), load({"data": tmp_path}, {})
    assert first.secret_key == second.secret_key
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    assert first.secret_key not in repr(first)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SHOPBELL_PORT", "http"),
        ("SHOPBELL_PUBLIC_URL", "help.example.com"),
        ("DATABASE_URL", "mysql://name:hidden@host/shop"),
        ("REDIS_URL", "hidden"),
        ("SHOPBELL_FILES", "hidden"),
        ("SHOPBELL_FILES", "s3://"),
        ("SHOPBELL_FILES", "file:///hidden"),
        ("SHOPBELL_FILES", "az://hidden/files"),
        ("SHOPBELL_SECRET_KEY", "hidden"),
        ("SHOPBELL_TRUSTED_PROXIES", "*"),
        ("SHOPBELL_TRUSTED_PROXIES", "10.0.0.5, 0.0.0.0/0"),
        ("SHOPBELL_TRUSTED_PROXIES", "proxy.example"),
        ("SHOPBELL_LOG_LEVEL", "loud"),
        ("SHOPBELL_MODEL_API_BASE", "hidden"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(tmp_path: Path, variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({"data": tmp_path}, {variable: value})
    assert variable in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("port", [0, -1, 70_000])
def test_a_wrong_port_is_named_by_the_flag_it_came_from(tmp_path: Path, port: int) -> None:
    with pytest.raises(SettingsError, match=rf"^--port is {port}: ") as caught:
        load({"data": tmp_path, "port": port}, {"SHOPBELL_PORT": "8000"})
    assert "SHOPBELL_PORT" not in str(caught.value)


def test_proxies_are_kept_as_networks(tmp_path: Path) -> None:
    given = {"SHOPBELL_TRUSTED_PROXIES": " 10.0.0.5,192.168.1.7/24 ::1"}
    kept = load({"data": tmp_path}, given).trusted_proxies
    assert kept == ("10.0.0.5/32", "192.168.1.0/24", "::1/128")
    again = {"SHOPBELL_TRUSTED_PROXIES": ",".join(kept)}
    assert load({"data": tmp_path}, again).trusted_proxies == kept
