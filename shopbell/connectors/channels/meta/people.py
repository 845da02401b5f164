"""What a person is called, as Meta's profile API tells it.

https://developers.facebook.com/documentation/business-messaging/messenger-platform/identity/user-profile
(an app that serves others' Pages needs *Business Asset User Profile Access* besides) and
https://developers.facebook.com/documentation/business-messaging/instagram-messaging/features/user-profile
(told once somebody has written, and not of who blocked the account).
"""

from shopbell.connectors.channels.meta.graph import Graph
from shopbell.connectors.channels.meta.json import name_in
from shopbell.connectors.channels.types import NotNow
from shopbell.desk.deliveries.types import Refused, Unknown


async def called(graph: Graph, person: str, *fields: str) -> str:
    """The first of these fields that says anything; `first_name last_name` is one. Empty where Meta
    does not tell. Raises NotNow."""
    if not person.isalnum():
        return ""
    asked = ",".join(one.replace(" ", ",") for one in fields)
    found = await graph.get(person, fields=asked)
    if isinstance(found, Unknown):
        raise NotNow
    if isinstance(found, Refused):
        if found.permanent or found.health is not None:
            return ""
        raise NotNow(found.retry_after)
    for field in fields:
        words = [name_in(found.get(one)).strip() for one in field.split(" ")]
        if name := " ".join(filter(None, words)):
            return name
    return ""
