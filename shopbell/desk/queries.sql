-- name: lock_thread
SELECT id FROM thread WHERE id = :thread_id FOR UPDATE;

-- name: lock_threads
SELECT id FROM thread WHERE id = ANY(:threads::uuid[]) ORDER BY id FOR UPDATE SKIP LOCKED;

-- name: lock_thread_of_ticket
SELECT t.id FROM thread t JOIN ticket k ON k.thread_id = t.id WHERE k.id = :ticket_id
FOR UPDATE OF t;

-- name: load_thread
SELECT json_build_object('thread', t, 'customer_name', c.name, 'merged_into', c.merged_into,
                         'ticket', k, 'message', m, 'rules', (SELECT version FROM sla_rules),
                         'clocks', (SELECT json_agg(o ORDER BY o.started_at, o.kind) FROM sla_clock o WHERE o.ticket_id = k.id AND o.ended_at IS NULL),
                         'answered_before', EXISTS (SELECT 1 FROM sla_clock o WHERE o.ticket_id = k.id
                             AND o.kind = 'first_response'))::text AS found
FROM thread t JOIN customer c ON c.id = t.customer_id
LEFT JOIN LATERAL (SELECT k.*, c.name AS customer_name FROM ticket k WHERE k.id = t.current_ticket_id) k ON true
LEFT JOIN LATERAL (SELECT m.*, d.status AS delivery_status, d.error AS delivery_error
    FROM message m LEFT JOIN delivery d ON d.message_id = m.id WHERE m.id = :message_id) m ON true
WHERE t.id = :thread_id;

-- name: load_threads
SELECT json_build_object('thread', t, 'customer_name', c.name, 'merged_into', c.merged_into,
                         'ticket', k, 'message', m, 'rules', (SELECT version FROM sla_rules),
                         'clocks', (SELECT json_agg(o ORDER BY o.started_at, o.kind) FROM sla_clock o WHERE o.ticket_id = k.id AND o.ended_at IS NULL),
                         'answered_before', EXISTS (SELECT 1 FROM sla_clock o WHERE o.ticket_id = k.id
                             AND o.kind = 'first_response'))::text AS found
FROM unnest(:threads::uuid[], :messages::uuid[]) AS w(thread_id, message_id)
JOIN thread t ON t.id = w.thread_id JOIN customer c ON c.id = t.customer_id
LEFT JOIN LATERAL (SELECT k.*, c.name AS customer_name FROM ticket k WHERE k.id = t.current_ticket_id) k ON true
LEFT JOIN LATERAL (SELECT m.*, d.status AS delivery_status, d.error AS delivery_error
    FROM message m LEFT JOIN delivery d ON d.message_id = m.id WHERE m.id = w.message_id) m ON true;

-- name: load_thread_of_ticket
SELECT json_build_object('thread', t, 'customer_name', c.name, 'merged_into', c.merged_into,
                         'ticket', k, 'message', m, 'rules', (SELECT version FROM sla_rules),
                         'clocks', (SELECT json_agg(o ORDER BY o.started_at, o.kind) FROM sla_clock o WHERE o.ticket_id = k.id AND o.ended_at IS NULL),
                         'answered_before', EXISTS (SELECT 1 FROM sla_clock o WHERE o.ticket_id = k.id
                             AND o.kind = 'first_response'))::text AS found
FROM (SELECT k.*, c.name AS customer_name FROM ticket k JOIN customer c ON c.id = k.customer_id WHERE k.id = :ticket_id) k
JOIN thread t ON t.id = k.thread_id JOIN customer c ON c.id = t.customer_id
LEFT JOIN LATERAL (SELECT m.*, d.status AS delivery_status, d.error AS delivery_error
    FROM message m LEFT JOIN delivery d ON d.message_id = m.id WHERE m.id = :message_id) m ON true;

-- name: subjects
SELECT s.ticket_id, s.subject FROM (
    (SELECT ticket_id, extra #>> '{mail,subject}' AS subject, at FROM message
     WHERE thread_id = :thread_id AND channel = 'email' AND author_kind = 'customer'
     ORDER BY seq DESC LIMIT :mails)
    UNION ALL
    (SELECT id, subject, created_at FROM ticket
     WHERE thread_id = :thread_id ORDER BY created_at DESC LIMIT :tickets)
) s JOIN ticket k ON k.id = s.ticket_id
WHERE s.subject <> ''
ORDER BY k.status IN ('resolved', 'closed'), s.at DESC;

-- name: load_ticket
SELECT k.*, c.name AS customer_name FROM ticket k JOIN customer c ON c.id = k.customer_id
WHERE k.id = :ticket_id;

