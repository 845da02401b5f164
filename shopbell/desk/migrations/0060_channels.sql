-- What outside systems hand in, kept whole; how a connection answers each thread; and its credentials.

CREATE TABLE inbound (
    id             uuid PRIMARY KEY,
    connection_id  uuid NOT NULL REFERENCES connection ON DELETE CASCADE,
    digest         bytea NOT NULL,
    headers        jsonb NOT NULL DEFAULT '{}',
    body           bytea NOT NULL,
    status         text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'done', 'waiting', 'unread')),
    error          text,
    attempts       integer NOT NULL DEFAULT 0,
    seen           integer NOT NULL DEFAULT 1,
    next_at        timestamptz NOT NULL DEFAULT now(),
    received_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (connection_id, digest)
);
CREATE INDEX inbound_open ON inbound (next_at) WHERE status IN ('new', 'waiting');
CREATE INDEX inbound_age ON inbound (received_at);
COMMENT ON TABLE inbound IS 'Payloads as they came, for 30 days: the same bytes twice are one row. unread: kept and flagged, for replay.';

CREATE TABLE contact (
    connection_id  uuid NOT NULL REFERENCES connection ON DELETE CASCADE,
    thread_id      uuid NOT NULL REFERENCES thread ON DELETE CASCADE,
    place          text NOT NULL,
    identity       text NOT NULL,
    community      boolean NOT NULL DEFAULT false,
    window_until   timestamptz,
    opted_out_at   timestamptz,
    heard_at       timestamptz NOT NULL,
    PRIMARY KEY (connection_id, thread_id)
);
COMMENT ON COLUMN contact.place IS 'Where an answer goes, as the platform names it: a chat, a channel with its thread, an address.';
COMMENT ON COLUMN contact.window_until IS 'Until when the platform takes free answers; null where it never shuts.';

CREATE TABLE expected_file (
    id             uuid PRIMARY KEY,
    message_id     uuid NOT NULL REFERENCES message ON DELETE CASCADE,
    connection_id  uuid NOT NULL REFERENCES connection ON DELETE CASCADE,
    ref            text NOT NULL,
    storage_key    text NOT NULL,
    attempts       integer NOT NULL DEFAULT 0,
    next_at        timestamptz NOT NULL
);
CREATE INDEX expected_file_due ON expected_file (next_at);
COMMENT ON TABLE expected_file IS 'Files on messages whose bytes a platform still holds; the id is that of the attachment to be.';

ALTER TABLE connection
    ADD COLUMN account text,
    ADD COLUMN sealed bytea,
    ADD COLUMN health_words text NOT NULL DEFAULT '',
    ADD COLUMN heard_at timestamptz,
    ADD COLUMN sent_at timestamptz,
    ADD COLUMN lease_holder text,
    ADD COLUMN lease_until timestamptz,
    ADD COLUMN cursor jsonb NOT NULL DEFAULT '{}';
CREATE UNIQUE INDEX connection_account ON connection (channel, account) WHERE account IS NOT NULL;
COMMENT ON COLUMN connection.account IS 'What the platform calls this account: a phone number''s id, a page, an address.';
COMMENT ON COLUMN connection.sealed IS 'Credentials, encrypted with a key of the deployment; never read back to people.';
COMMENT ON COLUMN connection.cursor IS 'How far a long-lived connection has read, such as a mailbox''s UIDs.';

CREATE INDEX delivery_external ON delivery (connection_id, external_id) WHERE external_id IS NOT NULL;
ALTER TABLE message ADD COLUMN edited_at timestamptz, ADD COLUMN removed_at timestamptz;
