-- name: lock_threads
SELECT id FROM thread WHERE id = ANY(:ids) ORDER BY id FOR UPDATE;

-- name: people_of
SELECT t.*, c.name, c.language, c.merged_into
FROM customer c JOIN thread t ON t.customer_id = c.id WHERE c.id = ANY(:customers);

-- name: lines
SELECT m.id, m.thread_id, m.ticket_id, m.seq, m.at, coalesce(m.origin_thread_id, m.thread_id) AS home_id,
       m.author_kind, m.visibility, m.connection_id,
       coalesce(m.extra ->> 'sender', m.extra -> 'mail' ->> 'sender', '') AS sender
FROM message m WHERE m.thread_id = :thread ORDER BY m.seq;

-- name: tickets
SELECT k.*, c.name AS customer_name FROM ticket k JOIN customer c ON c.id = k.customer_id
WHERE k.thread_id = ANY(:threads) ORDER BY k.created_at, k.id;

-- name: ticket_homes
SELECT id, thread_id, origin_thread_id FROM ticket WHERE thread_id = ANY(:threads);

-- name: messages
SELECT m.*, d.status AS delivery_status, d.error AS delivery_error
FROM message m LEFT JOIN delivery d ON d.message_id = m.id WHERE m.id = ANY(:ids) ORDER BY m.seq;

-- name: insert_join
INSERT INTO customer_join (id, from_customer_id, into_customer_id, how, joined_by, at)
VALUES (:id, :former, :into, :how, :by, :at);

-- name: keep_seqs
INSERT INTO joined_message (join_id, message_id, seq)
SELECT :id, id, seq FROM message WHERE thread_id = :thread;

-- name: keep
UPDATE customer_join SET kept = :kept WHERE id = :id;

-- name: merge_customer
UPDATE customer SET merged_into = :into, version = version + 1 WHERE id = :former AND merged_into IS NULL
RETURNING id;

-- name: part_customer
UPDATE customer SET merged_into = NULL, version = version + 1 WHERE id = :former;

-- name: raise_customer
UPDATE customer SET version = version + 1, name = coalesce(:name, name), language = :language WHERE id = :id;

-- name: clear_seqs
UPDATE message SET seq = -seq WHERE id = ANY(:ids);

-- name: place_messages
UPDATE message m SET thread_id = :thread, seq = n.seq, version = m.version + 1,
    origin_thread_id = CASE WHEN n.home = :thread THEN NULL ELSE n.home END,
    origin_seq = CASE WHEN n.home <> :thread THEN coalesce(m.origin_seq, abs(m.seq)) END
FROM unnest(:ids::uuid[], :seqs::bigint[], :homes::uuid[]) AS n(id, seq, home) WHERE m.id = n.id;

-- name: retitle
UPDATE message SET ticket_id = :ticket, version = version + 1 WHERE id = ANY(:ids);

-- name: save_ticket
UPDATE ticket SET thread_id = :thread_id, customer_id = :customer_id, last_seq = :last_seq,
    last_customer_seq = :last_customer_seq, engaged_from_seq = :engaged_from_seq, preview = :preview,
    waiting_since = :waiting_since, version = :version,
    origin_thread_id = CASE WHEN :home::uuid IS DISTINCT FROM :thread_id THEN :home END
WHERE id = :id;

-- name: twin_ticket
INSERT INTO ticket (id, number, thread_id, customer_id, brand_id, connection_id, channel, subject, status, priority,
    team_id, assignee_id, tags, control, epoch, engaged_from_seq, last_seq, last_customer_seq, preview,
    waiting_since, created_at, updated_at, resolved_at)
SELECT :id, nextval('ticket_number'), :thread, :customer, brand_id, :connection, :channel, subject, status, priority,
    team_id, assignee_id, tags, 'agents', epoch + 1, :first, :first, 0, NULL,
    CASE WHEN status = 'open' THEN :at::timestamptz END, :at, :at, resolved_at
