-- name: lock
SELECT pg_advisory_xact_lock(hashtextextended('one-time codes', 0));

-- name: asked
SELECT count(*) FILTER (WHERE thread_id = :thread AND asked_at > :at - interval '1 hour') AS here_lately,
       count(*) FILTER (WHERE thread_id = :thread) AS here_today,
       count(*) FILTER (WHERE kind = :kind AND value = :value AND asked_at > :at - interval '1 hour') AS there_lately,
       count(*) FILTER (WHERE kind = :kind AND value = :value) AS there_today,
       (SELECT count(*) FROM verification WHERE asked_at > :at - interval '1 day') AS today
FROM verification WHERE asked_at > :at - interval '1 day' AND (thread_id = :thread OR (kind = :kind AND value = :value));

-- name: is_proven
SELECT 1 FROM identity WHERE customer_id = :customer AND verified_at IS NOT NULL LIMIT 1;

-- name: about
SELECT coalesce(c.language, b.settings ->> 'language', 'en') AS language
FROM customer c, brand b WHERE c.id = :customer AND b.id = :brand;

-- name: sending_connection
SELECT id FROM connection
WHERE channel = ANY(:channels::text[]) AND health <> 'off' AND sealed IS NOT NULL
ORDER BY array_position(:channels::text[], channel), brand_id <> :brand, health = 'reconnect', created_at LIMIT 1;

-- name: replace_open
UPDATE verification SET status = 'replaced' WHERE thread_id = :thread AND status IN ('queued', 'sent', 'unsent');

-- name: insert
INSERT INTO verification (id, thread_id, connection_id, kind, value, language, code_hash, next_at, asked_at, expires_at)
VALUES (:id, :thread, :via, :kind, :value, :language, :hash, :at, :at, :until);

-- name: newest
SELECT id, kind, value, language, status, code_hash, expires_at, proved_at FROM verification
WHERE thread_id = :thread AND asked_at > :at - interval '1 hour' ORDER BY asked_at DESC, id DESC LIMIT 1;

-- name: came_before
SELECT 1 FROM message WHERE id = :id OR (connection_id = :connection AND external_id = :name) LIMIT 1;

-- name: count_try
UPDATE verification SET wrong = wrong + 1,
    status = CASE WHEN wrong + 1 >= :most THEN 'spent' ELSE status END
WHERE id = :id AND status IN ('queued', 'sent', 'unsent') AND expires_at > :at
RETURNING wrong, status;

-- name: proved
UPDATE verification SET status = 'proved', proved_at = :at
WHERE id = :id AND status IN ('queued', 'sent', 'unsent', 'spent') AND proved_at IS NULL RETURNING thread_id;

-- name: customer_of
SELECT customer_id FROM thread WHERE id = :thread;

-- name: lock_name
SELECT pg_advisory_xact_lock(hashtextextended(:name, 0));

-- name: owner
SELECT customer_id FROM identity WHERE kind = :kind AND value = :value AND verified_at IS NOT NULL;

-- name: accounts
SELECT count(DISTINCT value) AS n FROM identity
WHERE customer_id = ANY(:customers) AND kind = 'shop' AND verified_at IS NOT NULL;

-- name: give_identity
INSERT INTO identity (id, customer_id, kind, value, verified_at, verified_by)
VALUES (:id, :customer, :kind, :value, :at, 'code')
ON CONFLICT (customer_id, kind, value) DO UPDATE SET verified_at = excluded.verified_at, verified_by = 'code'
WHERE identity.verified_at IS NULL;

-- name: visitors_for_a_day
UPDATE identity SET verified_by = 'code', verified_at = :at
WHERE customer_id = :customer AND kind = 'visitor' AND verified_by = 'channel' AND verified_at IS NOT NULL;

-- name: believe_contacts
UPDATE contact SET claimed = false WHERE thread_id = :thread AND identity = :value AND claimed;

-- name: due
UPDATE verification v SET sends = v.sends + 1, next_at = :at + :lease::interval
FROM connection n JOIN brand b ON b.id = n.brand_id
WHERE n.id = v.connection_id AND v.id = (
    SELECT id FROM verification WHERE status = 'queued' AND next_at <= :at
    ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING v.id, v.thread_id, v.connection_id, v.value, v.language, v.sends, v.expires_at, b.name AS brand_name,
    coalesce((SELECT o.place FROM contact o WHERE o.connection_id = v.connection_id AND o.identity = v.value
              ORDER BY o.heard_at DESC LIMIT 1), v.value) AS place,
    EXISTS (SELECT 1 FROM contact o WHERE o.connection_id = v.connection_id AND o.identity = v.value
            AND o.opted_out_at IS NOT NULL)
    OR EXISTS (SELECT 1 FROM silenced_address s WHERE s.connection_id = v.connection_id AND s.value = v.value)
    OR (NOT n.channel = ANY(:open::text[]) AND NOT EXISTS (
            SELECT 1 FROM contact o WHERE o.connection_id = v.connection_id AND o.identity = v.value
              AND NOT o.community AND (o.window_until IS NULL OR o.window_until > :at))) AS barred;

-- name: settle
UPDATE verification SET status = CASE WHEN status = 'queued' THEN :status ELSE status END,
    external_id = coalesce(:external_id, external_id), next_at = :at + :delay::interval
WHERE id = :id;

-- name: forget
DELETE FROM verification WHERE asked_at < :before;
