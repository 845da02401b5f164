-- name: lock_identities
SELECT pg_advisory_xact_lock(hashtextextended(k, 0)) FROM (SELECT k FROM unnest(:keys::text[]) AS k ORDER BY k) AS one;

-- name: lock_threads
SELECT t.id FROM unnest(:kinds::text[], :names::text[]) AS w(kind, value)
JOIN identity i ON i.kind = w.kind AND i.value = w.value AND i.verified_at IS NOT NULL
JOIN thread t ON t.customer_id = i.customer_id
ORDER BY t.id FOR UPDATE OF t;

-- name: threads
SELECT i.kind, i.value, c.name, t.id, t.customer_id, t.last_seq, t.out_count, t.customer_read_seq,
    t.customer_read_out, t.agents_read_seq, t.current_ticket_id, t.version
FROM unnest(:kinds::text[], :names::text[]) AS w(kind, value)
JOIN identity i ON i.kind = w.kind AND i.value = w.value AND i.verified_at IS NOT NULL
JOIN thread t ON t.customer_id = i.customer_id JOIN customer c ON c.id = t.customer_id;

-- name: messages
SELECT external_id FROM message WHERE connection_id = :connection_id AND external_id = ANY(:external_ids::text[]);

-- name: tickets
SELECT t.*, c.name AS customer_name FROM ticket t JOIN customer c ON c.id = t.customer_id
WHERE t.id = ANY(:ids::uuid[]);

-- name: move_threads
UPDATE thread t SET last_seq = w.last_seq, out_count = w.out_count, customer_read_seq = w.customer_read_seq,
    customer_read_out = w.customer_read_out, agents_read_seq = w.agents_read_seq,
    current_ticket_id = w.current_ticket_id, version = w.version
FROM jsonb_to_recordset(:threads) AS w(id uuid, last_seq bigint, out_count bigint, customer_read_seq bigint,
    customer_read_out bigint, agents_read_seq bigint, current_ticket_id uuid, version bigint)
WHERE t.id = w.id;

-- name: move_tickets
UPDATE ticket t SET last_seq = w.last_seq, last_customer_seq = w.last_customer_seq, preview = w.preview,
    updated_at = greatest(t.updated_at, w.updated_at), version = w.version
FROM jsonb_to_recordset(:tickets) AS w(id uuid, last_seq bigint, last_customer_seq bigint, preview jsonb,
    updated_at timestamptz, version bigint)
WHERE t.id = w.id;

-- name: messages_since
SELECT m.*, NULL::text AS delivery_status, NULL::text AS delivery_error
FROM jsonb_to_recordset(:threads) AS w(id uuid, seq bigint)
JOIN message m ON m.thread_id = w.id AND m.seq > w.seq ORDER BY m.thread_id, m.seq;

-- name: contacts
INSERT INTO contact (connection_id, thread_id, place, identity, window_until, heard_at)
SELECT :connection_id, w.thread_id, w.place, w.identity, w.window_until, w.heard_at
FROM jsonb_to_recordset(:contacts) AS w(thread_id uuid, place text, identity text, window_until timestamptz,
    heard_at timestamptz)
ON CONFLICT (connection_id, thread_id) DO NOTHING;

-- name: insert_outbox
INSERT INTO outbox (kind, thread_id, ticket_id, payload, at)
SELECT w.kind, w.thread_id, w.ticket_id, w.payload, :at
FROM jsonb_to_recordset(:events) AS w(kind text, thread_id uuid, ticket_id uuid, payload jsonb);
