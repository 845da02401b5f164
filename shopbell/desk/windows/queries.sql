-- name: closing
SELECT connection_id, thread_id FROM contact WHERE warn_at <= :at ORDER BY warn_at LIMIT :most;

-- name: waiting_ticket
SELECT k.id FROM ticket k
WHERE k.thread_id = :thread_id AND k.connection_id = :connection_id AND k.status IN ('open', 'pending', 'snoozed')
  AND k.last_customer_seq > 0 AND (k.waiting_since IS NOT NULL OR NOT EXISTS (
    SELECT 1 FROM message m WHERE m.ticket_id = k.id AND m.seq > k.last_customer_seq AND m.visibility = 'public'
      AND m.author_kind IN ('agent', 'assistant')))
ORDER BY k.last_customer_seq DESC LIMIT 1;

-- name: held
SELECT window_until, heard_at FROM contact
WHERE thread_id = :thread_id AND connection_id = :connection_id AND warn_at <= :at FOR UPDATE;

-- name: warn_at
UPDATE contact SET warn_at = :warn_at
WHERE thread_id = :thread_id AND connection_id = :connection_id AND warn_at <= :at;
