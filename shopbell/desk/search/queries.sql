-- name: known_words
SELECT word, n FROM search_word WHERE word = ANY(:words);

-- name: begins_with
SELECT sum(n)::bigint AS n FROM search_word WHERE word LIKE :beginning;

-- name: nearest_word
SELECT word FROM search_word WHERE word %% :word AND length(word) BETWEEN :shortest AND :longest
ORDER BY similarity(word, :word) DESC, n DESC LIMIT 1;

-- name: lexemes
SELECT lexeme FROM unnest(to_tsvector('plain_words', :text)) ORDER BY positions[1];

-- name: counted
SELECT n FROM search_mark;

-- name: highlights
SELECT m.id, ts_headline('plain_words', left(m.text, 4000), (:query)::tsquery,
    'MaxFragments=1, MaxWords=24, MinWords=8, StartSel=' || chr(2) || ', StopSel=' || chr(3)) AS snippet
FROM message m WHERE m.id = ANY(:ids);

-- name: lock_mark
SELECT upto FROM search_mark FOR UPDATE SKIP LOCKED;

-- name: slice
SELECT max(at) AS upto, count(*) AS n FROM (
    SELECT at FROM message WHERE at > :since AND at < :before ORDER BY at LIMIT :most
) slice;

-- name: count_words
INSERT INTO search_word (word, n)
SELECT u.lexeme, count(*) FROM message m, unnest(to_tsvector('plain_words', left(m.text, 20000))) u
WHERE m.at > :since AND m.at <= :upto AND length(u.lexeme) BETWEEN 3 AND 32 AND u.lexeme !~ '^[0-9.,:/-]+$'
GROUP BY u.lexeme ORDER BY u.lexeme
ON CONFLICT (word) DO UPDATE SET n = search_word.n + excluded.n;

-- name: move_mark
UPDATE search_mark SET upto = :upto, n = n + :n;
