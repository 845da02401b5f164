-- name: find_visitor
SELECT n.id, n.brand_id, n.channel, n.name, n.public_key, n.answer_mode, n.health, n.settings,
       i.customer_id, i.verified_by, t.id AS thread_id, c.name AS customer_name
FROM connection n
LEFT JOIN identity i ON i.kind = 'visitor' AND i.value = :value AND i.verified_at IS NOT NULL
LEFT JOIN customer c ON c.id = i.customer_id
LEFT JOIN thread t ON t.customer_id = i.customer_id
WHERE n.id = :connection AND n.channel = 'webchat'
  AND NOT EXISTS (SELECT 1 FROM visitor_ended e WHERE e.visitor_id = :visitor)
  AND NOT (coalesce(i.verified_by, '') = 'code' AND i.verified_at < :at::timestamptz - interval '24 hours');

-- name: find_widget
SELECT id, brand_id, channel, name, public_key, answer_mode, health, settings, secret, sealed
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

-- name: claim_unnamed
WITH due AS (
    SELECT i.id FROM identity i JOIN customer c ON c.id = i.customer_id
    WHERE i.kind = ANY(:kinds::text[]) AND i.verified_at IS NOT NULL AND i.name_at <= :at AND c.name = ''
      AND EXISTS (
        SELECT 1 FROM thread t JOIN contact o ON o.thread_id = t.id JOIN connection n ON n.id = o.connection_id
        WHERE t.customer_id = i.customer_id AND o.identity = i.value AND n.channel = ANY(:channels::text[])
          AND n.health IN ('ok', 'degraded') AND n.sealed IS NOT NULL
      )
    ORDER BY i.name_at LIMIT 1 FOR UPDATE OF i SKIP LOCKED
), held AS (
    UPDATE identity i SET name_at = :at + :lease::interval, name_tries = i.name_tries + 1
    FROM due WHERE i.id = due.id
    RETURNING i.id, i.customer_id, i.value, i.name_tries AS tries
)
SELECT held.id, held.customer_id, held.value, held.tries, t.id AS thread_id, n.id AS connection_id
FROM held JOIN thread t ON t.customer_id = held.customer_id
JOIN contact o ON o.thread_id = t.id AND o.identity = held.value
JOIN connection n ON n.id = o.connection_id
WHERE n.channel = ANY(:channels::text[]) AND n.health IN ('ok', 'degraded') AND n.sealed IS NOT NULL
ORDER BY o.heard_at DESC LIMIT 1;

-- name: ask_name_later
UPDATE identity SET name_at = :at + :delay::interval WHERE id = :id;

-- name: ask_name_no_more
UPDATE identity SET name_at = 'infinity' WHERE id = :id;

-- name: name_nameless
UPDATE customer SET name = :name, version = version + 1 WHERE id = :id AND name = '' RETURNING id;

-- name: insert_outbox
INSERT INTO outbox (kind, thread_id, ticket_id, payload, at)
VALUES (:kind, :thread_id, :ticket_id, :payload, :at);
