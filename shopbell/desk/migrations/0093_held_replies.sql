-- Replies that wait a moment before they go, so that their author can take them back.

CREATE TABLE held_reply (
    id          uuid PRIMARY KEY,
    ticket_id   uuid NOT NULL REFERENCES ticket ON DELETE CASCADE,
    agent_id    uuid NOT NULL REFERENCES agent,
    epoch       bigint NOT NULL,
    what        jsonb NOT NULL,
    due_at      timestamptz NOT NULL,
    problem     jsonb,
    undone_at   timestamptz
);
COMMENT ON TABLE held_reply IS 'id is that of the message, of which it is a row no longer once that stands; what is desk.held.types.Sending. Undone ones stay a day, so that a late repeat is known.';
CREATE INDEX held_reply_due ON held_reply (due_at) WHERE problem IS NULL AND undone_at IS NULL;
CREATE INDEX held_reply_agent ON held_reply (agent_id) WHERE undone_at IS NULL;

ALTER TABLE agent ADD COLUMN undo_s smallint NOT NULL DEFAULT 10 CHECK (undo_s BETWEEN 0 AND 30);
COMMENT ON COLUMN agent.undo_s IS 'How many seconds their replies wait before they go; 0 for not at all.';
