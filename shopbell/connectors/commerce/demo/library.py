"""The demo shop's content as it lies in the files under content/."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

CONTENT = Path(__file__).parent / "content"


class Hours(msgspec.Struct, frozen=True):
    """Opening hours for some days, 0 being Monday; times are local."""

    days: tuple[int, ...]
    start: str
    end: str


class BrandFile(msgspec.Struct, frozen=True):
    name: str
    tagline: str
    founded: int
    email: str
    time_zone: str
    colour: str
    greeting: str
    assistant_name: str
    story: str
    voice: str
    hours: tuple[Hours, ...]
    palette: dict[str, tuple[str, str]]


class PictureFile(msgspec.Struct, frozen=True):
    kind: str
    pattern: str


class ProductFile(msgspec.Struct, frozen=True):
    """One product; `price` in cents, `colours` are keys of the brand's palette."""

    handle: str
    title: str
    price: int
    colours: tuple[str, ...]
    sizes: tuple[str, ...]
    material: str
    fit: str
    fit_note: str
    warmth: int
    weight_grams: int
    care: str
    origin: str
    description: str
    tags: tuple[str, ...]
    picture: PictureFile


class CollectionFile(msgspec.Struct, frozen=True):
    slug: str
    position: int
    title: str
    product: tuple[ProductFile, ...]


class HelpArticle(msgspec.Struct, frozen=True):
    """One help article; `slug` is the same in all languages, `body` is Markdown."""

    slug: str
    language: str
    title: str
    collection: str
    kind: str
    body: str


def read_toml(path: Path) -> dict[str, Any]:
    """A content file as it stands."""
    return tomllib.loads(path.read_text("utf-8"))


@cache
def brand() -> BrandFile:
    return msgspec.convert(read_toml(CONTENT / "brand.toml"), BrandFile)


@cache
def collections() -> tuple[CollectionFile, ...]:
    """All collections in the order the shop shows them."""
    files = (CONTENT / "products").glob("*.toml")
    read = (msgspec.convert({"slug": f.stem, **read_toml(f)}, CollectionFile) for f in files)
    return tuple(sorted(read, key=lambda one: one.position))


@cache
def articles() -> tuple[HelpArticle, ...]:
    """All help articles of all languages, sorted by language and slug."""
    files = sorted((CONTENT / "help").glob("*/*.md"))
    return tuple(_article(path) for path in files)


@cache
def article(slug: str, language: str) -> HelpArticle | None:
    """The article in this language, else in English; None where there is no such slug."""
    found = {one.language: one for one in articles() if one.slug == slug}
    return found.get(language) or found.get("en")


def help_path(one: HelpArticle) -> str:
    """Where the storefront shows an article."""
    return f"/demo/help/{one.language}/{one.slug}"


def _article(path: Path) -> HelpArticle:
    _, front, body = path.read_text("utf-8").split("---\n", 2)
    fields = dict(line.split(": ", 1) for line in front.splitlines() if line)
    return HelpArticle(slug=path.stem, body=body.strip(), **fields)