FROM ticket WHERE id = :twin;

-- name: move_deliveries
UPDATE delivery d SET thread_id = m.thread_id, ticket_id = m.ticket_id
FROM message m WHERE m.id = d.message_id AND m.id = ANY(:ids)
  AND (d.thread_id, d.ticket_id) IS DISTINCT FROM (m.thread_id, m.ticket_id);

-- name: move_attachments
UPDATE attachment a SET thread_id = m.thread_id
FROM message m WHERE m.id = a.message_id AND m.id = ANY(:ids) AND a.thread_id IS DISTINCT FROM m.thread_id;

-- name: turns
SELECT id, ticket_id, from_seq, upto_seq FROM turn WHERE ticket_id = ANY(:tickets);

-- name: move_turn
UPDATE turn SET thread_id = :thread, from_seq = :from_seq, upto_seq = :upto_seq,
    status = CASE WHEN status = 'running' THEN 'due' ELSE status END, lease_holder = NULL, lease_until = NULL
WHERE id = :id;

-- name: channel_of
SELECT channel FROM connection WHERE id = :id;

-- name: reads
SELECT agent_id, thread_id, seq FROM agent_read WHERE thread_id = ANY(:threads);

-- name: save_read
INSERT INTO agent_read (agent_id, thread_id, seq) VALUES (:agent_id, :thread_id, :seq)
ON CONFLICT (agent_id, thread_id) DO UPDATE SET seq = greatest(agent_read.seq, excluded.seq)
RETURNING agent_id, thread_id, seq;

-- name: save_thread
UPDATE thread SET last_seq = :last_seq, out_count = :out_count, customer_read_seq = :customer_read_seq,
    customer_read_out = :customer_read_out, agents_read_seq = :agents_read_seq,
    current_ticket_id = :current_ticket_id, version = :version
WHERE id = :id;

-- name: identities
SELECT i.id, i.customer_id, i.origin_customer_id, i.kind, i.value, i.verified_at, i.verified_by,
       i.kind = 'visitor' AND EXISTS (SELECT 1 FROM visitor_ended e WHERE e.visitor_id::text = i.value) AS ended
FROM identity i WHERE i.customer_id = ANY(:customers);

-- name: prove_identity
UPDATE identity SET verified_at = :verified_at, verified_by = :verified_by WHERE id = :id;

-- name: move_identities
UPDATE identity SET customer_id = :into, origin_customer_id = coalesce(origin_customer_id, customer_id)
WHERE id = ANY(:ids);

-- name: bring_identities_home
UPDATE identity SET customer_id = :former, origin_customer_id = nullif(origin_customer_id, :former)
WHERE customer_id = :root AND origin_customer_id = ANY(:family);

-- name: end_visitors
INSERT INTO visitor_ended (visitor_id)
SELECT value::uuid FROM identity WHERE customer_id = :customer AND kind = 'visitor' ON CONFLICT DO NOTHING;

-- name: contacts_giving_way
DELETE FROM contact o USING contact f
WHERE o.thread_id = :into AND f.thread_id = :old AND f.connection_id = o.connection_id
  AND NOT f.claimed AND (o.claimed OR f.heard_at > o.heard_at)
RETURNING to_jsonb(o) AS contact;

-- name: bring_contacts
INSERT INTO contact SELECT (jsonb_populate_record(f, jsonb_build_object('thread_id', :into::uuid))).*
FROM contact f WHERE f.thread_id = :old ON CONFLICT DO NOTHING;

-- name: contacts_at
SELECT to_jsonb(o) || jsonb_build_object('thread_id', :old::uuid) AS contact
FROM contact o WHERE o.thread_id = :root AND o.identity = ANY(:values::text[]);

-- name: clear_contacts
DELETE FROM contact o WHERE o.thread_id = ANY(:others) AND o.identity = ANY(:values::text[])
   OR o.thread_id = :old AND o.connection_id = ANY(:connections);

