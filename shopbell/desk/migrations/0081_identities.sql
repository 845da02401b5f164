-- How customers become one and are parted again, what proves that an address is somebody's, and
-- windows that are about to shut.

ALTER TABLE identity ADD COLUMN origin_customer_id uuid REFERENCES customer;
COMMENT ON COLUMN identity.origin_customer_id IS 'Whose it was before customers were joined, and is again once they are parted.';
CREATE INDEX customer_merged ON customer (merged_into) WHERE merged_into IS NOT NULL;

ALTER TABLE customer_join DROP COLUMN visitor_id, DROP COLUMN shift,
    ADD COLUMN how text NOT NULL DEFAULT 'shop' CHECK (how IN ('shop', 'code', 'agent')),
    ADD COLUMN joined_by uuid REFERENCES agent,
    ADD COLUMN undone_by uuid REFERENCES agent,
    ADD COLUMN kept jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN customer_join.kept IS 'desk.identities.types.Kept: what joining changed and cannot be told from the rows.';
CREATE UNIQUE INDEX customer_join_standing ON customer_join (from_customer_id) WHERE undone_at IS NULL;

CREATE TABLE joined_message (
    join_id     uuid NOT NULL REFERENCES customer_join ON DELETE CASCADE,
    message_id  uuid NOT NULL REFERENCES message ON DELETE CASCADE,
    seq         bigint NOT NULL,
    PRIMARY KEY (join_id, message_id)
);
COMMENT ON TABLE joined_message IS 'The seq that each message had before its thread was joined: it has it again afterwards.';

CREATE TABLE verification (
    id             uuid PRIMARY KEY,
    thread_id      uuid NOT NULL REFERENCES thread ON DELETE CASCADE,
    connection_id  uuid NOT NULL REFERENCES connection ON DELETE CASCADE,
    kind           text NOT NULL,
    value          text NOT NULL,
    language       text NOT NULL,
    code_hash      bytea NOT NULL,
    status         text NOT NULL DEFAULT 'queued'
                   CHECK (status IN ('queued', 'sent', 'unsent', 'proved', 'spent', 'replaced')),
    wrong          smallint NOT NULL DEFAULT 0,
    sends          smallint NOT NULL DEFAULT 0,
    next_at        timestamptz NOT NULL,
    external_id    text,
    asked_at       timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    proved_at      timestamptz
);
COMMENT ON TABLE verification IS 'A one-time code that one conversation asked for. The code itself is nowhere: it is worked out anew from the row''s id and the deployment''s key when it is sent.';
CREATE UNIQUE INDEX verification_open ON verification (thread_id) WHERE status IN ('queued', 'sent', 'unsent');
CREATE INDEX verification_due ON verification (next_at) WHERE status = 'queued';
CREATE INDEX verification_thread ON verification (thread_id, asked_at);
CREATE INDEX verification_address ON verification (kind, value, asked_at);
CREATE INDEX verification_asked ON verification (asked_at);
CREATE INDEX verification_external ON verification (connection_id, external_id) WHERE external_id IS NOT NULL;

ALTER TABLE contact ADD COLUMN warn_at timestamptz;
COMMENT ON COLUMN contact.warn_at IS 'When somebody is to be told that the window shuts; null once that is seen to.';
UPDATE contact SET warn_at = window_until - interval '2 hours' WHERE window_until > now();
CREATE INDEX contact_warn ON contact (warn_at) WHERE warn_at IS NOT NULL;

ALTER TABLE ticket ADD COLUMN answer_before timestamptz;
COMMENT ON COLUMN ticket.answer_before IS 'When the channel stops taking free answers, told once it is near and the customer waits.';
