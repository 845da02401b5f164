-- name: every
SELECT t.*, (SELECT count(*) FROM ticket k WHERE k.tags @> ARRAY[t.name]) AS used FROM tag t ORDER BY t.name;

-- name: one
SELECT t.*, (SELECT count(*) FROM ticket k WHERE k.tags @> ARRAY[t.name]) AS used FROM tag t WHERE t.id = :id;

-- name: lock
SELECT pg_advisory_xact_lock(7305, 3);

-- name: called
SELECT w.word, coalesce(m.id, t.id) AS id, coalesce(m.name, t.name) AS name FROM unnest(:words::text[]) AS w (word)
JOIN tag t ON t.name = w.word OR (t.synonyms @> ARRAY[w.word] AND t.merged_into IS NULL)
LEFT JOIN tag m ON m.id = t.merged_into
ORDER BY w.word, t.name <> w.word;

-- name: count
SELECT count(*) AS n FROM tag;

-- name: insert
INSERT INTO tag (id, name, parent_id, synonyms, description, colour, suggested, updated_at)
VALUES (:id, :name, :parent_id, :synonyms, :description, :colour, :suggested, :at) ON CONFLICT DO NOTHING;

-- name: change
UPDATE tag SET name = :name, parent_id = :parent_id, synonyms = :synonyms, description = :description,
    colour = :colour, suggested = :suggested, version = version + 1, updated_at = :at
WHERE id = :id AND version = :version RETURNING id;

-- name: merge
UPDATE tag SET merged_into = :into, parting = false, version = version + 1, updated_at = :at
WHERE id = :id OR merged_into = :id RETURNING id;

-- name: lift_children
UPDATE tag SET parent_id = :into, version = version + 1 WHERE parent_id = :id AND id <> :into;

-- name: part
UPDATE tag SET merged_into = NULL, parting = true, version = version + 1, updated_at = :at
WHERE id = :id AND merged_into IS NOT NULL RETURNING id;

-- name: parted
UPDATE tag SET parting = false WHERE id = :id;

-- name: forget
WITH gone AS (DELETE FROM ticket_tag WHERE tag_id = :id), freed AS (UPDATE ticket_tag SET came_from = NULL WHERE came_from = :id)
DELETE FROM tag WHERE id = :id;

-- name: stands_in
SELECT (SELECT count(*) FROM ticket k WHERE k.tags @> ARRAY[:name]) AS tickets,
    (SELECT string_agg(c.name, ', ' ORDER BY c.name) FROM tag c WHERE c.parent_id = :id) AS children,
    (SELECT string_agg(c.name, ', ' ORDER BY c.name) FROM tag c WHERE c.merged_into = :id) AS merged,
    (SELECT string_agg(p.name, ', ') FROM sla_policy p WHERE EXISTS (SELECT 1 FROM jsonb_array_elements(p.conditions) c
        WHERE c ->> 'field' = 'tag' AND c -> 'any_of' ? :name)) AS policies,
    (SELECT string_agg(r.title, ', ') FROM saved_reply r WHERE EXISTS (SELECT 1 FROM jsonb_array_elements(r.steps) s
        WHERE s ->> 'do' = 'tag' AND s -> 'add' ? :name)) AS macros;

-- name: to_follow
SELECT k.id FROM ticket k JOIN tag t ON t.merged_into IS NOT NULL AND k.tags @> ARRAY[t.name] LIMIT :most;

-- name: renamed
SELECT k.id FROM tag t, unnest(t.synonyms) AS was (name) JOIN ticket k ON k.tags @> ARRAY[was.name]
WHERE t.merged_into IS NULL LIMIT :most;

-- name: to_part
SELECT t.id AS tag_id, t.name, k.id AS ticket_id FROM tag t
LEFT JOIN LATERAL (SELECT k.id FROM ticket_tag m JOIN ticket k ON k.id = m.ticket_id
    WHERE m.tag_id = t.id AND NOT k.tags @> ARRAY[t.name] LIMIT :most) k ON true
WHERE t.parting LIMIT :most;

-- name: through
SELECT t.name FROM ticket_tag m JOIN tag t ON t.id = m.tag_id WHERE m.ticket_id = :ticket_id AND m.came_from = :tag_id;

-- name: put
INSERT INTO ticket_tag (ticket_id, tag_id, by_kind, by_id, by_name, confidence, why, came_from, at)
VALUES (:ticket_id, :tag_id, :by_kind, :by_id, :by_name, :confidence, :why, :came_from, :at)
ON CONFLICT (ticket_id, tag_id) DO NOTHING;

-- name: take_off
DELETE FROM ticket_tag m USING tag t WHERE m.ticket_id = :ticket_id AND t.id = m.tag_id
    AND (t.name = ANY(:names) OR t.merged_into IN (SELECT id FROM tag WHERE name = ANY(:names)))
RETURNING m.by_kind;

-- name: marks
SELECT t.name, m.by_kind, m.by_id, m.by_name, m.confidence, m.why, m.at FROM ticket_tag m JOIN tag t ON t.id = m.tag_id
WHERE m.ticket_id = :ticket_id AND t.merged_into IS NULL ORDER BY m.at, t.name;