-- name: give_contact
INSERT INTO contact SELECT (jsonb_populate_record(NULL::contact, :contact)).* ON CONFLICT DO NOTHING;

-- name: bring_left_address
INSERT INTO left_address SELECT (jsonb_populate_record(l, jsonb_build_object('thread_id', :into::uuid))).*
FROM left_address l JOIN thread t ON t.id = :into
WHERE l.thread_id = :old AND EXISTS (SELECT 1 FROM identity i WHERE i.customer_id = t.customer_id AND i.kind = l.kind
                                     AND i.value = l.value AND i.verified_at IS NOT NULL)
ON CONFLICT DO NOTHING;

-- name: bring_codes
UPDATE verification v SET thread_id = :into
WHERE v.thread_id = :old AND v.status IN ('queued', 'sent', 'unsent') AND NOT EXISTS (
    SELECT 1 FROM verification o WHERE o.thread_id = :into AND o.status IN ('queued', 'sent', 'unsent'));

-- name: take_left_address_back
DELETE FROM left_address WHERE thread_id = ANY(:others) AND value = ANY(:values::text[]);

-- name: count_read
SELECT count(*) AS n FROM message
WHERE thread_id = :thread AND seq <= :seq AND visibility = 'public' AND author_kind <> 'customer';

-- name: join_named
SELECT id, from_customer_id, into_customer_id, how, at, kept, undone_at FROM customer_join WHERE id = :id;

-- name: seqs_kept
SELECT message_id, seq FROM joined_message WHERE join_id = :id;

-- name: family
WITH RECURSIVE family AS (
    SELECT id FROM customer WHERE id = :customer
    UNION SELECT c.id FROM customer c JOIN family f ON c.merged_into = f.id
)
SELECT f.id, t.id AS thread_id FROM family f JOIN thread t ON t.customer_id = f.id;

-- name: root
WITH RECURSIVE up AS (
    SELECT id, merged_into FROM customer WHERE id = :customer
    UNION SELECT c.id, c.merged_into FROM customer c JOIN up ON c.id = up.merged_into
)
SELECT id FROM up WHERE merged_into IS NULL;

-- name: end_join
UPDATE customer_join SET undone_at = :at, undone_by = :by WHERE id = :id AND undone_at IS NULL RETURNING id;

-- name: joinings
SELECT j.id, j.how, j.at, coalesce(a.name, '') AS by, j.from_customer_id AS customer_id
FROM customer_join j LEFT JOIN agent a ON a.id = j.joined_by
WHERE j.undone_at IS NULL AND j.into_customer_id = ANY(:family) ORDER BY j.at DESC, j.id LIMIT 100;

-- name: owned
SELECT i.id, i.kind, i.value, i.verified_at IS NOT NULL AS verified FROM identity i
WHERE i.customer_id = :customer OR i.origin_customer_id = :customer ORDER BY i.created_at, i.id;

-- name: note_audit
INSERT INTO audit (id, who, action, subject, detail) VALUES (:id, :who, :action, :subject, :detail);

-- name: insert_outbox
INSERT INTO outbox (kind, thread_id, ticket_id, payload, at)
VALUES (:kind, :thread_id, :ticket_id, :payload, :at);

-- name: customer_here
SELECT id FROM customer WHERE id = :id AND merged_into IS NULL;

-- name: by_address
SELECT DISTINCT i.customer_id, NULL::bigint AS ticket_number FROM identity i JOIN customer c ON c.id = i.customer_id
WHERE i.kind = ANY(:kinds::text[]) AND i.value = :value AND c.merged_into IS NULL LIMIT 20;

-- name: by_ticket
SELECT customer_id, number AS ticket_number FROM ticket WHERE number = :number;

-- name: speaks
UPDATE customer SET language = :language, version = version + 1
WHERE id = :id AND language IS DISTINCT FROM :language RETURNING id;
