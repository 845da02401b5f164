-- The action ledger: what was asked of a shop, what policy said, and what came of it.

CREATE TABLE action (
    id              uuid PRIMARY KEY,
    key             text NOT NULL UNIQUE,
    name            text NOT NULL,
    args            jsonb NOT NULL,
    customer        text NOT NULL,
    order_number    text,
    ticket_id       uuid REFERENCES ticket ON DELETE SET NULL,
    asked_by        text NOT NULL,
    agent_id        uuid REFERENCES agent,
    facts           jsonb NOT NULL,
    decision        text NOT NULL CHECK (decision IN ('allow', 'needs_approval', 'refuse')),
    rule            text NOT NULL,
    reason          text NOT NULL,
    tell            text NOT NULL,
    policy_version  integer NOT NULL,
    changes         jsonb NOT NULL DEFAULT '[]',
    state           text NOT NULL
        CHECK (state IN ('refused', 'waiting', 'begun', 'uncertain', 'done', 'failed', 'declined', 'expired')),
    holder          text,
    lease_until     timestamptz,
    tries           integer NOT NULL DEFAULT 0,
    result          jsonb,
    problem         text NOT NULL DEFAULT '',
    decided_by      uuid REFERENCES agent,
    asked_at        timestamptz NOT NULL,
    expires_at      timestamptz,
    begun_at        timestamptz,
    ended_at        timestamptz,
    CHECK ((state IN ('begun', 'uncertain')) = (lease_until IS NOT NULL)),
    CHECK ((state = 'done') = (result IS NOT NULL))
);
COMMENT ON TABLE action IS 'A row is committed before the shop is asked. lease_until is when somebody else looks what became of it.';
COMMENT ON COLUMN action.facts IS 'desk.actions.types.Facts, as they were when policy decided.';
CREATE UNIQUE INDEX action_one_at_a_time ON action (name, order_number)
    WHERE state IN ('waiting', 'begun', 'uncertain') AND name <> 'look_up_order';
CREATE INDEX action_open ON action (lease_until) WHERE state IN ('begun', 'uncertain');
CREATE INDEX action_waiting ON action (asked_at) WHERE state = 'waiting';
CREATE INDEX action_order ON action (order_number, asked_at DESC);

CREATE TABLE action_policy (
    version   integer PRIMARY KEY,
    text      text NOT NULL,
    saved_by  uuid REFERENCES agent,
    saved_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE action_policy IS 'Every version that was ever in force; the highest is. Without a row the shipped one, version 0, is.';
