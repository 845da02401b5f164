-- name: lock_thread
SELECT id FROM thread WHERE id = :thread_id FOR UPDATE;

-- name: lock_thread_of_ticket
SELECT t.id FROM thread t JOIN ticket k ON k.thread_id = t.id WHERE k.id = :ticket_id
FOR UPDATE OF t;

-- name: load_thread
SELECT t.*, c.name AS customer_name, c.language, c.merged_into FROM thread t JOIN customer c ON c.id = t.customer_id
WHERE t.id = :thread_id;

-- name: load_thread_of_ticket
SELECT t.*, c.name AS customer_name, c.language, c.merged_into FROM ticket k
JOIN thread t ON t.id = k.thread_id JOIN customer c ON c.id = t.customer_id WHERE k.id = :ticket_id;

-- name: load_ticket
SELECT k.*, c.name AS customer_name FROM ticket k JOIN customer c ON c.id = k.customer_id
WHERE k.id = :ticket_id;

-- name: load_current_ticket
SELECT k.*, c.name AS customer_name FROM ticket k JOIN thread t ON t.current_ticket_id = k.id
JOIN customer c ON c.id = k.customer_id WHERE t.id = :thread_id;

-- name: insert_message
INSERT INTO message (id, thread_id, ticket_id, seq, author_kind, author_id, author_name, visibility,
                     connection_id, channel, external_id, text, html, extra, turn_id, at)
VALUES (:id, :thread_id, :ticket_id, :seq, :author_kind, :author_id, :author_name, :visibility,
        :connection_id, :channel, :external_id, :text, :html, :extra, :turn_id, :at);

-- name: attach
UPDATE attachment SET message_id = :message_id, thread_id = :thread_id WHERE id = ANY(:ids);

-- name: find_message
SELECT m.*, d.status AS delivery_status, d.error AS delivery_error
FROM message m LEFT JOIN delivery d ON d.message_id = m.id WHERE m.id = :id;

-- name: insert_delivery
INSERT INTO delivery (id, message_id, thread_id, ticket_id, connection_id, status, next_at, updated_at)
VALUES (:id, :message_id, :thread_id, :ticket_id, :connection_id, :status, :at, :at);

-- name: save_thread
UPDATE thread SET last_seq = :last_seq, out_count = :out_count, customer_read_seq = :customer_read_seq,
    customer_read_out = :customer_read_out, agents_read_seq = :agents_read_seq,
    current_ticket_id = :current_ticket_id, version = :version
WHERE id = :id;

-- name: insert_ticket
INSERT INTO ticket (id, number, thread_id, customer_id, brand_id, connection_id, channel, subject,
    engaged_from_seq, created_at, updated_at)
VALUES (:id, nextval('ticket_number'), :thread_id, :customer_id, :brand_id, :connection_id, :channel,
    :subject, :engaged_from_seq, :at, :at)
RETURNING number;

-- name: save_ticket
UPDATE ticket SET subject = :subject, status = :status, priority = :priority, team_id = :team_id,
    assignee_id = :assignee_id, tags = :tags, control = :control, epoch = :epoch, channel = :channel,
    connection_id = :connection_id, engaged_from_seq = :engaged_from_seq, last_seq = :last_seq,
    last_customer_seq = :last_customer_seq, preview = :preview, waiting_since = :waiting_since,
    handoff = :handoff, suggestion = :suggestion, snoozed_until = :snoozed_until,
    updated_at = :updated_at, resolved_at = :resolved_at, version = :version
WHERE id = :id;

-- name: insert_outbox
INSERT INTO outbox (kind, thread_id, ticket_id, payload, at)
VALUES (:kind, :thread_id, :ticket_id, :payload, :at);

-- name: withhold_queued
WITH barred AS (
    UPDATE delivery d SET next_at = NULL
    FROM message m WHERE m.id = d.message_id AND d.ticket_id = :ticket_id AND d.status = 'sending'
      AND m.author_kind = 'assistant'
)
UPDATE delivery d SET status = 'withheld', updated_at = :at
FROM message m WHERE m.id = d.message_id AND d.ticket_id = :ticket_id AND d.status = 'queued'
  AND m.author_kind = 'assistant'
RETURNING d.message_id;

-- name: raise_messages
UPDATE message SET version = version + 1 WHERE id = ANY(:ids);

-- name: turn_due
INSERT INTO turn (id, ticket_id, thread_id, epoch, due_at, from_seq, upto_seq)
VALUES (:id, :ticket_id, :thread_id, :epoch, :due_at, :from_seq, :upto_seq)
ON CONFLICT (ticket_id) WHERE status IN ('due', 'running')
DO UPDATE SET upto_seq = excluded.upto_seq, due_at = excluded.due_at, epoch = excluded.epoch,
    status = 'due', attempts = 0, lease_holder = NULL, lease_until = NULL;

-- name: drop_turns
UPDATE turn SET status = 'dropped', finished_at = :at
WHERE ticket_id = :ticket_id AND status IN ('due', 'running');

-- name: finish_turn
UPDATE turn SET status = :status, message_id = :message_id, finished_at = :at WHERE id = :id;
