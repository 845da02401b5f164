-- name: one
SELECT id, brand_id, channel, name, public_key, answer_mode, health, health_words, account, settings,
       sealed, coalesce(secret, '') AS secret, cursor, heard_at, sent_at
FROM connection WHERE id = :id;

-- name: by_account
SELECT id FROM connection WHERE channel = :channel AND account = :account;

-- name: every
SELECT id, brand_id, channel, name, public_key, answer_mode, health, health_words, account, settings,
       sealed, coalesce(secret, '') AS secret, cursor, heard_at, sent_at
FROM connection ORDER BY channel, name, id;

-- name: insert
INSERT INTO connection (id, brand_id, channel, name, account, sealed, settings)
VALUES (:id, :brand_id, :channel, :name, :account, :sealed, :settings);

-- name: reseal
UPDATE connection SET sealed = :sealed, account = coalesce(:account, account), name = :name,
    settings = :settings, health = 'ok', health_words = '' WHERE id = :id
RETURNING id;

-- name: set_health
UPDATE connection SET health = :health, health_words = :words
WHERE id = :id AND (health, health_words) IS DISTINCT FROM (:health, :words)
RETURNING id, brand_id, channel, name, public_key, answer_mode, health, health_words, account, settings;

-- name: heard
UPDATE connection SET heard_at = :at WHERE id = :id AND (heard_at IS NULL OR heard_at < :at - interval '10 s');

-- name: lease
UPDATE connection SET lease_holder = :holder, lease_until = clock_timestamp() + :lease
WHERE id = :id AND (lease_holder IS NULL OR lease_holder = :holder OR lease_until < clock_timestamp())
RETURNING id;

-- name: let_go
UPDATE connection SET lease_holder = NULL, lease_until = NULL WHERE id = :id AND lease_holder = :holder;

-- name: keep_cursor
UPDATE connection SET cursor = :cursor WHERE id = :id AND lease_holder = :holder RETURNING id;

-- name: unleased
SELECT id FROM connection
WHERE channel = ANY(:channels) AND health <> 'off' AND (lease_until IS NULL OR lease_until < clock_timestamp());

-- name: insert_outbox
INSERT INTO outbox (kind, payload, at) VALUES (:kind, :payload, :at);
