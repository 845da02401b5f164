-- The spine: who writes, one thread for each customer, its tickets and messages, and the stream of events.
-- Ids are UUIDv7 made by the application, so any Postgres from 15 on serves.

CREATE TABLE stream (
    partition  integer PRIMARY KEY DEFAULT 0,
    epoch      uuid NOT NULL,
    position   bigint NOT NULL DEFAULT 0,
    published  bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE stream IS 'One row a partition: the last position given to an event, and the last one known to be in Redis.';

CREATE TABLE outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text NOT NULL,
    thread_id  uuid,
    ticket_id  uuid,
    payload    jsonb NOT NULL,
    at         timestamptz NOT NULL
);

CREATE TABLE event (
    position   bigint PRIMARY KEY,
    kind       text NOT NULL,
    thread_id  uuid,
    ticket_id  uuid,
    payload    jsonb NOT NULL,
    at         timestamptz NOT NULL
);
CREATE INDEX event_thread ON event (thread_id, position) WHERE thread_id IS NOT NULL;
CREATE INDEX event_ticket ON event (ticket_id, position) WHERE ticket_id IS NOT NULL;

CREATE TABLE brand (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,
    settings   jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON COLUMN brand.settings IS 'desk.brands.types.BrandSettings: hours, time zone, colours, greeting, voice.';

CREATE TABLE team (
    id         uuid PRIMARY KEY,
    name       text NOT NULL UNIQUE
);

CREATE TABLE agent (
    id             uuid PRIMARY KEY,
    email          text NOT NULL,
    name           text NOT NULL,
    role           text NOT NULL CHECK (role IN ('admin', 'agent', 'viewer')),
    password_hash  text,
    disabled_at    timestamptz,
    version        bigint NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX agent_email ON agent (lower(email));

CREATE TABLE team_member (
    team_id   uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    agent_id  uuid NOT NULL REFERENCES agent ON DELETE CASCADE,
    PRIMARY KEY (team_id, agent_id)
);

CREATE TABLE agent_session (
    token_hash  bytea PRIMARY KEY,
    id          uuid NOT NULL UNIQUE,
    agent_id    uuid NOT NULL REFERENCES agent ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    revoked_at  timestamptz,
    address     text,
    user_agent  text
);
CREATE INDEX agent_session_agent ON agent_session (agent_id) WHERE revoked_at IS NULL;

CREATE TABLE agent_invitation (
    token_hash  bytea PRIMARY KEY,
    agent_id    uuid NOT NULL REFERENCES agent ON DELETE CASCADE,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);

CREATE TABLE connection (
    id           uuid PRIMARY KEY,
    brand_id     uuid NOT NULL REFERENCES brand,
    channel      text NOT NULL,
    name         text NOT NULL,
    public_key   text UNIQUE,
    secret       text,
    answer_mode  text NOT NULL DEFAULT 'first' CHECK (answer_mode IN ('first', 'suggest', 'off')),
    health       text NOT NULL DEFAULT 'ok' CHECK (health IN ('ok', 'degraded', 'reconnect', 'off')),
    settings     jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN connection.public_key IS 'What the outside names it by; for web chat the widget key in the script tag.';

CREATE TABLE customer (
    id           uuid PRIMARY KEY,
    name         text NOT NULL DEFAULT '',
    language     text,
    attributes   jsonb NOT NULL DEFAULT '{}',
    merged_into  uuid REFERENCES customer,
    version      bigint NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE identity (
    id           uuid PRIMARY KEY,
    customer_id  uuid NOT NULL REFERENCES customer,
    kind         text NOT NULL,
    value        text NOT NULL,
    verified_at  timestamptz,
    verified_by  text,
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX identity_verified ON identity (kind, value) WHERE verified_at IS NOT NULL;
CREATE UNIQUE INDEX identity_claimed ON identity (customer_id, kind, value);
CREATE INDEX identity_value ON identity (kind, value);
COMMENT ON COLUMN identity.kind IS 'visitor, email, phone, shop or a channel''s own name; a merely claimed one opens nothing.';

CREATE TABLE thread (
    id                 uuid PRIMARY KEY,
    customer_id        uuid NOT NULL UNIQUE REFERENCES customer,
    last_seq           bigint NOT NULL DEFAULT 0,
    out_count          bigint NOT NULL DEFAULT 0,
    customer_read_seq  bigint NOT NULL DEFAULT 0,
    customer_read_out  bigint NOT NULL DEFAULT 0,
    agents_read_seq    bigint NOT NULL DEFAULT 0,
    current_ticket_id  uuid,
    version            bigint NOT NULL DEFAULT 1
);
COMMENT ON COLUMN thread.out_count IS 'Public messages to the customer so far; unread = out_count - customer_read_out.';

CREATE SEQUENCE ticket_number START 1001;

CREATE TABLE ticket (
    id                 uuid PRIMARY KEY,
    number             bigint NOT NULL UNIQUE DEFAULT nextval('ticket_number'),
    thread_id          uuid NOT NULL REFERENCES thread,
    customer_id        uuid NOT NULL REFERENCES customer,
    brand_id           uuid NOT NULL REFERENCES brand,
    connection_id      uuid NOT NULL REFERENCES connection,
    channel            text NOT NULL,
    subject            text NOT NULL DEFAULT '',
    status             text NOT NULL DEFAULT 'open'
                       CHECK (status IN ('open', 'pending', 'snoozed', 'resolved', 'closed')),
    priority           text NOT NULL DEFAULT 'normal' CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    team_id            uuid REFERENCES team,
    assignee_id        uuid REFERENCES agent,
    tags               text[] NOT NULL DEFAULT '{}',
    control            text NOT NULL DEFAULT 'assistant' CHECK (control IN ('assistant', 'agents')),
    epoch              bigint NOT NULL DEFAULT 1,
    engaged_from_seq   bigint NOT NULL DEFAULT 1,
    last_seq           bigint NOT NULL DEFAULT 0,
    last_customer_seq  bigint NOT NULL DEFAULT 0,
    preview            jsonb,
    waiting_since      timestamptz,
    handoff            jsonb,
    suggestion         jsonb,
    snoozed_until      timestamptz,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    resolved_at        timestamptz,
    version            bigint NOT NULL DEFAULT 1
);
ALTER TABLE thread ADD FOREIGN KEY (current_ticket_id) REFERENCES ticket DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX ticket_thread ON ticket (thread_id, created_at);
CREATE INDEX ticket_live ON ticket (updated_at DESC, id DESC) WHERE status IN ('open', 'pending');
CREATE INDEX ticket_waiting ON ticket (waiting_since) WHERE waiting_since IS NOT NULL AND status = 'open';
CREATE INDEX ticket_assignee ON ticket (assignee_id, updated_at DESC) WHERE status IN ('open', 'pending', 'snoozed');
CREATE INDEX ticket_status ON ticket (status, updated_at DESC, id DESC);
CREATE INDEX ticket_snoozed ON ticket (snoozed_until) WHERE status = 'snoozed';

CREATE TABLE message (
    id             uuid PRIMARY KEY,
    thread_id      uuid NOT NULL REFERENCES thread,
    ticket_id      uuid NOT NULL REFERENCES ticket,
    seq            bigint NOT NULL,
    author_kind    text NOT NULL CHECK (author_kind IN ('customer', 'assistant', 'agent', 'system')),
    author_id      uuid,
    author_name    text NOT NULL DEFAULT '',
    visibility     text NOT NULL DEFAULT 'public' CHECK (visibility IN ('public', 'note')),
    connection_id  uuid REFERENCES connection,
    channel        text NOT NULL,
    external_id    text,
    text           text NOT NULL,
    html           text,
    extra          jsonb NOT NULL DEFAULT '{}',
    turn_id        uuid,
    at             timestamptz NOT NULL,
    version        bigint NOT NULL DEFAULT 1,
    UNIQUE (thread_id, seq)
);
CREATE UNIQUE INDEX message_external ON message (connection_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX message_ticket ON message (ticket_id, seq);
COMMENT ON COLUMN message.extra IS 'desk.messages.types.MessageExtra: citations, attachments, page, why.';

CREATE TABLE attachment (
    id           uuid PRIMARY KEY,
    thread_id    uuid REFERENCES thread,
    message_id   uuid REFERENCES message,
    uploader     text NOT NULL,
    name         text NOT NULL,
    media_type   text NOT NULL,
    size         bigint NOT NULL,
    width        integer,
    height       integer,
    storage_key  text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX attachment_message ON attachment (message_id);
CREATE INDEX attachment_orphan ON attachment (created_at) WHERE message_id IS NULL;
COMMENT ON COLUMN attachment.uploader IS 'agent:<id> or visitor:<id>: only its uploader may put it on a message.';

CREATE TABLE delivery (
    id             uuid PRIMARY KEY,
    message_id     uuid NOT NULL UNIQUE REFERENCES message,
    thread_id      uuid NOT NULL REFERENCES thread,
    ticket_id      uuid NOT NULL REFERENCES ticket,
    connection_id  uuid NOT NULL REFERENCES connection,
    status         text NOT NULL CHECK (status IN ('queued', 'sending', 'sent', 'delivered', 'read',
                                                   'failed', 'withheld', 'uncertain')),
    attempts       integer NOT NULL DEFAULT 0,
    next_at        timestamptz,
    lease_holder   text,
    lease_until    timestamptz,
    external_id    text,
    error          text,
    updated_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX delivery_due ON delivery (next_at) WHERE status = 'queued';
CREATE INDEX delivery_leased ON delivery (lease_until) WHERE status = 'sending';
CREATE INDEX delivery_trouble ON delivery (updated_at) WHERE status IN ('failed', 'uncertain');
CREATE INDEX delivery_ticket ON delivery (ticket_id) WHERE status = 'queued';

CREATE TABLE turn (
    id            uuid PRIMARY KEY,
    ticket_id     uuid NOT NULL REFERENCES ticket,
    thread_id     uuid NOT NULL REFERENCES thread,
    epoch         bigint NOT NULL,
    status        text NOT NULL DEFAULT 'due'
                  CHECK (status IN ('due', 'running', 'answered', 'suggested', 'handed_off', 'dropped', 'failed')),
    due_at        timestamptz NOT NULL,
    from_seq      bigint NOT NULL,
    upto_seq      bigint NOT NULL,
    attempts      integer NOT NULL DEFAULT 0,
    lease_holder  text,
    lease_until   timestamptz,
    message_id    uuid,
    trace         jsonb,
    created_at    timestamptz NOT NULL DEFAULT now(),
    finished_at   timestamptz
);
CREATE UNIQUE INDEX turn_one_at_a_time ON turn (ticket_id) WHERE status IN ('due', 'running');
CREATE INDEX turn_due ON turn (due_at) WHERE status IN ('due', 'running');
CREATE INDEX turn_ticket ON turn (ticket_id, created_at);
COMMENT ON TABLE turn IS 'One run of the assistant: claimed by lease, fenced by epoch, its trace kept.';

CREATE TABLE agent_read (
    agent_id   uuid NOT NULL REFERENCES agent ON DELETE CASCADE,
    thread_id  uuid NOT NULL REFERENCES thread,
    seq        bigint NOT NULL,
    PRIMARY KEY (agent_id, thread_id)
);

CREATE TABLE identity_token (
    jti          text PRIMARY KEY,
    visitor_id   uuid NOT NULL,
    expires_at   timestamptz NOT NULL
);
COMMENT ON TABLE identity_token IS 'A store-signed token serves the first visitor who shows it, and nobody after.';

CREATE TABLE audit (
    id        uuid PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT now(),
    who       text NOT NULL,
    action    text NOT NULL,
    subject   text NOT NULL DEFAULT '',
    detail    jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_at ON audit (at);

CREATE TABLE rate_limit (
    key     text PRIMARY KEY,
    tokens  double precision NOT NULL,
    at      timestamptz NOT NULL
);
COMMENT ON TABLE rate_limit IS 'Token buckets that must hold across processes and a wiped Redis: sign-in, sessions, uploads.';

INSERT INTO stream (partition, epoch) VALUES (0, gen_random_uuid());
