-- name: save_source^
INSERT INTO source (id, kind, name, brand_id, url, synced_at)
VALUES (:id, :kind, :name, :brand_id, :url, now())
ON CONFLICT (name) DO UPDATE
SET kind = excluded.kind, brand_id = excluded.brand_id, url = excluded.url, synced_at = now()
RETURNING id;

-- name: lock_knowledge$
SELECT pg_advisory_xact_lock(hashtext('shopbell.knowledge'));

-- name: hashes_of
SELECT key, language, hash FROM article WHERE source_id = :source_id;

-- name: save_article!
INSERT INTO article (id, source_id, key, language, title, collection, url, body, audience, brand_id,
                     hash, valid_from, valid_until, checked_at)
VALUES (:id, :source_id, :key, :language, :title, :collection, :url, :body, :audience, :brand_id,
        :hash, :valid_from, :valid_until, coalesce(:checked_at, now()))
ON CONFLICT (source_id, key, language) DO UPDATE
SET title = excluded.title, collection = excluded.collection, url = excluded.url,
    body = excluded.body, audience = excluded.audience, brand_id = excluded.brand_id,
    hash = excluded.hash, valid_from = excluded.valid_from, valid_until = excluded.valid_until,
    checked_at = excluded.checked_at, updated_at = now();

-- name: remove_article!
DELETE FROM article WHERE source_id = :source_id AND key = :key AND language = :language;

-- name: relate_translations!
UPDATE article a
SET translations = kin.languages, stands_in = (a.id = kin.first)
FROM (
    SELECT key, array_agg(language ORDER BY language) AS languages,
           (array_agg(id ORDER BY language = :default_language DESC, language = 'en' DESC, language))[1] AS first
    FROM article WHERE source_id = :source_id GROUP BY key
) kin
WHERE a.source_id = :source_id AND a.key = kin.key
  AND (a.translations, a.stands_in) IS DISTINCT FROM (kin.languages, a.id = kin.first);

-- name: unindexed
SELECT id, title, body, language, hash FROM article
WHERE indexed_hash IS DISTINCT FROM hash ORDER BY updated_at, id LIMIT :count;

-- name: take_article$
SELECT id FROM article
WHERE id = :id AND hash = :hash AND indexed_hash IS DISTINCT FROM hash FOR UPDATE;

-- name: known_vectors
SELECT hash, e5::text AS e5 FROM chunk WHERE article_id = :article_id AND e5 IS NOT NULL;

-- name: drop_pieces!
DELETE FROM chunk WHERE article_id = :article_id;

-- name: add_chunk*!
INSERT INTO chunk (id, article_id, ordinal, section, text, hash, words, config, tsv, e5, use)
VALUES (:id, :article_id, :ordinal, :section, :text, :hash,
        left(lower(:heading_words::text || ' ' || :body_words::text), 4000), :config::text,
        setweight(to_tsvector(:config::text::regconfig, :heading_words::text), 'A')
            || setweight(to_tsvector(:config::text::regconfig, :body_words::text), 'B'),
        :e5::vector, :use::vector);

-- name: add_sentence*!
INSERT INTO sentence (id, chunk_id, ordinal, text, use)
VALUES (:id, :chunk_id, :ordinal, :text, :use::vector);

-- name: mark_indexed!
UPDATE article SET indexed_hash = :hash WHERE id = :article_id;

-- name: count_lexemes!
WITH fresh AS (
    SELECT c.config, w.lexeme AS word, count(*)::int AS chunks
    FROM chunk c, unnest(c.tsv) w GROUP BY 1, 2
), gone AS (
    DELETE FROM lexeme l WHERE NOT EXISTS (
        SELECT FROM fresh f WHERE f.config = l.config AND f.word = l.word)
)
INSERT INTO lexeme (config, word, chunks) SELECT config, word, chunks FROM fresh
ON CONFLICT (config, word) DO UPDATE SET chunks = excluded.chunks
WHERE lexeme.chunks <> excluded.chunks;

-- name: unembedded
SELECT c.id, c.text, c.section, a.title FROM chunk c JOIN article a ON a.id = c.article_id
WHERE c.e5 IS NULL ORDER BY c.ordinal, c.id LIMIT :count;

-- name: save_e5*!
UPDATE chunk SET e5 = :e5::vector WHERE id = :id;

-- name: move_centre!
INSERT INTO knowledge_centre (model, chunks, centre)
SELECT 'e5', count(*)::int, avg(e5) FROM chunk WHERE e5 IS NOT NULL HAVING count(*) > 0
ON CONFLICT (model) DO UPDATE SET chunks = excluded.chunks, centre = excluded.centre;

-- name: coverage^
SELECT (SELECT count(*) FROM article)::int AS articles, count(*)::int AS chunks,
       count(e5)::int AS embedded
FROM chunk;

-- name: without_quick
SELECT * FROM (
    SELECT 'chunk' AS kind, c.id,
           a.title || CASE WHEN c.section IS NULL THEN '' ELSE ': ' || c.section END AS text
    FROM chunk c JOIN article a ON a.id = c.article_id WHERE c.use IS NULL
    UNION ALL
    SELECT 'sentence', s.id, s.text FROM sentence s WHERE s.use IS NULL
) bare LIMIT :count;

-- name: save_chunk_use*!
UPDATE chunk SET use = :use::vector WHERE id = :id;

-- name: save_sentence_use*!
UPDATE sentence SET use = :use::vector WHERE id = :id;
