-- name: search
WITH eligible AS MATERIALIZED (
    SELECT c.id, c.article_id, c.config
    FROM chunk c JOIN article a ON a.id = c.article_id
    WHERE a.audience = 'public'
      AND (a.brand_id IS NULL OR :brand_id::uuid IS NULL OR a.brand_id = :brand_id)
      AND (a.valid_from IS NULL OR a.valid_from <= now())
      AND (a.valid_until IS NULL OR a.valid_until > now())
      AND (a.language = :language::text OR (a.stands_in AND NOT :language::text = ANY (a.translations)))
), question AS (
    SELECT config, replace(plainto_tsquery(config::regconfig, :words::text)::text, ' & ', ' | ')::tsquery AS asked
    FROM (SELECT DISTINCT config FROM eligible) configs
), asked_word AS (
    SELECT q.config, w.word, ln(1 + (n.chunks - coalesce(l.chunks, 0) + 0.5) / (coalesce(l.chunks, 0) + 0.5)) AS rarity
    FROM question q
    CROSS JOIN LATERAL unnest(tsvector_to_array(to_tsvector(q.config::regconfig, :words::text))) AS w(word)
    JOIN (SELECT config, count(*) AS chunks FROM eligible GROUP BY config) n ON n.config = q.config
    LEFT JOIN lexeme l ON l.config = q.config AND l.word = w.word
), by_text AS (
    SELECT c.id, sum(w.rarity * (1 + ('A' = ANY (hit.weights))::int) * cardinality(hit.positions)
                     / (cardinality(hit.positions) + 0.8)) AS score,
           sum(w.rarity) / (SELECT sum(rarity) FROM asked_word t WHERE t.config = c.config) AS covered
    FROM eligible e
    JOIN chunk c ON c.id = e.id
    JOIN question q ON q.config = c.config AND c.tsv @@ q.asked
    CROSS JOIN LATERAL unnest(c.tsv) AS hit
    JOIN asked_word w ON w.config = c.config AND w.word = hit.lexeme
    GROUP BY c.id, c.config
    ORDER BY score DESC LIMIT 40
), by_likeness AS (
    SELECT c.id, word_similarity(lower(:words::text), c.words)::float8 AS score
    FROM eligible e JOIN chunk c ON c.id = e.id
    WHERE NOT EXISTS (SELECT FROM by_text) AND lower(:words::text) <%% c.words
    ORDER BY score DESC LIMIT 10
), by_e5 AS (
    SELECT c.id, 1 - ((c.e5 - k.centre::vector(384)) <=> (:e5::vector(384) - k.centre::vector(384))) AS score
    FROM eligible e JOIN chunk c ON c.id = e.id CROSS JOIN knowledge_centre k
    WHERE k.model = 'e5' AND c.e5 IS NOT NULL AND :e5::text IS NOT NULL
    ORDER BY score DESC LIMIT 40
), by_use AS (
    SELECT c.id, -(c.use <#> :use::vector) AS heading, s.score AS sentence,
           greatest(-(c.use <#> :use::vector), s.score) AS score
    FROM eligible e JOIN chunk c ON c.id = e.id
    CROSS JOIN LATERAL (
        SELECT max(-(t.use <#> :use::vector)) AS score FROM sentence t WHERE t.chunk_id = c.id
    ) s
    WHERE c.use IS NOT NULL
    ORDER BY score DESC LIMIT 40
), candidate AS (
    SELECT id FROM by_text UNION SELECT id FROM by_likeness
    UNION SELECT id FROM by_e5 UNION SELECT id FROM by_use
)
SELECT c.id, c.article_id, a.key, a.title, c.section, a.url, s.name, a.language, c.text,
       coalesce(by_text.score, by_likeness.score)::float8, coalesce(by_text.covered, 0)::float8,
       by_e5.score::float8, by_use.heading::float8, by_use.sentence::float8, s.kind
FROM candidate
JOIN chunk c ON c.id = candidate.id
JOIN article a ON a.id = c.article_id
JOIN source s ON s.id = a.source_id
LEFT JOIN by_text ON by_text.id = c.id
LEFT JOIN by_likeness ON by_likeness.id = c.id
LEFT JOIN by_e5 ON by_e5.id = c.id
LEFT JOIN by_use ON by_use.id = c.id;

-- name: sentences_of
SELECT chunk_id, text, -(use <#> :use::vector)::float8 FROM sentence
WHERE chunk_id = ANY (:chunks) ORDER BY chunk_id, ordinal;
