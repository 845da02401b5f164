-- name: one
SELECT id, brand_id, channel, name, public_key, answer_mode, health, health_words, account, settings,
       sealed, coalesce(secret, '') AS secret, cursor, heard_at, sent_at, checked_at
FROM connection WHERE id = :id;

-- name: by_account
SELECT id FROM connection WHERE channel = :channel AND account = :account;

-- name: every
SELECT id, brand_id, channel, name, public_key, answer_mode, health, health_words, account, settings,
       sealed, coalesce(secret, '') AS secret, cursor, heard_at, sent_at, checked_at
FROM connection ORDER BY channel, name, id;

-- name: insert
INSERT INTO connection (id, brand_id, channel, name, account, sealed, settings)
VALUES (:id, :brand_id, :channel, :name, :account, :sealed, :settings);

-- name: open_shop
WITH made AS (
    INSERT INTO brand (id, name, settings) SELECT :brand_id, :name, :settings
    WHERE NOT EXISTS (SELECT FROM brand) RETURNING id
)
INSERT INTO connection (id, brand_id, channel, name, public_key)
SELECT :id, id, 'webchat', 'Web chat', :key FROM made;

-- name: reseal
UPDATE connection SET sealed = :sealed, account = coalesce(:account, account), name = :name,
    settings = :settings, health = 'ok', health_words = '', health_by = 'people', health_at = now() WHERE id = :id
RETURNING id;

-- name: set_health
UPDATE connection SET health = :health, health_words = :words, health_by = :by, health_at = :at
WHERE id = :id AND health <> 'off' AND (health, health_words) IS DISTINCT FROM (:health, :words)
  AND (:by IN ('people', 'platform') OR health_by = :by
       OR array_position(ARRAY['ok', 'degraded', 'reconnect'], :health)
          > array_position(ARRAY['ok', 'degraded', 'reconnect'], health)
       OR :by = 'check' AND health_at < :at - :doubt::interval)
RETURNING id, brand_id, channel, name, public_key, answer_mode, health, health_words, account, settings;

-- name: turn
UPDATE connection SET health = :health, health_words = :words, health_by = 'people', health_at = now(),
    check_at = now()
WHERE id = :id
RETURNING id, brand_id, channel, name, public_key, answer_mode, health, health_words, account, settings;

-- name: rename
UPDATE connection SET name = coalesce(:name, name), answer_mode = coalesce(:answer_mode, answer_mode)
WHERE id = :id
RETURNING id, brand_id, channel, name, public_key, answer_mode, health, health_words, account, settings;

-- name: renew
UPDATE connection SET sealed = :sealed WHERE id = :id;

-- name: due_for_check
UPDATE connection SET check_at = clock_timestamp() + :pause
WHERE id = (
    SELECT id FROM connection
    WHERE channel = ANY(:channels) AND health <> 'off' AND sealed IS NOT NULL AND check_at <= clock_timestamp()
    ORDER BY check_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id;

-- name: checked
UPDATE connection SET checked_at = :at WHERE id = :id;

-- name: contacts
SELECT t.id AS thread_id, n.id AS connection_id, n.channel, coalesce(o.place, i.value) AS place,
       coalesce(o.identity, i.value) AS identity, coalesce(o.community, false) AS community,
       o.window_until, o.opted_out_at IS NOT NULL AS opted_out, coalesce(o.claimed AND NOT EXISTS (
           SELECT 1 FROM identity p WHERE p.customer_id = t.customer_id AND p.value = o.identity AND p.verified_at IS NOT NULL
       ), false) AS claimed,
       CASE WHEN o.claimed OR i.verified_by = 'code' THEN 'agreed' WHEN o.thread_id IS NOT NULL THEN 'wrote'
            WHEN EXISTS (SELECT 1 FROM left_address l WHERE l.thread_id = t.id AND l.value = i.value) THEN 'agreed'
            ELSE 'known' END AS consent,
       o.heard_at
FROM thread t CROSS JOIN connection n
LEFT JOIN contact o ON o.thread_id = t.id AND o.connection_id = n.id
LEFT JOIN LATERAL (
    SELECT value, verified_by FROM identity
    WHERE o.thread_id IS NULL AND (n.sealed IS NOT NULL OR :senders::jsonb ->> n.channel = 'visitor')
      AND customer_id = t.customer_id AND verified_at IS NOT NULL
      AND kind = :senders::jsonb ->> n.channel
    ORDER BY created_at DESC LIMIT 1
) i ON true
WHERE t.id = ANY(:threads) AND (o.thread_id IS NOT NULL OR i.value IS NOT NULL)
ORDER BY t.id, o.heard_at DESC NULLS LAST, n.channel, n.id;

-- name: sent
UPDATE connection SET sent_at = :at WHERE id = :id AND (sent_at IS NULL OR sent_at < :at - interval '10 s');

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
WHERE channel = ANY(:channels) AND health <> 'off' AND sealed IS NOT NULL
  AND (lease_until IS NULL OR lease_until < clock_timestamp());

-- name: insert_outbox
INSERT INTO outbox (kind, payload, at) VALUES (:kind, :payload, :at);

-- name: templates
SELECT name, language, external_id, category, status, reason, header, body, footer, buttons, blanks, unfit
FROM message_template WHERE connection_id = :connection_id ORDER BY name, language;

-- name: template
SELECT name, language, external_id, category, status, reason, header, body, footer, buttons, blanks, unfit
FROM message_template WHERE connection_id = :connection_id AND name = :name AND language = :language;

-- name: templates_read
UPDATE connection SET templates_at = :at WHERE id = :connection_id;

-- name: templates_read_at
SELECT templates_at FROM connection WHERE id = :connection_id;

-- name: keep_template
INSERT INTO message_template (connection_id, name, language, external_id, category, status, reason, header, body,
                              footer, buttons, blanks, unfit, updated_at)
VALUES (:connection_id, :name, :language, :external_id, :category, :status, :reason, :header, :body,
        :footer, :buttons, :blanks, :unfit, :at)
ON CONFLICT (connection_id, name, language) DO UPDATE SET external_id = excluded.external_id,
    category = excluded.category, status = excluded.status, reason = excluded.reason, header = excluded.header,
    body = excluded.body, footer = excluded.footer, buttons = excluded.buttons, blanks = excluded.blanks,
    unfit = excluded.unfit, updated_at = excluded.updated_at;

-- name: move_template
UPDATE message_template SET status = :status, reason = :reason, updated_at = :at
WHERE connection_id = :connection_id AND name = :name AND language = :language;

-- name: forget_templates
DELETE FROM message_template t WHERE t.connection_id = :connection_id AND NOT EXISTS (
    SELECT 1 FROM unnest(:names::text[], :languages::text[]) AS kept(name, language)
    WHERE kept.name = t.name AND kept.language = t.language
);

-- name: way
SELECT id, brand_id, channel, name, answer_mode, health, health_words, settings FROM connection WHERE id = :id;

-- name: meet
INSERT INTO contact (connection_id, thread_id, place, identity, heard_at)
VALUES (:connection_id, :thread_id, :place, :identity, :at)
ON CONFLICT (connection_id, thread_id) DO NOTHING;
