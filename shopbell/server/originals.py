"""The door to a mail as its sender laid it out: a page that the inbox puts into a frame.

It is a page of its own, since one that is written into a frame (`srcdoc`) has the inbox's policy
besides its own: that would have to let styles and pictures from anywhere into the whole inbox.
"""

from starlette.requests import Request
from starlette.responses import Response

from shopbell.connectors.channels.email.showing import policy, shown
from shopbell.desk.errors import NotFound
from shopbell.desk.threads.reads import message_for
from shopbell.server.asked import named
from shopbell.server.doors import state_of


async def show(request: Request) -> Response:
    """GET /api/messages/{id}/original: pictures from elsewhere only with `?pictures=yes`."""
    state, message_id = state_of(request), named(request, "message_id", "The message")
    message = await message_for(state.desk, request.state.agent, message_id)
    if not message.html:
        raise NotFound("The original")
    remote = request.query_params.get("pictures") == "yes"
    files = {str(one.id): one.url for one in state.hub.audiences.sign(message).attachments}
    headers = {
        "Content-Security-Policy": policy(state.settings.public_url, remote=remote),
        "Referrer-Policy": "no-referrer",
    }
    return Response(
        shown(message.html, files, remote=remote), headers=headers, media_type="text/html"
    )
