"""Every door, one line each, with who may pass it."""

from pathlib import Path

from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from shopbell.server import (
    agents,
    changes,
    connections,
    customers,
    deliveries,
    files,
    health,
    held,
    hooks,
    me,
    originals,
    pages,
    replies,
    search,
    sessions,
    sla,
    tags,
    threads,
    tickets,
    turns,
)
from shopbell.server.doors import agents_only, own_pages_only
from shopbell.server.sockets.agent import agent_socket
from shopbell.server.sockets.polling import poll, widget_poll
from shopbell.server.sockets.shopper import shopper_socket
from shopbell.server.widget import elsewhere, messages, session
from shopbell.server.widget.doors import open_to_pages, preflight, visitors_only

TICKET = "/api/tickets/{ticket_id}"
THREAD = "/api/threads/{thread_id}"
AGENT = "/api/agents/{agent_id}"
CHANGE = "/api/changes/{change_id}"
CONNECTION = "/api/connections/{connection_id}"
CUSTOMER = "/api/customers/{customer_id}"
JOINING = "/api/joinings/{joining_id}"
MESSAGE = "/api/messages/{message_id}"
HELD = "/api/held/{held_id}"
REPLY = "/api/replies/{reply_id}"
TAG = "/api/tags/{tag_id}"


def routes(web_dist: Path) -> list[BaseRoute]:
    """The whole table."""
    return [
        WebSocketRoute("/ws/agent", agent_socket),
        WebSocketRoute("/ws/shopper", shopper_socket),
        Route("/api/poll", agents_only("viewer", poll)),
        Route("/api/widget/{rest:path}", preflight, methods=["OPTIONS"]),
        Route("/api/widget/poll", visitors_only(widget_poll)),
        Route("/api/widget/session", open_to_pages(session.create), methods=["POST"]),
        Route("/api/widget/session", visitors_only(session.delete), methods=["DELETE"]),
        Route("/api/widget/messages", visitors_only(messages.index)),
        Route("/api/widget/messages", visitors_only(messages.send), methods=["POST"]),
        Route("/api/widget/ask-person", visitors_only(messages.ask_person), methods=["POST"]),
        Route("/api/widget/codes", visitors_only(messages.send_code), methods=["POST"]),
        Route("/api/widget/read", visitors_only(messages.read), methods=["POST"]),
        Route("/api/widget/address", visitors_only(elsewhere.leave), methods=["POST"]),
        Route("/api/widget/address", visitors_only(elsewhere.forget), methods=["DELETE"]),
        Route("/api/widget/attachments", visitors_only(files.create_by_visitor), methods=["POST"]),
        Route("/hooks/{connection_id}", hooks.receive, methods=["GET", "POST"]),
        Route("/healthz", health.healthz),
        Route("/readyz", health.readyz),
        Route("/api/session", own_pages_only(sessions.create), methods=["POST"]),
        Route("/api/session", agents_only("viewer", sessions.delete), methods=["DELETE"]),
        Route("/api/invitation", own_pages_only(sessions.accept_invitation), methods=["POST"]),
        Route("/api/me", agents_only("viewer", me.show)),
        Route("/api/me/password", agents_only("viewer", me.set_password), methods=["POST"]),
        Route("/api/me/undo-send", agents_only("viewer", me.set_undo_send), methods=["PUT"]),
        Route("/api/held", agents_only("viewer", held.index)),
        Route(f"{HELD}/undo", agents_only("agent", held.undo), methods=["POST"]),
        Route(f"{HELD}/send", agents_only("agent", held.send), methods=["POST"]),
        Route("/api/counts", agents_only("viewer", tickets.counts)),
        Route("/api/tickets", agents_only("viewer", tickets.index)),
        Route(TICKET, agents_only("viewer", tickets.show)),
        Route(f"{TICKET}/messages", agents_only("agent", tickets.send), methods=["POST"]),
        Route(f"{TICKET}/take-over", agents_only("agent", tickets.take_over), methods=["POST"]),
        Route(f"{TICKET}/release", agents_only("agent", tickets.release), methods=["POST"]),
        Route(f"{TICKET}/assign", agents_only("agent", tickets.assign), methods=["POST"]),
        Route(f"{TICKET}/resolve", agents_only("agent", tickets.resolve), methods=["POST"]),
        Route(f"{TICKET}/reopen", agents_only("agent", tickets.reopen), methods=["POST"]),
        Route(f"{TICKET}/snooze", agents_only("agent", tickets.snooze), methods=["POST"]),
        Route(f"{TICKET}/priority", agents_only("agent", tickets.priority), methods=["POST"]),
        Route(f"{TICKET}/tags", agents_only("viewer", tags.marks)),
        Route(f"{TICKET}/tags", agents_only("agent", tickets.tags), methods=["POST"]),
        Route(f"{TICKET}/clocks", agents_only("viewer", sla.clocks)),
        Route(f"{TICKET}/facts", agents_only("viewer", replies.facts)),
        Route(f"{TICKET}/macro", agents_only("agent", replies.run), methods=["POST"]),
        Route("/api/replies", agents_only("viewer", replies.index)),
        Route("/api/replies", agents_only("agent", replies.create), methods=["POST"]),
        Route(REPLY, agents_only("agent", replies.change), methods=["PUT"]),
        Route(REPLY, agents_only("agent", replies.remove), methods=["DELETE"]),
        Route(f"{REPLY}/used", agents_only("agent", replies.used), methods=["POST"]),
        Route("/api/changes", agents_only("agent", changes.create), methods=["POST"]),
        Route(f"{CHANGE}/undo", agents_only("agent", changes.undo), methods=["POST"]),
        Route("/api/search", agents_only("viewer", search.index)),
        Route("/api/tags", agents_only("viewer", tags.index)),
        Route("/api/tags", agents_only("admin", tags.create), methods=["POST"]),
        Route(TAG, agents_only("admin", tags.change), methods=["PUT"]),
        Route(TAG, agents_only("admin", tags.remove), methods=["DELETE"]),
        Route(f"{TAG}/merge", agents_only("admin", tags.merge), methods=["POST"]),
        Route(f"{TAG}/part", agents_only("admin", tags.part), methods=["POST"]),
        Route("/api/sla/policies", agents_only("viewer", sla.policies)),
        Route("/api/sla/policies", agents_only("admin", sla.set_policies), methods=["PUT"]),
        Route("/api/attachments", agents_only("agent", files.create), methods=["POST"]),
        Route("/files/{file_id}", files.show),
        Route(f"{THREAD}/messages", agents_only("viewer", threads.messages)),
        Route(f"{THREAD}/read", agents_only("viewer", threads.read), methods=["POST"]),
        Route("/api/turns/{turn_id}", agents_only("viewer", turns.show)),
        Route("/api/agents", agents_only("admin", agents.index)),
        Route("/api/agents", agents_only("admin", agents.create), methods=["POST"]),
        Route(AGENT, agents_only("admin", agents.change), methods=["PATCH"]),
        Route(f"{AGENT}/invitation", agents_only("admin", agents.invite_again), methods=["POST"]),
        Route(f"{AGENT}/sessions", agents_only("admin", agents.end_sessions), methods=["DELETE"]),
        Route("/api/connections", agents_only("admin", connections.index)),
        Route("/api/connections", agents_only("admin", connections.create), methods=["POST"]),
        Route(CONNECTION, agents_only("admin", connections.change), methods=["PATCH"]),
        Route(f"{CONNECTION}/signing", agents_only("admin", connections.sign), methods=["POST"]),
        Route(f"{CONNECTION}/check", agents_only("admin", connections.check), methods=["POST"]),
        Route(f"{CONNECTION}/templates", agents_only("viewer", connections.templates)),
        Route(
            f"{CONNECTION}/templates",
            agents_only("agent", connections.read_templates),
            methods=["POST"],
        ),
        Route("/api/customers", agents_only("viewer", customers.index)),
        Route(f"{CUSTOMER}/joinings", agents_only("viewer", customers.joinings)),
        Route(f"{CUSTOMER}/join", agents_only("agent", customers.join), methods=["POST"]),
        Route(
            f"{CUSTOMER}/language", agents_only("agent", customers.set_language), methods=["POST"]
        ),
        Route(f"{JOINING}/undo", agents_only("agent", customers.undo), methods=["POST"]),
        Route("/api/deliveries", agents_only("viewer", deliveries.index)),
        Route(f"{MESSAGE}/original", agents_only("viewer", originals.show)),
        Route(f"{MESSAGE}/retry", agents_only("agent", deliveries.retry), methods=["POST"]),
        Route(f"{MESSAGE}/move", agents_only("agent", deliveries.move), methods=["POST"]),
        Route("/", pages.inbox),
        Route("/unsent", pages.inbox),
        Route("/search", pages.inbox),
        Route("/settings/{rest:path}", pages.inbox),
        Route("/t/{rest:path}", pages.inbox),
        Route("/invitation", pages.inbox),
        Route("/widget.js", pages.widget_loader),
        Mount("/assets", pages.Assets(web_dist)),
    ]
