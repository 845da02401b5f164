-- What the assistant may quote: sources, their articles, and the pieces it retrieves.

CREATE EXTENSION IF NOT EXISTS vector;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE source (
    id          uuid PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('help_centre', 'website', 'product', 'file', 'notion', 'drive', 'video')),
    name        text NOT NULL UNIQUE,
    brand_id    uuid REFERENCES brand,
    url         text,
    synced_at   timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE article (
    id            uuid PRIMARY KEY,
    source_id     uuid NOT NULL REFERENCES source ON DELETE CASCADE,
    key           text NOT NULL,
    language      text NOT NULL,
    title         text NOT NULL,
    collection    text NOT NULL DEFAULT '',
    url           text,
    body          text NOT NULL,
    audience      text NOT NULL DEFAULT 'public' CHECK (audience IN ('public', 'agents')),
    brand_id      uuid REFERENCES brand,
    hash          text NOT NULL,
    stands_in     boolean NOT NULL DEFAULT true,
    translations  text[] NOT NULL DEFAULT '{}',
    valid_from    timestamptz,
    valid_until   timestamptz,
    checked_at    timestamptz NOT NULL DEFAULT now(),
    indexed_hash  text,
    updated_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source_id, key, language)
);
CREATE INDEX article_unindexed ON article (updated_at) WHERE indexed_hash IS DISTINCT FROM hash;
COMMENT ON COLUMN article.key IS 'Path inside its source, the same for all translations of one text.';
COMMENT ON COLUMN article.stands_in IS 'The version shown to readers for whose language there is no translation.';
COMMENT ON COLUMN article.translations IS 'Languages in which this key exists, so that one row decides whether it may stand in.';

CREATE TABLE chunk (
    id          uuid PRIMARY KEY,
    article_id  uuid NOT NULL REFERENCES article ON DELETE CASCADE,
    ordinal     integer NOT NULL,
    section     text,
    text        text NOT NULL,
    hash        text NOT NULL,
    words       text NOT NULL,
    config      text NOT NULL,
    tsv         tsvector NOT NULL,
    e5          vector(384),
    use         vector(512),
    UNIQUE (article_id, ordinal)
);
CREATE INDEX chunk_tsv ON chunk USING gin (tsv);
CREATE INDEX chunk_trigram ON chunk USING gin (words gin_trgm_ops);
CREATE INDEX chunk_unembedded ON chunk (id) WHERE e5 IS NULL;
CREATE INDEX chunk_e5 ON chunk USING hnsw (e5 vector_ip_ops) WHERE e5 IS NOT NULL;
COMMENT ON COLUMN chunk.words IS 'Title, section and text in lower case, for trigrams.';
COMMENT ON COLUMN chunk.config IS 'Text search configuration, by name: a regconfig column would stop pg_upgrade.';
COMMENT ON COLUMN chunk.use IS 'Its title and section, as a question would be put; the text itself is in its sentences.';
COMMENT ON COLUMN chunk.e5 IS 'multilingual-e5-small, unit length, not centred: see knowledge_centre.';

CREATE TABLE sentence (
    id          uuid PRIMARY KEY,
    chunk_id    uuid NOT NULL REFERENCES chunk ON DELETE CASCADE,
    ordinal     integer NOT NULL,
    text        text NOT NULL,
    use         vector(512),
    UNIQUE (chunk_id, ordinal)
);
CREATE INDEX sentence_use ON sentence USING hnsw (use vector_ip_ops) WHERE use IS NOT NULL;
COMMENT ON TABLE sentence IS 'What may be quoted word for word: the children of a chunk.';

CREATE TABLE lexeme (
    config  text NOT NULL,
    word    text NOT NULL,
    chunks  integer NOT NULL,
    PRIMARY KEY (config, word)
);
COMMENT ON TABLE lexeme IS 'In how many chunks a word occurs: ts_rank knows no rare words.';

CREATE TABLE knowledge_centre (
    model   text PRIMARY KEY,
    chunks  integer NOT NULL,
    centre  vector NOT NULL
);
COMMENT ON TABLE knowledge_centre IS 'The mean of the base''s vectors, taken from both sides before they are compared.';