-- name: settle
INSERT INTO ticket_tagging (ticket_id, settled) VALUES (:ticket_id, true)
ON CONFLICT (ticket_id) DO UPDATE SET settled = true, claimed_until = NULL;

-- name: forget_lesson
DELETE FROM tag_example WHERE ticket_id = :ticket_id AND source = 'agent';

-- name: teach
INSERT INTO tag_example (taxonomy, label, text, source, ticket_id)
SELECT 'shop', one.label, said.text, 'agent', :ticket_id
FROM (SELECT t.name AS label FROM ticket_tag m JOIN tag t ON t.id = m.tag_id
      WHERE m.ticket_id = :ticket_id AND m.by_kind = 'agent' AND t.suggested AND t.merged_into IS NULL
      UNION ALL SELECT NULL WHERE :none) AS one,
    (SELECT left(text, 1000) AS text FROM message WHERE ticket_id = :ticket_id AND author_kind = 'customer'
     AND visibility = 'public' AND removed_at IS NULL AND length(text) > 8 ORDER BY seq LIMIT 1) AS said;

-- name: unlooked
SELECT k.id FROM ticket k LEFT JOIN ticket_tagging g ON g.ticket_id = k.id
WHERE k.updated_at > :since AND k.last_customer_seq > 0 AND k.last_customer_seq > coalesce(g.seq, 0)
    AND NOT coalesce(g.settled, false) AND (g.claimed_until IS NULL OR g.claimed_until < :at)
ORDER BY k.updated_at LIMIT :most;

-- name: claim
INSERT INTO ticket_tagging AS g (ticket_id, claimed_until) SELECT k.id, :until FROM ticket k
    WHERE k.id = :ticket_id AND k.last_customer_seq > 0
ON CONFLICT (ticket_id) DO UPDATE SET claimed_until = excluded.claimed_until
WHERE NOT g.settled AND (g.claimed_until IS NULL OR g.claimed_until < :at)
    AND g.seq < (SELECT k.last_customer_seq FROM ticket k WHERE k.id = g.ticket_id)
RETURNING (SELECT k.last_customer_seq FROM ticket k WHERE k.id = g.ticket_id) AS seq;

-- name: said
SELECT m.seq, m.text FROM message m WHERE m.ticket_id = :ticket_id AND m.author_kind = 'customer'
    AND m.visibility = 'public' AND m.removed_at IS NULL
ORDER BY m.seq DESC LIMIT 6;

-- name: looked_at
UPDATE ticket_tagging SET seq = greatest(seq, :seq), claimed_until = NULL WHERE ticket_id = :ticket_id;

-- name: is_settled
SELECT settled FROM ticket_tagging WHERE ticket_id = :ticket_id;

-- name: version
SELECT version FROM tag_rules;

-- name: bare
SELECT DISTINCT e.hash, e.text FROM tag_example e LEFT JOIN tag_vector v ON v.hash = e.hash
WHERE v.hash IS NULL AND (e.taxonomy = :taxonomy) LIMIT :most;

-- name: keep_vector
INSERT INTO tag_vector (hash, vector) VALUES (:hash, :vector) ON CONFLICT DO NOTHING;

-- name: learned
SELECT e.label, e.text, v.vector FROM tag_example e JOIN tag_vector v ON v.hash = e.hash
WHERE e.taxonomy = :taxonomy ORDER BY e.source = 'agent', e.source, e.place, e.id;

-- name: forget_examples
DELETE FROM tag_example WHERE taxonomy = :taxonomy AND source = :source;

-- name: learn
INSERT INTO tag_example (taxonomy, label, text, language, source, place)
SELECT :taxonomy, e.label, e.text, e.language, :source, e.place
FROM jsonb_to_recordset(:examples) AS e (label text, text text, language text, place integer);

-- name: shipped
SELECT label, text FROM tag_example WHERE taxonomy = 'shop' AND source = 'shipped' ORDER BY place;

-- name: put_for_merged
INSERT INTO ticket_tag (ticket_id, tag_id, by_kind, by_id, by_name, confidence, why, came_from, at)
SELECT m.ticket_id, t.merged_into, m.by_kind, m.by_id, m.by_name, m.confidence, m.why, t.id, m.at
FROM ticket_tag m JOIN tag t ON t.id = m.tag_id
WHERE m.ticket_id = :ticket_id AND t.merged_into IS NOT NULL
ON CONFLICT (ticket_id, tag_id) DO NOTHING;

-- name: forget_through
DELETE FROM ticket_tag WHERE ticket_id = :ticket_id AND came_from = :tag_id;

-- name: named
SELECT id, name, synonyms, merged_into, suggested FROM tag ORDER BY name;

-- name: name_labels
INSERT INTO tag (id, name, suggested) SELECT gen_random_uuid(), label, true FROM unnest(:labels::text[]) AS l (label)
WHERE NOT EXISTS (SELECT 1 FROM tag t WHERE t.name = label OR t.synonyms @> ARRAY[label])
ON CONFLICT DO NOTHING;
