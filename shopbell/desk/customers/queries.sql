-- name: find_visitor
SELECT n.id, n.brand_id, n.channel, n.name, n.public_key, n.answer_mode, n.health, n.settings,
       i.customer_id, i.verified_by, t.id AS thread_id, c.name AS customer_name
FROM connection n
LEFT JOIN identity i ON i.kind = 'visitor' AND i.value = :value AND i.verified_at IS NOT NULL
LEFT JOIN customer c ON c.id = i.customer_id
LEFT JOIN thread t ON t.customer_id = i.customer_id
WHERE n.id = :connection AND n.channel = 'webchat'
  AND NOT EXISTS (SELECT 1 FROM visitor_ended e WHERE e.visitor_id = :visitor);

-- name: find_widget
SELECT id, brand_id, channel, name, public_key, answer_mode, health, settings, secret
FROM connection WHERE public_key = :key AND channel = 'webchat';

-- name: find_brand
SELECT id, name, settings FROM brand WHERE id = :id;

-- name: find_customer
SELECT c.*, (SELECT jsonb_agg(jsonb_build_object('id', i.id, 'kind', i.kind, 'value', i.value,
                                                 'verified', i.verified_at IS NOT NULL)
                              ORDER BY i.created_at, i.id)
             FROM identity i WHERE i.customer_id = c.id) AS identities
FROM customer c WHERE c.id = :id;

-- name: end_visitor
INSERT INTO visitor_ended (visitor_id) VALUES (:visitor) ON CONFLICT DO NOTHING;

-- name: lock_name
SELECT pg_advisory_xact_lock(hashtextextended(:name, 0));

-- name: bind_identity_token
INSERT INTO identity_token (jti, visitor_id, expires_at) VALUES (:jti, :visitor, :expires_at)
ON CONFLICT (jti) DO UPDATE SET jti = excluded.jti
RETURNING visitor_id;

-- name: customer_by_identity
SELECT t.id AS thread_id, i.customer_id FROM identity i JOIN thread t ON t.customer_id = i.customer_id
WHERE i.kind = :kind AND i.value = :value AND i.verified_at IS NOT NULL;

-- name: insert_customer
INSERT INTO customer (id, name) VALUES (:id, :name);

-- name: insert_thread
INSERT INTO thread (id, customer_id) VALUES (:id, :customer);

-- name: insert_identity
INSERT INTO identity (id, customer_id, kind, value, verified_at, verified_by)
VALUES (:id, :customer, :kind, :value, :at, :by)
ON CONFLICT DO NOTHING;

-- name: name_customer
UPDATE customer SET name = :name, version = version + 1 WHERE id = :id AND name <> :name;

-- name: lock_threads
SELECT id FROM thread WHERE id = ANY(:ids) ORDER BY id FOR UPDATE;

-- name: load_threads
SELECT * FROM thread WHERE id = ANY(:ids);

-- name: load_thread_tickets
SELECT k.*, c.name AS customer_name FROM ticket k JOIN customer c ON c.id = k.customer_id
WHERE k.thread_id = ANY(:ids) ORDER BY k.created_at, k.id;

-- name: move_messages
UPDATE message SET thread_id = :into, seq = seq + :shift, version = version + 1,
    origin_thread_id = coalesce(origin_thread_id, thread_id), origin_seq = coalesce(origin_seq, seq)
WHERE thread_id = :old;

-- name: messages_after
SELECT m.*, d.status AS delivery_status, d.error AS delivery_error
FROM message m LEFT JOIN delivery d ON d.message_id = m.id
WHERE m.thread_id = :thread AND m.seq > :seq ORDER BY m.seq;

-- name: move_tickets
UPDATE ticket SET thread_id = :into, customer_id = :customer, last_seq = last_seq + :shift,
    last_customer_seq = CASE WHEN last_customer_seq > 0 THEN last_customer_seq + :shift ELSE 0 END,
    engaged_from_seq = engaged_from_seq + :shift, version = version + 1,
    origin_thread_id = coalesce(origin_thread_id, thread_id)
WHERE thread_id = :old;

-- name: move_deliveries
UPDATE delivery SET thread_id = :into WHERE thread_id = :old;

-- name: move_turns
UPDATE turn SET thread_id = :into, from_seq = from_seq + :shift, upto_seq = upto_seq + :shift,
    status = CASE WHEN status = 'running' THEN 'due' ELSE status END,
    lease_holder = NULL, lease_until = NULL
WHERE thread_id = :old;

-- name: move_attachments
UPDATE attachment SET thread_id = :into WHERE thread_id = :old;

-- name: move_reads
INSERT INTO agent_read (agent_id, thread_id, seq)
SELECT f.agent_id, :into, f.seq + :shift FROM agent_read f
LEFT JOIN agent_read t ON t.agent_id = f.agent_id AND t.thread_id = :into
WHERE f.thread_id = :old AND coalesce(t.seq, 0) >= :shift
ON CONFLICT (agent_id, thread_id) DO UPDATE SET seq = excluded.seq
RETURNING agent_id, thread_id, seq;

-- name: save_joined_thread
UPDATE thread SET last_seq = :last_seq, out_count = :out_count, customer_read_seq = :customer_read_seq,
    customer_read_out = :customer_read_out, agents_read_seq = :agents_read_seq,
    current_ticket_id = :current_ticket_id, version = :version
WHERE id = :id;

-- name: count_public_out
SELECT count(*) AS n FROM message
WHERE thread_id = :thread AND seq <= :seq AND visibility = 'public' AND author_kind <> 'customer';

-- name: merge_customer
UPDATE customer SET merged_into = :into, version = version + 1
WHERE id = :old AND merged_into IS NULL RETURNING id;

-- name: raise_customer
UPDATE customer SET version = version + 1 WHERE id = :id;

-- name: visitors_of_customer
SELECT value FROM identity WHERE customer_id = :customer AND kind = 'visitor';

-- name: insert_join
INSERT INTO customer_join (id, from_customer_id, into_customer_id, visitor_id, shift, at)
VALUES (:id, :old, :into, :visitor, :shift, :at);

-- name: insert_outbox
INSERT INTO outbox (kind, thread_id, ticket_id, payload, at)
VALUES (:kind, :thread_id, :ticket_id, :payload, :at);
