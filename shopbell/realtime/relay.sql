-- name: move
WITH head AS (
    SELECT position FROM stream WHERE partition = 0 FOR UPDATE
), taken AS (
    DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT :batch) RETURNING *
), numbered AS (
    SELECT (SELECT position FROM head) + row_number() OVER (ORDER BY id) AS position,
           kind, thread_id, ticket_id, payload, at
    FROM taken
), moved AS (
    INSERT INTO event (position, kind, thread_id, ticket_id, payload, at)
    SELECT position, kind, thread_id, ticket_id, payload, at FROM numbered
), advanced AS (
    UPDATE stream SET position = position + (SELECT count(*) FROM taken),
                      published = greatest(published, :published)
    WHERE partition = 0 AND (EXISTS (SELECT FROM taken) OR published < :published)
)
SELECT position, kind, payload::text AS payload FROM numbered ORDER BY position;

-- name: head
SELECT epoch, position, published FROM stream WHERE partition = 0;

-- name: events_after
SELECT position, kind, payload::text AS payload FROM event
WHERE position > :after ORDER BY position LIMIT :batch;

-- name: events_between
SELECT position, payload::text AS payload FROM event
WHERE position > :after AND (:upto::bigint IS NULL OR position <= :upto) ORDER BY position LIMIT :batch;

-- name: events_of_thread
SELECT position, payload::text AS payload FROM event
WHERE thread_id = :thread AND position > :after AND (:upto::bigint IS NULL OR position <= :upto)
ORDER BY position LIMIT :batch;

-- name: first_kept
SELECT min(position) AS position FROM event;

-- name: lead
SELECT pg_try_advisory_lock(7305, 0) AS leading;
