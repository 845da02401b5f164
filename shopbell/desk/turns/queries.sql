-- name: called
SELECT t.id, t.ticket_id, t.thread_id, t.epoch, t.status, n.answer_mode,
       extract(epoch FROM t.due_at - clock_timestamp())::float8 AS due_in
FROM turn t JOIN ticket k ON k.id = t.ticket_id JOIN connection n ON n.id = k.connection_id
WHERE t.ticket_id = :ticket_id AND t.status IN ('due', 'running');

-- name: claim
UPDATE turn SET status = 'running', lease_holder = :holder, attempts = attempts + 1,
    lease_until = clock_timestamp() + :lease
WHERE id = (
    SELECT id FROM turn WHERE ticket_id = :ticket_id
      AND (status = 'due' AND due_at <= clock_timestamp()
           OR status = 'running' AND lease_until < clock_timestamp())
    FOR UPDATE SKIP LOCKED
)
RETURNING id, ticket_id, thread_id, epoch, from_seq, upto_seq, attempts, due_at;

-- name: beat
UPDATE turn SET lease_until = clock_timestamp() + :lease
WHERE id = :id AND status = 'running' AND lease_holder = :holder AND upto_seq = :upto_seq
RETURNING id;

-- name: holds
SELECT 1 FROM turn
WHERE id = :id AND status = 'running' AND lease_holder = :holder AND upto_seq = :upto_seq;

-- name: overdue
SELECT ticket_id FROM turn
WHERE (status = 'due' AND due_at < clock_timestamp() - :grace
       OR status = 'running' AND lease_until < clock_timestamp())
ORDER BY due_at LIMIT :most
FOR UPDATE SKIP LOCKED;

-- name: let_go
UPDATE turn SET status = 'due', due_at = clock_timestamp(), attempts = attempts - 1,
    lease_holder = NULL, lease_until = NULL
WHERE id = :id AND status = 'running' AND lease_holder = :holder AND upto_seq = :upto_seq;

-- name: keep_trace
UPDATE turn SET trace = :trace WHERE id = :id AND lease_holder = :holder;

-- name: became_suggestion
UPDATE turn SET status = 'suggested' WHERE id = :id AND lease_holder = :holder AND status = 'dropped';

-- name: record
SELECT id, ticket_id, thread_id, status, from_seq, upto_seq, attempts, message_id, trace,
       created_at, finished_at
FROM turn WHERE id = :id;

-- name: said
SELECT m.*, d.status AS delivery_status, d.error AS delivery_error
FROM message m LEFT JOIN delivery d ON d.message_id = m.id
WHERE m.ticket_id = :ticket_id AND m.seq >= :from_seq AND coalesce(d.status, 'sent') <> 'withheld'
ORDER BY m.seq DESC LIMIT :most;

-- name: about
SELECT c.id, c.name, c.language, c.version, c.created_at, b.id AS brand_id, b.name AS brand_name,
       b.settings, n.answer_mode,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('id', i.id, 'kind', i.kind, 'value', i.value,
                                                     'verified', i.verified_at IS NOT NULL)
                                  ORDER BY i.created_at), '[]')
        FROM identity i WHERE i.customer_id = c.id) AS identities
FROM ticket k JOIN customer c ON c.id = k.customer_id JOIN brand b ON b.id = k.brand_id
JOIN connection n ON n.id = k.connection_id
WHERE k.id = :ticket_id;

-- name: speaks
UPDATE customer SET language = :language, version = version + 1
WHERE id = :id AND language IS NULL
RETURNING id, name, language, version, created_at,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('id', i.id, 'kind', i.kind, 'value', i.value,
                                                  'verified', i.verified_at IS NOT NULL)
                               ORDER BY i.created_at), '[]')
     FROM identity i WHERE i.customer_id = customer.id) AS identities;