-- name: insert_message
INSERT INTO message (id, thread_id, ticket_id, seq, author_kind, author_id, author_name, visibility,
                     connection_id, channel, external_id, text, html, extra, turn_id, at)
VALUES (:id, :thread_id, :ticket_id, :seq, :author_kind, :author_id, :author_name, :visibility,
        :connection_id, :channel, :external_id, :text, :html, :extra, :turn_id, :at);

-- name: attach
UPDATE attachment SET message_id = :message_id, thread_id = :thread_id WHERE id = ANY(:ids);

-- name: find_message
SELECT m.*, d.status AS delivery_status, d.error AS delivery_error
FROM message m LEFT JOIN delivery d ON d.message_id = m.id WHERE m.id = :id;

-- name: insert_delivery
INSERT INTO delivery (id, message_id, thread_id, ticket_id, connection_id, status, external_id, next_at, updated_at)
VALUES (:id, :message_id, :thread_id, :ticket_id, :connection_id, :status, :external_id, :at, :at);

-- name: await_seeing
INSERT INTO unseen_reply (message_id, due_at)
SELECT :message_id, :at::timestamptz + make_interval(mins => b.minutes)
FROM left_address e CROSS JOIN LATERAL (
    SELECT coalesce((settings ->> 'elsewhere_minutes')::integer, 2) AS minutes FROM brand WHERE id = :brand_id
) b
WHERE e.thread_id = :thread_id AND b.minutes > 0;

-- name: find_external
SELECT m.*, d.status AS delivery_status, d.error AS delivery_error
FROM message m LEFT JOIN delivery d ON d.message_id = m.id
WHERE m.connection_id = :connection_id AND m.external_id = :external_id;

-- name: find_sent
SELECT m.*, d.status AS delivery_status, d.error AS delivery_error
FROM delivery d JOIN message m ON m.id = d.message_id
WHERE d.connection_id = :connection_id
  AND (d.external_id = :external_id OR d.parts @> ARRAY[:external_id::text]);

-- name: expect_file
INSERT INTO expected_file (id, message_id, connection_id, ref, storage_key, next_at)
VALUES (:id, :message_id, :connection_id, :ref, :storage_key, :at);

-- name: file_arrived
INSERT INTO attachment (id, thread_id, message_id, uploader, name, media_type, size, width, height,
                        storage_key, created_at, stored_at)
VALUES (:id, :thread_id, :message_id, :uploader, :name, :media_type, :size, :width, :height,
        :storage_key, :at, :at)
ON CONFLICT (id) DO NOTHING;

-- name: save_contact
INSERT INTO contact (connection_id, thread_id, place, identity, community, window_until, heard_at, warn_at)
VALUES (:connection_id, :thread_id, :place, :identity, :community, :window_until, :heard_at,
        :window_until::timestamptz - interval '2 hours')
ON CONFLICT (connection_id, thread_id) DO UPDATE SET place = excluded.place,
    identity = excluded.identity, community = excluded.community, heard_at = excluded.heard_at,
    window_until = greatest(contact.window_until, excluded.window_until),
    warn_at = CASE WHEN contact.window_until >= excluded.window_until THEN contact.warn_at ELSE excluded.warn_at END;

-- name: reach
SELECT n.name, n.health, n.health_words, o.opted_out_at, o.no_marketing_at, o.window_until,
       coalesce(o.claimed AND NOT EXISTS (
           SELECT 1 FROM identity p JOIN thread t ON t.customer_id = p.customer_id
           WHERE t.id = o.thread_id AND p.value = o.identity AND p.verified_at IS NOT NULL
       ), false) AS claimed,
       (SELECT max(m.at) FROM message m WHERE m.thread_id = :thread_id
        AND m.connection_id = n.id AND m.author_kind = 'customer') AS heard_at
FROM connection n LEFT JOIN contact o ON o.connection_id = n.id AND o.thread_id = :thread_id
WHERE n.id = :connection_id;

-- name: opt_out
UPDATE contact SET opted_out_at = :at WHERE connection_id = :connection_id AND thread_id = :thread_id;

-- name: no_marketing
UPDATE contact SET no_marketing_at = :at WHERE connection_id = :connection_id AND thread_id = :thread_id;

-- name: save_extra
UPDATE message SET extra = :extra, version = :version WHERE id = :id;

-- name: save_message
UPDATE message SET text = :text, html = :html, extra = :extra, edited_at = :edited_at,
    removed_at = :removed_at, version = :version WHERE id = :id;

-- name: save_thread
UPDATE thread SET last_seq = :last_seq, out_count = :out_count, customer_read_seq = :customer_read_seq,
    customer_read_out = :customer_read_out, agents_read_seq = :agents_read_seq,
    current_ticket_id = :current_ticket_id, version = :version
