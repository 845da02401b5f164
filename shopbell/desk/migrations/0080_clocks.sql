-- What is promised to tickets, and the clocks that run towards it.

CREATE TABLE sla_policy (
    id          uuid PRIMARY KEY,
    place       integer NOT NULL,
    name        text NOT NULL,
    conditions  jsonb NOT NULL DEFAULT '[]',
    targets     jsonb NOT NULL DEFAULT '[]',
    enabled     boolean NOT NULL DEFAULT true
);
COMMENT ON TABLE sla_policy IS 'desk.sla.types.Policy; the first in the order of place whose conditions a ticket meets counts.';

ALTER TABLE team ADD COLUMN calendar jsonb;
COMMENT ON COLUMN team.calendar IS 'desk.sla.types.Calendar: the team''s own hours; null for the brand''s.';

-- Rises with whatever clocks are counted by, so that each process knows when to read it anew.
CREATE TABLE sla_rules (
    one_row  boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    version  bigint NOT NULL DEFAULT 1
);
INSERT INTO sla_rules DEFAULT VALUES;

CREATE FUNCTION raise_sla_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE sla_rules SET version = version + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER policies_changed AFTER INSERT OR UPDATE OR DELETE ON sla_policy
    FOR EACH STATEMENT EXECUTE FUNCTION raise_sla_rules();
CREATE TRIGGER hours_changed AFTER INSERT OR UPDATE OF settings OR DELETE ON brand
    FOR EACH STATEMENT EXECUTE FUNCTION raise_sla_rules();
CREATE TRIGGER hours_changed AFTER INSERT OR UPDATE OF calendar OR DELETE ON team
    FOR EACH STATEMENT EXECUTE FUNCTION raise_sla_rules();

CREATE TABLE sla_clock (
    id          uuid PRIMARY KEY,
    ticket_id   uuid NOT NULL REFERENCES ticket ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('first_response', 'next_response', 'pickup', 'resolution')),
    policy_id   uuid NOT NULL,
    policy      text NOT NULL,
    seconds     integer NOT NULL,
    calendar    jsonb NOT NULL,
    pauses      text[] NOT NULL,
    started_at  timestamptz NOT NULL,
    due_at      timestamptz,
    alarm_at    timestamptz,
    step        smallint NOT NULL DEFAULT 0,
    segments    jsonb NOT NULL,
    earlier     jsonb NOT NULL DEFAULT '[]',
    ended_at    timestamptz,
    outcome     text CHECK (outcome IN ('met', 'missed', 'dropped')),
    elapsed_s   integer,
    rules       bigint NOT NULL
);
COMMENT ON TABLE sla_clock IS 'desk.sla.types.Clock. rules is the version of sla_rules that it was last counted by.';
CREATE UNIQUE INDEX sla_clock_open ON sla_clock (ticket_id, kind) WHERE ended_at IS NULL;
CREATE INDEX sla_clock_ticket ON sla_clock (ticket_id, started_at);
CREATE INDEX sla_clock_alarm ON sla_clock (alarm_at) WHERE ended_at IS NULL AND alarm_at IS NOT NULL;
CREATE INDEX sla_clock_rules ON sla_clock (rules) WHERE ended_at IS NULL;
CREATE INDEX sla_clock_ended ON sla_clock (ended_at, kind) WHERE ended_at IS NOT NULL;

-- A clock's segments as rows, for sums and for whoever wants to see what a figure is made of.
CREATE VIEW sla_segment AS
SELECT c.id AS clock_id, c.ticket_id, c.kind, s."start", s."end", s.pause, s.holder_kind, s.holder
FROM sla_clock c, jsonb_to_recordset(c.segments)
    AS s("start" timestamptz, "end" timestamptz, pause text, holder_kind text, holder uuid);

ALTER TABLE ticket ADD COLUMN due jsonb, ADD COLUMN due_at timestamptz;
COMMENT ON COLUMN ticket.due IS 'desk.sla.types.Due; due_at is its moment, to sort by.';
CREATE INDEX ticket_due ON ticket (due_at, id) WHERE due_at IS NOT NULL AND status IN ('open', 'pending');

-- The targets that a shop begins with and publishes; it changes them as it likes.
INSERT INTO sla_policy (id, place, name, conditions, targets) VALUES
('0193a0c4-0000-7000-8000-000000000001', 1, 'Chat',
 '[{"field": "channel", "any_of": ["webchat"]}]',
 '[{"kind": "first_response", "seconds": 120}, {"kind": "next_response", "seconds": 300},
   {"kind": "pickup", "seconds": 120}, {"kind": "resolution", "seconds": 86400, "pauses": ["customer", "snoozed"]}]'),
('0193a0c4-0000-7000-8000-000000000002', 2, 'E-mail',
 '[{"field": "channel", "any_of": ["email"]}]',
 '[{"kind": "first_response", "seconds": 21600, "overnight_seconds": 43200},
   {"kind": "next_response", "seconds": 21600, "overnight_seconds": 43200},
   {"kind": "resolution", "seconds": 172800, "pauses": ["customer", "snoozed"]}]'),
('0193a0c4-0000-7000-8000-000000000003', 3, 'Messages', '[]',
 '[{"kind": "first_response", "seconds": 7200}, {"kind": "next_response", "seconds": 7200},
   {"kind": "pickup", "seconds": 7200}, {"kind": "resolution", "seconds": 172800, "pauses": ["customer", "snoozed"]}]');
