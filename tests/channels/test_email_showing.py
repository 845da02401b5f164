"""A mail's HTML as a page for the inbox's frame: its pictures and its policy."""

from uuid import UUID

import pytest

from shopbell.connectors.channels.email.showing import policy, shown
from shopbell.desk.inbound.pictures import placed

KEPT = UUID(int=7)


@pytest.mark.parametrize(
    ("page", "named"),
    [
        ('<img src="cid:p1">', f'<img src="cid:{KEPT}">'),
        (
            '<img alt="a > b" src="cid:p1" width="1">',
            f'<img alt="a > b" src="cid:{KEPT}" width="1">',
        ),
        ('<img src="cid:a%26b">', f'<img src="cid:{KEPT}">'),
        ('<img src="cid:a&amp;b">', f'<img src="cid:{KEPT}">'),
        ('<img src="cid:other">', '<img src="cid:other">'),
        ('<p>src="cid:p1"</p>', '<p>src="cid:p1"</p>'),
        ('<img alt="">src="cid:p1"', '<img alt="">src="cid:p1"'),
    ],
)
def test_pictures_that_came_along_are_named_by_the_files_kept_of_them(
    page: str, named: str
) -> None:
    assert placed(page, {"p1": KEPT, "a&b": KEPT}) == named


def test_a_page_is_made_safe_whoever_kept_it() -> None:
    page = shown("<script>1</script><img src=x onerror=1><b>x</b>", {}, remote=True)
    assert "script" not in page
    assert "onerror" not in page
    assert page.endswith("<b>x</b></body></html>")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_pictures_from_elsewhere_are_fetched_by_https_and_only_when_asked_for(scheme: str) -> None:
    page = f'<img src="{scheme}://far.example/p.png"> data-remote-src="https://far.example"'
    assert ' src="https' not in shown(page, {}, remote=False)
    told = shown(page, {}, remote=True)
    assert told.count(' src="https://far.example/p.png"') == 1
    assert ' data-remote-src="https://far.example"' in told


def test_a_picture_that_came_along_has_its_signed_address_or_none() -> None:
    page = shown('<img src="cid:p1"><img src="cid:p2">', {"p1": "/files/1?a=1&b=2"}, remote=False)
    assert 'src="/files/1?a=1&amp;b=2"' in page
    assert "cid:" not in page


def test_the_policy_lets_pictures_in_and_nothing_else() -> None:
    assert policy("https://desk.example/shop", remote=False) == (
        "default-src 'none'; style-src 'unsafe-inline';"
        " img-src data: https://desk.example/shop/files/; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'self'; sandbox allow-same-origin allow-popups"
        " allow-popups-to-escape-sandbox"
    )
    assert "img-src data: https://desk.example/files/ https:;" in policy(
        "https://desk.example", remote=True
    )