WHERE id = :id;

-- name: insert_ticket
INSERT INTO ticket (id, number, thread_id, customer_id, brand_id, connection_id, channel, subject,
    engaged_from_seq, created_at, updated_at)
VALUES (:id, nextval('ticket_number'), :thread_id, :customer_id, :brand_id, :connection_id, :channel,
    :subject, :engaged_from_seq, :at, :at)
RETURNING number;

-- name: save_ticket
UPDATE ticket SET subject = :subject, status = :status, priority = :priority, team_id = :team_id,
    assignee_id = :assignee_id, tags = :tags, control = :control, epoch = :epoch, channel = :channel,
    connection_id = :connection_id, engaged_from_seq = :engaged_from_seq, last_seq = :last_seq,
    last_customer_seq = :last_customer_seq, preview = :preview, waiting_since = :waiting_since,
    handoff = :handoff, suggestion = :suggestion, snoozed_until = :snoozed_until,
    due = :due, due_at = :due_at, answer_before = :answer_before,
    updated_at = :updated_at, resolved_at = :resolved_at, version = :version
WHERE id = :id;

-- name: insert_outbox
INSERT INTO outbox (kind, thread_id, ticket_id, payload, at)
VALUES (:kind, :thread_id, :ticket_id, :payload, :at);

-- name: withhold_queued
WITH barred AS (
    UPDATE delivery d SET next_at = NULL
    FROM message m WHERE m.id = d.message_id AND d.ticket_id = :ticket_id AND d.status = 'sending'
      AND m.author_kind = 'assistant'
)
UPDATE delivery d SET status = 'withheld', updated_at = :at
FROM message m WHERE m.id = d.message_id AND d.ticket_id = :ticket_id AND d.status = 'queued'
  AND m.author_kind = 'assistant'
RETURNING d.message_id;

-- name: raise_messages
UPDATE message SET version = version + 1 WHERE id = ANY(:ids);

-- name: turn_due
INSERT INTO turn (id, ticket_id, thread_id, epoch, due_at, from_seq, upto_seq)
VALUES (:id, :ticket_id, :thread_id, :epoch, :due_at, :from_seq, :upto_seq)
ON CONFLICT (ticket_id) WHERE status IN ('due', 'running')
DO UPDATE SET upto_seq = excluded.upto_seq, due_at = excluded.due_at, epoch = excluded.epoch,
    status = 'due', attempts = 0, lease_holder = NULL, lease_until = NULL;

-- name: drop_turns
UPDATE turn SET status = 'dropped', finished_at = :at
WHERE ticket_id = :ticket_id AND status IN ('due', 'running');

-- name: finish_turn
UPDATE turn SET status = :status, message_id = :message_id, finished_at = :at WHERE id = :id;

-- name: hold_reply
INSERT INTO held_reply (id, ticket_id, agent_id, epoch, what, due_at)
VALUES (:id, :ticket_id, :agent_id, :epoch, :what, :due_at);

-- name: drop_held
DELETE FROM held_reply WHERE id = :id;

-- name: save_clocks
INSERT INTO sla_clock (id, ticket_id, kind, policy_id, policy, seconds, calendar, pauses, started_at,
    due_at, alarm_at, step, segments, earlier, ended_at, outcome, elapsed_s, rules)
SELECT id, ticket_id, kind, policy_id, policy, seconds, coalesce(calendar, '{}'), coalesce(pauses, '{}'), started_at,
    due_at, alarm_at, coalesce(step, 0), coalesce(segments, '[]'), coalesce(earlier, '[]'), ended_at, outcome, elapsed_s, :rules
FROM jsonb_to_recordset(:clocks) AS c(id uuid, ticket_id uuid, kind text, policy_id uuid, policy text,
    seconds integer, calendar jsonb, pauses text[], started_at timestamptz, due_at timestamptz,
    alarm_at timestamptz, step smallint, segments jsonb, earlier jsonb, ended_at timestamptz, outcome text,
    elapsed_s integer)
ON CONFLICT (id) DO UPDATE SET policy_id = excluded.policy_id, policy = excluded.policy,
    seconds = excluded.seconds, calendar = excluded.calendar, pauses = excluded.pauses,
    due_at = excluded.due_at, alarm_at = excluded.alarm_at, step = excluded.step,
    segments = excluded.segments, earlier = excluded.earlier, ended_at = excluded.ended_at,
    outcome = excluded.outcome, elapsed_s = excluded.elapsed_s, rules = excluded.rules;

-- name: count_clocks
UPDATE sla_clock SET rules = :rules WHERE ticket_id = :ticket_id AND ended_at IS NULL;
