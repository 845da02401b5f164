-- name: every
SELECT * FROM saved_reply ORDER BY lower(title), id;

-- name: one
SELECT * FROM saved_reply WHERE id = :id;

-- name: tallied
SELECT count(*) AS all_told, count(*) FILTER (WHERE owner_id = :agent) AS own FROM saved_reply;

-- name: lock
SELECT pg_advisory_xact_lock(7305, 2);

-- name: insert
INSERT INTO saved_reply (id, title, shortcut, texts, steps, visibility, owner_id, team_id, created_at, updated_at)
VALUES (:id, :title, :shortcut, :texts, :steps, :visibility, :owner_id, :team_id, :at, :at)
ON CONFLICT (id) DO NOTHING RETURNING *;

-- name: change
UPDATE saved_reply SET title = :title, shortcut = :shortcut, texts = :texts, steps = :steps,
    visibility = :visibility, team_id = :team_id, version = version + 1, updated_at = :at
WHERE id = :id AND version = :version RETURNING *;

-- name: remove
DELETE FROM saved_reply WHERE id = :id RETURNING id;

-- name: count_use
UPDATE saved_reply SET used = used + 1, last_used_at = :at WHERE id = :id;
