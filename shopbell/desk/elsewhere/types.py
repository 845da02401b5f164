"""An address that a shopper left on the page, so that replies they miss reach them there."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

AddressKind = Literal["email", "phone"]


class Address(Struct, frozen=True, kw_only=True):
    """A mail address, in lower case, or a phone number in E.164."""

    kind: AddressKind
    value: str


class Left(Struct, frozen=True, kw_only=True):
    """What a thread's shopper left: the address, the connection it is written to by, and when and to
    which words they agreed."""

    thread_id: UUID
    address: Address
    connection_id: UUID
    agreed_at: datetime
    consent: str
