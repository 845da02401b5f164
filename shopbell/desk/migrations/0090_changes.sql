-- Changes of tickets that can be taken back for a while.

CREATE TABLE change (
    id        uuid PRIMARY KEY,
    agent_id  uuid NOT NULL REFERENCES agent ON DELETE CASCADE,
    at        timestamptz NOT NULL
);
COMMENT ON TABLE change IS 'What an agent did to some tickets at once; forgotten after an hour.';
CREATE INDEX change_at ON change (at);

CREATE TABLE changed_ticket (
    change_id  uuid NOT NULL REFERENCES change ON DELETE CASCADE,
    ticket_id  uuid NOT NULL REFERENCES ticket ON DELETE CASCADE,
    place      integer NOT NULL,
    at         timestamptz NOT NULL,
    epoch      bigint NOT NULL,
    heard      bigint NOT NULL,
    before     jsonb NOT NULL,
    after      jsonb NOT NULL,
    PRIMARY KEY (change_id, ticket_id)
);
COMMENT ON TABLE changed_ticket IS 'The fields of a ticket that the change moved, before and after it; at, epoch and heard, its last_customer_seq, are those it left.';
CREATE INDEX changed_ticket_ticket ON changed_ticket (ticket_id);
