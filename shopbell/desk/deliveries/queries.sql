-- name: overdue
SELECT DISTINCT d.thread_id FROM delivery d JOIN connection n ON n.id = d.connection_id
WHERE (d.status = 'queued' AND d.next_at < clock_timestamp() - :grace AND n.health IN ('ok', 'degraded'))
   OR (d.status = 'sending' AND d.lease_until < clock_timestamp())
LIMIT :most;

-- name: heads
SELECT DISTINCT ON (d.connection_id) d.id, d.ticket_id, d.status, d.connection_id,
       n.health IN ('ok', 'degraded') AS well,
       coalesce(CASE d.status WHEN 'queued' THEN d.next_at ELSE d.lease_until END
                <= clock_timestamp(), false) AS ready
FROM delivery d JOIN message m ON m.id = d.message_id JOIN connection n ON n.id = d.connection_id
WHERE d.thread_id = :thread_id AND d.status IN ('queued', 'sending')
ORDER BY d.connection_id, m.seq;

-- name: one
SELECT d.id, d.message_id, d.status, d.attempts, d.next_at IS NULL AS barred,
       coalesce(CASE d.status WHEN 'queued' THEN d.next_at ELSE d.lease_until END
                <= clock_timestamp(), false) AS ready,
       d.lease_holder, n.id AS connection_id, n.brand_id, n.channel, n.name, n.public_key,
       n.answer_mode, n.health, n.health_words, n.account, n.settings, coalesce(n.secret, '') AS secret,
       n.sealed, b.name AS brand_name, o.place, o.identity, o.community, o.window_until,
       o.opted_out_at IS NOT NULL AS opted_out, coalesce(o.claimed AND NOT EXISTS (
           SELECT 1 FROM identity p JOIN thread t ON t.customer_id = p.customer_id
           WHERE t.id = d.thread_id AND p.value = o.identity AND p.verified_at IS NOT NULL
       ), false) AS claimed,
       (SELECT c.language FROM thread t JOIN customer c ON c.id = t.customer_id WHERE t.id = d.thread_id) AS language,
       coalesce(o.identity, (SELECT i.value FROM identity i JOIN thread t ON t.customer_id = i.customer_id
                 WHERE t.id = d.thread_id AND i.kind = n.channel
                 ORDER BY i.created_at DESC LIMIT 1), '') AS recipient,
       coalesce(own.external_id, last.external_id) AS answers, last.at AS heard_at,
       coalesce(own.extra, last.extra) -> 'mail' AS threading,
       coalesce(d.parts, '{}') AS parts
FROM delivery d JOIN connection n ON n.id = d.connection_id JOIN brand b ON b.id = n.brand_id
LEFT JOIN contact o ON o.connection_id = d.connection_id AND o.thread_id = d.thread_id
LEFT JOIN LATERAL (
    SELECT external_id, extra, at FROM message
    WHERE thread_id = d.thread_id AND connection_id = d.connection_id AND author_kind = 'customer'
      AND seq < (SELECT seq FROM message WHERE id = d.message_id)
    ORDER BY seq DESC LIMIT 1
) last ON true
LEFT JOIN LATERAL (
    SELECT external_id, extra FROM message
    WHERE n.channel = 'email' AND ticket_id = d.ticket_id AND connection_id = d.connection_id
      AND author_kind = 'customer' AND seq < (SELECT seq FROM message WHERE id = d.message_id)
    ORDER BY seq DESC LIMIT 1
) own ON true
WHERE d.id = :id;

-- name: begin
UPDATE delivery SET status = 'sending', attempts = attempts + 1, lease_holder = :holder,
    lease_until = clock_timestamp() + :lease, updated_at = :at
WHERE id = :id;

-- name: beat
UPDATE delivery SET lease_until = clock_timestamp() + :lease
WHERE id = :id AND status = 'sending' AND lease_holder = :holder
RETURNING id;

-- name: settle
UPDATE delivery SET status = :status, error = :error, external_id = coalesce(:external_id, external_id),
    parts = coalesce(:parts::text[], parts), next_at = clock_timestamp() + :delay,
    lease_holder = NULL, lease_until = NULL, updated_at = :at
WHERE id = :id;

-- name: raise_message
UPDATE message SET version = version + 1 WHERE id = :id;

-- name: message
SELECT m.*, d.status AS delivery_status, d.error AS delivery_error
FROM message m JOIN delivery d ON d.message_id = m.id WHERE m.id = :id;

-- name: unsent
SELECT d.connection_id AS sent_by, d.updated_at AS unsent_at, to_jsonb(k.*) || jsonb_build_object('customer_name', c.name) AS ticket,
       m.*, d.status AS delivery_status, d.error AS delivery_error
FROM delivery d JOIN message m ON m.id = d.message_id JOIN ticket k ON k.id = d.ticket_id
JOIN customer c ON c.id = k.customer_id
WHERE d.status = ANY(:states::text[]) AND d.status IN ('failed', 'uncertain') AND k.status NOT IN ('resolved', 'closed')
  AND (:id::uuid IS NULL OR (d.updated_at, m.id) < (:at::timestamptz, :id))
ORDER BY d.updated_at DESC, m.id DESC LIMIT :most;

-- name: count_unsent
SELECT count(*) AS n FROM delivery d JOIN ticket k ON k.id = d.ticket_id
WHERE d.status IN ('failed', 'uncertain') AND k.status NOT IN ('resolved', 'closed');

-- name: of_message
SELECT d.id, d.ticket_id, d.status, d.error, d.connection_id, n.name AS connection_name, n.channel,
       m.author_kind = 'agent' AS by_a_person, m.extra ? 'template' AS templated
FROM delivery d JOIN connection n ON n.id = d.connection_id JOIN message m ON m.id = d.message_id
WHERE d.message_id = :message_id;

-- name: requeue
UPDATE delivery SET id = CASE status WHEN 'failed' THEN :fresh ELSE id END, status = 'queued', attempts = 0,
    parts = CASE WHEN external_id IS NULL THEN parts END, external_id = NULL, error = NULL, next_at = :at,
    lease_holder = NULL, lease_until = NULL, updated_at = :at
WHERE id = :id;

-- name: keep_former
INSERT INTO former_delivery (id, message_id, connection_id, external_id, parts)
SELECT id, message_id, connection_id, external_id, parts FROM delivery WHERE id = :id
ON CONFLICT (id) DO NOTHING;

-- name: take_back
DELETE FROM delivery WHERE id = :id;

-- name: insert
INSERT INTO delivery (id, message_id, thread_id, ticket_id, connection_id, status, next_at, updated_at)
VALUES (:id, :message_id, :thread_id, :ticket_id, :connection_id, :status, :at, :at);

-- name: readdress
UPDATE message SET channel = :channel, connection_id = :connection_id, extra = extra - 'template'
WHERE id = :message_id;
