-- name: ways
SELECT id, channel FROM connection
WHERE brand_id = :brand_id AND channel = ANY(:channels) AND sealed IS NOT NULL AND health IN ('ok', 'degraded')
ORDER BY health DESC, id;

-- name: silenced
SELECT 1 FROM silenced_address WHERE connection_id = :connection_id AND value = :value
UNION ALL
SELECT 1 FROM contact WHERE connection_id = :connection_id AND thread_id = :thread_id AND identity = :value
    AND opted_out_at IS NOT NULL;

-- name: known_elsewhere
SELECT 1 FROM contact
WHERE connection_id = :connection_id AND thread_id = :thread_id AND identity <> :value AND NOT claimed;

-- name: is_proven
SELECT 1 FROM identity
WHERE customer_id = :customer_id AND kind = :kind AND value = :value AND verified_at IS NOT NULL;

-- name: leave
INSERT INTO left_address (thread_id, kind, value, connection_id, agreed_at, consent)
VALUES (:thread_id, :kind, :value, :connection_id, :at, :consent)
ON CONFLICT (thread_id) DO UPDATE SET kind = excluded.kind, value = excluded.value,
    connection_id = excluded.connection_id, agreed_at = excluded.agreed_at, consent = excluded.consent;

-- name: claim_identity
INSERT INTO identity (id, customer_id, kind, value, verified_by) VALUES (:id, :customer_id, :kind, :value, 'page')
ON CONFLICT DO NOTHING;

-- name: raise_customer
UPDATE customer SET version = version + 1 WHERE id = :customer_id;

-- name: place
INSERT INTO contact (connection_id, thread_id, place, identity, claimed, heard_at)
VALUES (:connection_id, :thread_id, :value, :value, :claimed, :at)
ON CONFLICT (connection_id, thread_id) DO UPDATE SET place = excluded.place, identity = excluded.identity,
    claimed = contact.claimed AND excluded.claimed, opted_out_at = NULL;

-- name: of_thread
SELECT e.thread_id, e.kind, e.value, e.connection_id, e.agreed_at, e.consent FROM left_address e
WHERE e.thread_id = :thread_id;

-- name: forget
DELETE FROM left_address WHERE thread_id = :thread_id RETURNING kind, value, connection_id;

-- name: due
SELECT message_id FROM unseen_reply WHERE due_at <= :at ORDER BY due_at LIMIT :most;

-- name: take_up
DELETE FROM unseen_reply WHERE message_id = :message_id RETURNING message_id;

-- name: message
SELECT m.*, d.status AS delivery_status, d.error AS delivery_error
FROM message m JOIN delivery d ON d.message_id = m.id WHERE m.id = :message_id;

-- name: goes_on
UPDATE delivery SET id = :fresh, connection_id = :connection_id, status = 'queued', attempts = 0, external_id = NULL,
    error = NULL, next_at = :at, updated_at = :at
WHERE message_id = :message_id AND status = 'sent';

-- name: readdress
UPDATE message SET channel = :channel, connection_id = :connection_id, version = version + 1
WHERE id = :message_id;

-- name: connection
SELECT id, brand_id, channel, name, answer_mode, health, health_words, settings FROM connection WHERE id = :id;

-- name: answered_elsewhere
SELECT e.thread_id FROM left_address e
CROSS JOIN LATERAL (
    SELECT max(d.updated_at) AS at FROM delivery d
    WHERE d.thread_id = e.thread_id AND d.connection_id = e.connection_id
      AND d.status IN ('sending', 'sent', 'delivered', 'read', 'uncertain')
) went
WHERE e.connection_id = :connection_id AND e.value = :value AND went.at > :since
  AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.kind = e.kind AND i.value = e.value AND i.verified_at IS NOT NULL)
ORDER BY went.at DESC LIMIT 1;

-- name: is_claimed
SELECT 1 FROM contact o JOIN thread t ON t.id = o.thread_id
WHERE o.connection_id = :connection_id AND o.thread_id = :thread_id AND o.identity = :value AND o.claimed
  AND NOT EXISTS (SELECT 1 FROM identity p WHERE p.customer_id = t.customer_id AND p.value = o.identity
                  AND p.verified_at IS NOT NULL);

-- name: threads_of_address
SELECT thread_id FROM contact WHERE connection_id = :connection_id AND identity = :value AND claimed
UNION
SELECT thread_id FROM left_address WHERE connection_id = :connection_id AND value = :value;

-- name: is_left
SELECT 1 FROM left_address
WHERE connection_id = :connection_id AND thread_id = :thread_id AND value = :value;

-- name: silence
INSERT INTO silenced_address (connection_id, value, at) VALUES (:connection_id, :value, :at) ON CONFLICT DO NOTHING;

-- name: opt_out_of_address
UPDATE contact SET opted_out_at = :at
WHERE connection_id = :connection_id AND thread_id = :thread_id AND opted_out_at IS NULL RETURNING thread_id;

-- name: ticket_of
SELECT ticket_id FROM message WHERE id = :message_id;

-- name: claimed_there
SELECT 1 FROM contact o JOIN thread t ON t.id = o.thread_id
WHERE o.connection_id = :connection_id AND o.thread_id = :thread_id AND o.claimed
  AND NOT EXISTS (SELECT 1 FROM identity p WHERE p.customer_id = t.customer_id AND p.value = o.identity
                  AND p.verified_at IS NOT NULL);
