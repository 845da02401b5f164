-- Visitors who ended, threads that were joined, and where joined messages came from.

CREATE TABLE visitor_ended (
    visitor_id  uuid PRIMARY KEY,
    ended_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE visitor_ended IS 'Visitors whose token opens nothing any more: signed out, or joined to a customer.';

CREATE TABLE customer_join (
    id                uuid PRIMARY KEY,
    from_customer_id  uuid NOT NULL REFERENCES customer,
    into_customer_id  uuid NOT NULL REFERENCES customer,
    visitor_id        uuid NOT NULL,
    shift             bigint NOT NULL,
    at                timestamptz NOT NULL,
    undone_at         timestamptz
);
CREATE INDEX customer_join_into ON customer_join (into_customer_id);
COMMENT ON COLUMN customer_join.shift IS 'What was added to the seq of each joined message.';

ALTER TABLE message ADD COLUMN origin_thread_id uuid REFERENCES thread, ADD COLUMN origin_seq bigint;
ALTER TABLE ticket ADD COLUMN origin_thread_id uuid REFERENCES thread;
COMMENT ON COLUMN message.origin_seq IS 'Its seq in origin_thread_id, before the threads of one person were joined.';

CREATE INDEX attachment_thread ON attachment (thread_id) WHERE thread_id IS NOT NULL;
