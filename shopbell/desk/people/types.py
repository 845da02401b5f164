"""Agents, their teams and roles."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

Role = Literal["admin", "agent", "viewer"]


class Agent(Struct, frozen=True, kw_only=True):
    """A person who works in the inbox."""

    id: UUID
    email: str
    name: str
    role: Role
    teams: tuple[UUID, ...] = ()
    disabled: bool = False
    version: int = 1


class Team(Struct, frozen=True, kw_only=True):
    """A group of agents that tickets are given to."""

    id: UUID
    name: str


class Session(Struct, frozen=True, kw_only=True):
    """A signed-in browser of an agent; `id` is public, the token is not kept."""

    id: UUID
    agent: Agent
    expires_at: datetime
