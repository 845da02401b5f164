-- What agents say often, and what they then do to the ticket.

CREATE TABLE saved_reply (
    id            uuid PRIMARY KEY,
    title         text NOT NULL,
    shortcut      text NOT NULL DEFAULT '',
    texts         jsonb NOT NULL DEFAULT '[]',
    steps         jsonb NOT NULL DEFAULT '[]',
    visibility    text NOT NULL CHECK (visibility IN ('me', 'team', 'all')),
    owner_id      uuid NOT NULL REFERENCES agent,
    team_id       uuid REFERENCES team,
    used          integer NOT NULL DEFAULT 0,
    last_used_at  timestamptz,
    version       bigint NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CHECK ((visibility = 'team') = (team_id IS NOT NULL))
);
COMMENT ON TABLE saved_reply IS 'desk.replies.types.SavedReply; with steps it is a macro.';
CREATE INDEX saved_reply_owner ON saved_reply (owner_id);
