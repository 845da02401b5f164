-- name: of_agent
SELECT * FROM held_reply WHERE agent_id = :agent AND undone_at IS NULL ORDER BY due_at, id;

-- name: one
SELECT * FROM held_reply WHERE id = :id;

-- name: due
SELECT id FROM held_reply WHERE problem IS NULL AND undone_at IS NULL AND due_at <= :at
ORDER BY due_at, id LIMIT :most;

-- name: claim
SELECT epoch FROM held_reply WHERE id = :id AND undone_at IS NULL FOR UPDATE;

-- name: take_back
UPDATE held_reply SET undone_at = :at WHERE id = :id AND undone_at IS NULL RETURNING id;

-- name: keep_problem
UPDATE held_reply SET problem = :problem WHERE id = :id AND undone_at IS NULL;

-- name: forget
DELETE FROM held_reply WHERE undone_at < :before;

-- name: set_undo
UPDATE agent SET undo_s = :seconds WHERE id = :agent;

-- name: undo_of
SELECT undo_s FROM agent WHERE id = :agent;
