-- name: brought_lately
SELECT count(*) AS files, coalesce(sum(size), 0)::bigint AS bytes FROM attachment
WHERE uploader = :uploader AND created_at > :since;

-- name: insert_attachment
INSERT INTO attachment (id, uploader, name, media_type, size, width, height, storage_key, created_at)
VALUES (:id, :uploader, :name, :media_type, :size, :width, :height, :storage_key, :at);

-- name: mark_stored
UPDATE attachment SET stored_at = :at WHERE id = :id;

-- name: lock_unattached
SELECT id, name, media_type, size, width, height FROM attachment
WHERE id = ANY(:ids) AND uploader = :uploader AND message_id IS NULL
  AND stored_at IS NOT NULL AND created_at > :since
ORDER BY id FOR UPDATE;

-- name: find_stored
SELECT id, name, media_type, size, storage_key FROM attachment
WHERE id = :id AND stored_at IS NOT NULL;

-- name: lock_forgotten
SELECT id, storage_key FROM attachment WHERE message_id IS NULL AND created_at < :before
ORDER BY created_at LIMIT :most FOR UPDATE SKIP LOCKED;

-- name: delete_attachments
DELETE FROM attachment WHERE id = ANY(:ids);
