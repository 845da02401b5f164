"""The file that the embedded shop is filled from; docs/actions.md describes it for people."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from shopbell.connectors.commerce.types import (
    Address,
    FulfilmentState,
    OrderState,
    PaymentState,
    Tracking,
)

MOST_BYTES = 64_000_000
_Name = Annotated[str, Meta(min_length=1, max_length=300)]
_Key = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^\S+$")]
_Count = Annotated[int, Meta(ge=0, le=1_000_000)]
_Email = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]


class LoadProblem(Exception):
    """What in the file cannot be loaded, and where."""


class _Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the file's parts: a field that is not known is a mistake, not a wish."""


class FileVariant(_Part, frozen=True):
    sku: _Key
    price: Decimal
    stock: _Count = 0
    size: str = ""
    colour: str = ""
    colour_hex: Annotated[str, Meta(pattern="^#[0-9a-fA-F]{6}$")] = "#8a8a8a"
    options: dict[str, str] = {}
    compare_at: Decimal | None = None
    restock_on: dt.date | None = None


class FileProduct(_Part, frozen=True):
    title: _Name
    variants: Annotated[tuple[FileVariant, ...], Meta(min_length=1, max_length=1000)]
    handle: _Key | UnsetType = UNSET
    collection: str = "Everything"
    description: str = ""
    material: str = ""
    fit: str = ""
    fit_note: str = ""
    care: str = ""
    origin: str = ""
    weight_grams: _Count = 0
    warmth: Annotated[int, Meta(ge=1, le=5)] | None = None
    tags: tuple[str, ...] = ()


class FileMethod(_Part, frozen=True):
    method: _Name
    id: str = ""


class FileCustomer(_Part, frozen=True):
    email: _Email
    name: _Name
    phone: Annotated[str, Meta(pattern=r"^(\+\d{6,15})?$")] = ""
    language: Annotated[str, Meta(pattern="^[a-z]{2,3}$")] = "en"
    addresses: tuple[Address, ...] = ()
    payment_methods: tuple[FileMethod, ...] = ()


class FileLine(_Part, frozen=True):
    sku: _Key
    quantity: Annotated[int, Meta(ge=1, le=10_000)] = 1
    price: Decimal | None = None
    title: str = ""
    final_sale: bool = False
    shipped: _Count | None = None
    returned: _Count = 0


class FilePayment(_Part, frozen=True):
    method: _Name
    amount: Decimal | None = None
    refunded: Decimal = Decimal(0)
    state: PaymentState = PaymentState.CAPTURED
    at: dt.datetime | None = None


class FileFulfilment(_Part, frozen=True):
    state: FulfilmentState
    lines: dict[str, Annotated[int, Meta(ge=1)]] | None = None
    packed_at: dt.datetime | None = None
    shipped_at: dt.datetime | None = None
    delivered_at: dt.datetime | None = None
    tracking: Tracking | None = None


class FileOrder(_Part, frozen=True):
    number: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^#?[A-Za-z0-9][\w-]*$")]
    customer: _Email
    placed_at: dt.datetime
    lines: Annotated[tuple[FileLine, ...], Meta(min_length=1, max_length=500)]
    state: OrderState = OrderState.PAID
    discount: Decimal = Decimal(0)
    discount_code: str = ""
    shipping: Decimal = Decimal(0)
    shipping_method: str = "Standard"
    shipping_address: Address | None = None
    cancelled_at: dt.datetime | None = None
    note: str = ""
    payments: tuple[FilePayment, ...] = ()
    fulfilments: tuple[FileFulfilment, ...] = ()


class ShopFile(_Part, frozen=True):
    """The whole file."""

    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "EUR"
    products: tuple[FileProduct, ...] = ()
    customers: tuple[FileCustomer, ...] = ()
    orders: tuple[FileOrder, ...] = ()


_NOT_CENTS = {"JPY", "KRW", "VND", "CLP", "ISK", "PYG", "UGX", "XAF", "XOF", "XPF", "RWF", "KMF", "GNF",
              "DJF", "BIF", "VUV", "KWD", "BHD", "OMR", "JOD", "TND", "IQD", "LYD"}  # fmt: skip


def read_shop_file(raw: bytes) -> ShopFile:
    """The file's parts. Raises LoadProblem, which names the first place that is wrong."""
    if len(raw) > MOST_BYTES:
        raise LoadProblem(f"it is larger than {MOST_BYTES // 1_000_000} MB")
    try:
        file = msgspec.json.decode(raw, type=ShopFile)
    except UnicodeDecodeError:
        raise LoadProblem("it is not UTF-8") from None
    except msgspec.DecodeError as wrong:
        raise LoadProblem(str(wrong)) from None
    if b"\\u0000" in msgspec.json.encode(file):
        raise LoadProblem("a text in it holds a NUL character")
    if file.currency in _NOT_CENTS:
        raise LoadProblem(f"{file.currency} has no hundredths: the embedded shop counts in those")
    return file
