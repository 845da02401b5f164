-- name: keep
INSERT INTO inbound (id, connection_id, digest, headers, body, next_at, received_at)
VALUES (:id, :connection_id, :digest, :headers, :body, :at + :grace::interval, :at)
ON CONFLICT (connection_id, digest) DO UPDATE SET seen = inbound.seen + 1
RETURNING id, status, (xmax = 0) AS fresh;

-- name: claim
UPDATE inbound SET attempts = attempts + 1, next_at = :at + :lease::interval
WHERE id = (
    SELECT id FROM inbound WHERE status IN ('new', 'waiting') AND next_at <= :at
    ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, connection_id, headers, body, attempts, received_at;

-- name: settle
UPDATE inbound SET status = :status, error = :error, next_at = :at + :delay::interval WHERE id = :id;

-- name: forget
DELETE FROM inbound WHERE id IN (
    SELECT id FROM inbound WHERE received_at < :before AND status IN ('done', 'unread') LIMIT :most
);

-- name: our_send
SELECT id, ticket_id, thread_id, message_id FROM delivery
WHERE connection_id = :connection_id
  AND (external_id = :external_id OR parts @> ARRAY[:external_id::text] OR id = :key::uuid);

-- name: copied_to
SELECT 1 FROM message m JOIN delivery d ON d.message_id = m.id
WHERE m.id = :message_id
  AND (m.extra -> 'mail' -> 'cc' ? :address OR m.extra -> 'mail' -> 'bcc' ? :address)
  AND NOT EXISTS (SELECT 1 FROM contact c
                  WHERE c.thread_id = d.thread_id AND c.connection_id = d.connection_id AND c.identity = :address);

-- name: was_ours
SELECT 1 FROM former_delivery
WHERE id = :key::uuid OR connection_id = :connection_id
  AND (external_id = :external_id OR parts @> ARRAY[:external_id::text]);

-- name: was_code
SELECT 1 FROM verification
WHERE id = :key::uuid OR connection_id = :connection_id AND external_id = :external_id;

-- name: note_written
UPDATE contact SET written_at = greatest(written_at, :at)
WHERE thread_id = :thread_id AND connection_id = :connection_id;

-- name: written_there
SELECT written_at FROM contact WHERE thread_id = :thread_id AND connection_id = :connection_id;

-- name: sends_to
SELECT d.id, d.ticket_id, d.message_id, d.status FROM delivery d
JOIN contact c ON c.thread_id = d.thread_id AND c.connection_id = d.connection_id
JOIN message m ON m.id = d.message_id
WHERE d.connection_id = :connection_id AND c.identity = :identity AND m.at <= :upto
  AND d.status = ANY(:before::text[])
ORDER BY m.seq;

-- name: sending
SELECT 1 FROM delivery
WHERE thread_id = :thread_id AND connection_id = :connection_id AND status = 'sending';

-- name: uncertain_there
SELECT d.id, d.ticket_id, d.message_id, m.text FROM delivery d JOIN message m ON m.id = d.message_id
WHERE d.thread_id = :thread_id AND d.connection_id = :connection_id AND d.status = 'uncertain'
ORDER BY m.seq;

-- name: message_named
SELECT id, ticket_id FROM message WHERE connection_id = :connection_id AND external_id = :external_id
UNION ALL
SELECT m.id, m.ticket_id FROM delivery d JOIN message m ON m.id = d.message_id
WHERE d.connection_id = :connection_id
  AND (d.external_id = :external_id OR d.parts @> ARRAY[:external_id::text] OR d.id = :key::uuid)
UNION ALL
SELECT m.id, m.ticket_id FROM former_delivery d JOIN message m ON m.id = d.message_id
WHERE d.connection_id = :connection_id AND (d.external_id = :external_id OR d.parts @> ARRAY[:external_id::text])
LIMIT 1;

-- name: message
SELECT m.*, d.status AS delivery_status, d.error AS delivery_error
FROM message m LEFT JOIN delivery d ON d.message_id = m.id WHERE m.id = :id FOR UPDATE OF m;

-- name: raise_message
UPDATE message SET version = version + 1 WHERE id = :id;

-- name: lift
UPDATE delivery SET status = :status, error = :error, updated_at = :at,
    external_id = coalesce(external_id, :external_id), lease_holder = NULL, lease_until = NULL
WHERE id = :id AND status = ANY(:before::text[])
RETURNING id;

-- name: contact
SELECT opted_out_at, no_marketing_at, place, identity FROM contact
WHERE thread_id = :thread_id AND connection_id = :connection_id;

-- name: known
SELECT t.id AS thread_id, t.customer_id, t.current_ticket_id AS ticket_id, c.name
FROM identity i JOIN thread t ON t.customer_id = i.customer_id JOIN customer c ON c.id = t.customer_id
WHERE i.kind = :kind AND i.value = :value AND i.verified_at IS NOT NULL;

-- name: claim_file
UPDATE expected_file SET attempts = attempts + 1, next_at = :at + :lease::interval
WHERE id = (
    SELECT id FROM expected_file
    WHERE next_at <= :at AND (:message_id::uuid IS NULL OR message_id = :message_id)
    ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, message_id, connection_id, ref, storage_key, attempts,
    (SELECT m.ticket_id FROM message m WHERE m.id = message_id) AS ticket_id,
    coalesce((SELECT a ->> 'name' FROM message m, jsonb_array_elements(m.extra -> 'attachments') a
              WHERE m.id = message_id AND a ->> 'id' = expected_file.id::text), '') AS name;

-- name: put_file_off
UPDATE expected_file SET next_at = :at + :delay::interval WHERE id = :id;

-- name: forget_file
DELETE FROM expected_file WHERE id = :id;


-- name: came
SELECT 1 FROM message WHERE connection_id = :connection_id AND external_id = :external_id;

-- name: wait_for_more
UPDATE turn SET due_at = :due_at, status = 'due', attempts = 0, lease_holder = NULL, lease_until = NULL
WHERE ticket_id = :ticket_id AND status IN ('due', 'running');

-- name: thread_answered
SELECT t.id AS thread_id, m.ticket_id, d.id AS delivery_id,
       EXISTS (SELECT 1 FROM identity i WHERE i.customer_id = t.customer_id AND i.kind = 'email' AND i.value = :sender)
       OR EXISTS (SELECT 1 FROM contact o WHERE o.thread_id = t.id AND o.identity = :sender) AS known
FROM message m JOIN thread t ON t.id = m.thread_id LEFT JOIN delivery d ON d.message_id = m.id
WHERE m.id = (
    SELECT message_id FROM delivery
    WHERE connection_id = :connection_id AND (id = :key::uuid OR external_id = :external_id)
    UNION ALL
    SELECT id FROM message WHERE connection_id = :connection_id AND external_id = :external_id
    LIMIT 1
);

-- name: is_ours
SELECT EXISTS (SELECT 1 FROM connection WHERE channel = 'email' AND lower(account) = :sender) AS own,
       EXISTS (SELECT 1 FROM agent WHERE lower(email) = :sender) AS agent;

-- name: mails_lately
SELECT count(*) FROM message
WHERE thread_id = :thread_id AND channel = 'email' AND author_kind = 'customer' AND at > :since;

-- name: answered_lately
SELECT 1 FROM message
WHERE thread_id = :thread_id AND channel = 'email' AND author_kind = 'assistant'
  AND visibility = 'public' AND at > :since LIMIT 1;
