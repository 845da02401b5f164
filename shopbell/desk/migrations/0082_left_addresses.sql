-- Addresses that shoppers leave on the page, and the replies that wait to be seen there first.

CREATE TABLE left_address (
    thread_id      uuid PRIMARY KEY REFERENCES thread ON DELETE CASCADE,
    kind           text NOT NULL CHECK (kind IN ('email', 'phone')),
    value          text NOT NULL,
    connection_id  uuid NOT NULL REFERENCES connection ON DELETE CASCADE,
    agreed_at      timestamptz NOT NULL,
    consent        text NOT NULL
);
CREATE INDEX left_address_value ON left_address (connection_id, value);
COMMENT ON COLUMN left_address.consent IS 'The words that the shopper agreed to, as they read them.';

CREATE TABLE silenced_address (
    connection_id  uuid NOT NULL REFERENCES connection ON DELETE CASCADE,
    value          text NOT NULL,
    at             timestamptz NOT NULL,
    PRIMARY KEY (connection_id, value)
);
COMMENT ON TABLE silenced_address IS 'Addresses whose owner answered that they want no more: nobody can leave them again.';

CREATE TABLE unseen_reply (
    message_id  uuid PRIMARY KEY REFERENCES message ON DELETE CASCADE,
    due_at      timestamptz NOT NULL
);
CREATE INDEX unseen_reply_due ON unseen_reply (due_at);
COMMENT ON TABLE unseen_reply IS 'Replies that go to the address left, unless they are read on the page by then.';

ALTER TABLE contact ADD COLUMN claimed boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN contact.claimed IS 'Its address was only left on the page: it gets replies, and opens nothing.';
