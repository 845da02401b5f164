-- Search over what was said, by words without accents in any language; misspelt ones by the nearest known word.

CREATE EXTENSION IF NOT EXISTS unaccent;

CREATE TEXT SEARCH CONFIGURATION plain_words (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION plain_words ALTER MAPPING FOR hword, hword_part, word WITH unaccent, simple;

CREATE INDEX message_words ON message USING gin (to_tsvector('plain_words', text)) WHERE removed_at IS NULL;
CREATE INDEX message_at ON message (at DESC, id DESC);
CREATE INDEX ticket_words ON ticket USING gin (to_tsvector('plain_words', subject));
CREATE INDEX ticket_tags ON ticket USING gin (tags);
CREATE INDEX ticket_customer ON ticket (customer_id);
CREATE INDEX customer_name_trigram ON customer USING gin (name gin_trgm_ops);
CREATE INDEX identity_value_trigram ON identity USING gin (value gin_trgm_ops);

CREATE TABLE search_word (
    word  text PRIMARY KEY,
    n     bigint NOT NULL
);
CREATE INDEX search_word_trigram ON search_word USING gin (word gin_trgm_ops);
COMMENT ON TABLE search_word IS 'Each word that was ever said and in about how many messages, to mend misspelt words and to choose a plan.';

CREATE TABLE search_mark (
    one_row  boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    upto     timestamptz NOT NULL DEFAULT 'epoch',
    n        bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE search_mark IS 'Until when the words of messages were counted, and how many messages that were.';
INSERT INTO search_mark DEFAULT VALUES;
