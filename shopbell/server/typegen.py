"""The wire's types as TypeScript, made from the msgspec structs (`bin/types`)."""

from collections.abc import Iterable, Iterator
from types import UnionType
from typing import Any, get_args

import msgspec
from msgspec import inspect

from shopbell.realtime import frames
from shopbell.server import types

UNIONS: dict[str, UnionType] = {
    "AgentFrame": frames.AgentFrame,
    "ShopperFrame": frames.ShopperFrame,
    "AgentOut": frames.AgentOut,
    "ShopperOut": frames.ShopperOut,
}
"""Unions of frames, told apart by `type`."""

SOURCES = "shopbell/realtime/frames.py and shopbell/server/types.py"
HEADER = f"// Made by bin/types from {SOURCES}: edit those.\n"


def typescript() -> str:
    """The text of web/shared/wire.ts."""
    bodies = [
        kind
        for kind in vars(types).values()
        if isinstance(kind, type)
        and issubclass(kind, msgspec.Struct)
        and kind is not msgspec.Struct
    ]
    sent = _structs([*get_args(frames.AgentFrame), *get_args(frames.ShopperFrame)])
    sent |= _structs([kind for kind in bodies if kind.__struct_config__.forbid_unknown_fields])
    sent |= _structs([types.WidgetSessionBody])
    every = _structs([member for union in UNIONS.values() for member in get_args(union)])
    every |= _structs(bodies)
    parts = [HEADER, "export type Uuid = string\n/** RFC 3339 */\nexport type Instant = string\n"]
    parts += [_interface(every[name], optional=name in sent) for name in sorted(every)]
    parts += [
        f"export type {name} = {' | '.join(kind.__name__ for kind in get_args(union))}\n"
        for name, union in UNIONS.items()
    ]
    return "\n".join(parts)


def _structs(kinds: Iterable[type]) -> dict[str, inspect.StructType]:
    """These structs and all that they hold, by name."""
    found: dict[str, inspect.StructType] = {}
    waiting: list[inspect.Type] = list(inspect.multi_type_info(kinds))
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, inspect.StructType):
            if kind.cls.__name__ in found:
                continue
            found[kind.cls.__name__] = kind
            waiting += [field.type for field in kind.fields]
        waiting += _inside(kind)
    return found


def _inside(kind: inspect.Type) -> Iterator[inspect.Type]:
    match kind:
        case inspect.UnionType(types=members):
            yield from members
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            yield item
        case inspect.DictType(value_type=value):
            yield value
        case inspect.Metadata(type=inner):
            yield inner
        case _:
            return


def _interface(kind: inspect.StructType, *, optional: bool) -> str:
    """A field may be absent where the client sends it or the server omits its default."""
    lines: list[str] = []
    if doc := " ".join((kind.cls.__doc__ or "").split()):
        lines.append(f"/** {doc} */")
    lines.append(f"export interface {kind.cls.__name__} {{")
    if kind.tag_field:
        lines.append(f'  {kind.tag_field}: "{kind.tag}"')
    omits = optional or kind.cls.__struct_config__.omit_defaults
    for field in kind.fields:
        absent = not field.required and (omits or _may_be_unset(field.type))
        lines.append(f"  {field.encode_name}{'?' if absent else ''}: {_written(field.type)}")
    return "\n".join([*lines, "}", ""])


def _may_be_unset(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.UnionType) and any(
        _names_unset(member) for member in kind.types
    )


def _names_unset(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.CustomType) and kind.cls is msgspec.UnsetType


_PLAIN: dict[type[Any], str] = {
    inspect.StrType: "string",
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.BoolType: "boolean",
    inspect.NoneType: "null",
    inspect.UUIDType: "Uuid",
    inspect.DateTimeType: "Instant",
    inspect.DateType: "string",
    inspect.AnyType: "unknown",
}


def _written(kind: inspect.Type) -> str:
    match kind:
        case inspect.StructType(cls=cls):
            return cls.__name__
        case inspect.LiteralType(values=values):
            return " | ".join(msgspec.json.encode(value).decode() for value in values)
        case inspect.UnionType(types=members):
            return " | ".join(_written(member) for member in members if not _names_unset(member))
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            inner = _written(item)
            return f"({inner})[]" if " | " in inner else f"{inner}[]"
        case inspect.DictType(value_type=value):
            return f"Record<string, {_written(value)}>"
        case inspect.Metadata(type=inner):
            return _written(inner)
        case _ if type(kind) in _PLAIN:
            return _PLAIN[type(kind)]
        case _:
            raise TypeError(f"no TypeScript for {kind!r}: teach shopbell/server/typegen.py")
