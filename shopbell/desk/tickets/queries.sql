-- name: thread
SELECT * FROM thread WHERE id = :thread_id;

-- name: customer
SELECT c.*, (SELECT jsonb_agg(jsonb_build_object('id', i.id, 'kind', i.kind, 'value', i.value,
                                                 'verified', i.verified_at IS NOT NULL)
                              ORDER BY i.created_at, i.id)
             FROM identity i WHERE i.customer_id = c.id) AS identities
FROM customer c WHERE c.id = :customer_id;

-- name: newest_messages
SELECT m.*, d.status AS delivery_status, d.error AS delivery_error
FROM message m LEFT JOIN delivery d ON d.message_id = m.id
WHERE m.thread_id = :thread_id ORDER BY m.seq DESC LIMIT :messages;

-- name: newest_tickets
SELECT k.*, c.name AS customer_name FROM ticket k JOIN customer c ON c.id = k.customer_id
WHERE k.thread_id = :thread_id ORDER BY k.created_at DESC, k.id DESC LIMIT :tickets;

-- name: read_seq
SELECT seq FROM agent_read WHERE agent_id = :agent_id AND thread_id = :thread_id;
