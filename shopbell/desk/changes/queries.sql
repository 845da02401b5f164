-- name: forget
DELETE FROM change WHERE at < :before;

-- name: keep
INSERT INTO change (id, agent_id, at) VALUES (:id, :agent_id, :at);

-- name: keep_steps
INSERT INTO changed_ticket (change_id, ticket_id, place, at, epoch, heard, before, after)
SELECT :id, ticket_id, place, at, epoch, heard, before, after
FROM ROWS FROM (jsonb_to_recordset(:steps) AS (ticket_id uuid, at timestamptz, epoch bigint, heard bigint, before jsonb, after jsonb))
    WITH ORDINALITY AS s(ticket_id, at, epoch, heard, before, after, place);

-- name: steps
SELECT s.ticket_id, s.at, s.epoch, s.heard, s.before, s.after
FROM changed_ticket s JOIN change c ON c.id = s.change_id
WHERE c.id = :id AND c.agent_id = :agent_id AND c.at >= :since
ORDER BY s.place;

-- name: settle
DELETE FROM changed_ticket WHERE change_id = :id AND ticket_id = ANY(:tickets);

-- name: withheld
SELECT 1 FROM delivery WHERE ticket_id = :ticket_id AND status = 'withheld' AND updated_at = :at LIMIT 1;

-- name: call_again
UPDATE turn SET status = 'due', epoch = :epoch, due_at = :now, attempts = 0, lease_holder = NULL,
    lease_until = NULL, finished_at = NULL
WHERE id = (SELECT id FROM turn WHERE ticket_id = :ticket_id AND status = 'dropped' AND finished_at = :at
            ORDER BY created_at DESC LIMIT 1)
  AND NOT EXISTS (SELECT 1 FROM turn WHERE ticket_id = :ticket_id AND status IN ('due', 'running'));

-- name: unbegin_clocks
DELETE FROM sla_clock WHERE ticket_id = :ticket_id AND started_at = :at RETURNING id;

-- name: ended_clocks
SELECT json_agg(o ORDER BY o.started_at, o.kind)::text AS clocks FROM sla_clock o
WHERE o.ticket_id = :ticket_id AND o.ended_at = :at;
