-- What tickets are about: a tree of tags, who put which on a ticket and why, and what the assistant learns from.

CREATE TABLE tag (
    id           uuid PRIMARY KEY,
    name         text NOT NULL UNIQUE,
    parent_id    uuid REFERENCES tag,
    synonyms     text[] NOT NULL DEFAULT '{}',
    description  text NOT NULL DEFAULT '',
    colour       text NOT NULL DEFAULT 'grey' CHECK (colour IN ('grey', 'green', 'amber', 'red', 'violet')),
    suggested    boolean NOT NULL DEFAULT false,
    merged_into  uuid REFERENCES tag,
    parting      boolean NOT NULL DEFAULT false,
    version      bigint NOT NULL DEFAULT 1,
    updated_at   timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tag IS 'desk.tags.types.Tag. ticket.tags holds names; one that is merged is another word for its target, and while it is parting tickets that had it get it back.';
CREATE INDEX tag_synonyms ON tag USING gin (synonyms);

-- A tag that was merged keeps its rows, so that a merge can be undone; `came_from` is the merged tag
-- through which a ticket has this one.
CREATE TABLE ticket_tag (
    ticket_id   uuid NOT NULL REFERENCES ticket ON DELETE CASCADE,
    tag_id      uuid NOT NULL REFERENCES tag,
    by_kind     text NOT NULL CHECK (by_kind IN ('assistant', 'agent', 'system')),
    by_id       uuid,
    by_name     text NOT NULL DEFAULT '',
    confidence  real,
    why         jsonb NOT NULL DEFAULT '{}',
    came_from   uuid REFERENCES tag,
    at          timestamptz NOT NULL,
    PRIMARY KEY (ticket_id, tag_id)
);
CREATE INDEX ticket_tag_tag ON ticket_tag (tag_id);

-- How far each ticket's talk was looked at for tags, and whether people have decided them.
CREATE TABLE ticket_tagging (
    ticket_id      uuid PRIMARY KEY REFERENCES ticket ON DELETE CASCADE,
    seq            bigint NOT NULL DEFAULT 0,
    claimed_until  timestamptz,
    settled        boolean NOT NULL DEFAULT false
);
CREATE INDEX ticket_heard ON ticket (updated_at) WHERE last_customer_seq > 0;

CREATE TABLE tag_example (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    taxonomy    text NOT NULL,
    label       text,
    text        text NOT NULL,
    hash        text NOT NULL GENERATED ALWAYS AS (md5(text)) STORED,
    language    text NOT NULL DEFAULT '',
    source      text NOT NULL CHECK (source IN ('shipped', 'file', 'agent')),
    ticket_id   uuid REFERENCES ticket ON DELETE CASCADE,
    place       integer NOT NULL DEFAULT 0
);
COMMENT ON TABLE tag_example IS 'A text and its label in a taxonomy; null is none of them. Those of agents come from their corrections of a ticket.';
CREATE INDEX tag_example_taxonomy ON tag_example (taxonomy);
CREATE INDEX tag_example_ticket ON tag_example (ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX tag_example_hash ON tag_example (hash);

CREATE TABLE tag_vector (
    hash    text PRIMARY KEY,
    vector  bytea NOT NULL
);
COMMENT ON TABLE tag_vector IS 'Both embedders'' numbers of a text, as 16-bit floats, by the hash of the text.';

-- Rises with whatever the shop's own tags are told by, so that each worker knows when to learn anew.
CREATE TABLE tag_rules (
    one_row  boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    version  bigint NOT NULL DEFAULT 1
);
INSERT INTO tag_rules DEFAULT VALUES;
CREATE FUNCTION raise_tag_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tag_rules SET version = version + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER tags_changed AFTER INSERT OR UPDATE OF name, synonyms, suggested, merged_into OR DELETE ON tag
    FOR EACH STATEMENT EXECUTE FUNCTION raise_tag_rules();
CREATE TRIGGER examples_changed AFTER INSERT OR UPDATE OR DELETE ON tag_example
    FOR EACH STATEMENT EXECUTE FUNCTION raise_tag_rules();

INSERT INTO tag (id, name, parent_id, synonyms, description, colour, suggested)
SELECT gen_random_uuid(), name, NULL, synonyms, description, colour, true FROM (VALUES
    ('where-is-my-order', ARRAY['wismo', 'order status'], 'The customer waits for a parcel and asks where it is.', 'amber'),
    ('return', ARRAY['send back', 'rücksendung'], 'The customer wants to send something back.', 'violet'),
    ('refund', ARRAY['money back', 'erstattung'], 'The customer wants the money back.', 'violet'),
    ('exchange', ARRAY['swap', 'umtausch'], 'The customer wants another size, colour or thing instead.', 'violet'),
    ('sizing', ARRAY['which size'], 'Which size fits, and how things measure.', 'green'),
    ('damaged', ARRAY['arrived broken'], 'It arrived broken, torn or stained.', 'red'),
    ('wrong-item', ARRAY['wrong product'], 'Something else came than was ordered.', 'red'),
    ('warranty', ARRAY['guarantee', 'garantie'], 'It broke in use; guarantee and repair.', 'red'),
    ('address-change', ARRAY['change address', 'change-address'], 'The parcel is to go somewhere else.', 'amber'),
    ('cancel', ARRAY['cancellation', 'storno'], 'The order is to be stopped.', 'amber'),
    ('discount', ARRAY['coupon', 'promo code'], 'Codes, vouchers, reductions.', 'green'),
    ('payment-failed', ARRAY['card declined'], 'Paying did not work.', 'red'),
    ('restock', ARRAY['back in stock'], 'It is sold out and the customer wants it.', 'green'),
    ('pre-purchase', ARRAY['product question'], 'A question before buying.', 'green'),
    ('complaint', ARRAY['beschwerde'], 'The customer is unhappy with the shop itself.', 'red')
) AS seeds (name, synonyms, description, colour);
INSERT INTO tag (id, name, parent_id, synonyms, description, colour, suggested)
SELECT gen_random_uuid(), seeds.name, parent.id, seeds.synonyms, seeds.description, parent.colour, true FROM (VALUES
    ('where-is-my-order', 'delivered-not-here', ARRAY['marked delivered'], 'The carrier says delivered, the customer has nothing.'),
    ('return', 'return-label', ARRAY['returns label'], 'The label for sending back is missing or does not work.'),
    ('refund', 'late-refund', ARRAY['where is my refund'], 'It was sent back, and the money has not come.'),
    ('sizing', 'fit-runs-small', ARRAY['runs small', 'too tight'], 'It is smaller than its size says.'),
    ('sizing', 'fit-runs-large', ARRAY['runs large', 'too wide'], 'It is larger than its size says.'),
    ('wrong-item', 'missing-item', ARRAY['item missing'], 'A part of the order was not in the parcel.'),
    ('payment-failed', 'charged-twice', ARRAY['double charge'], 'The money was taken more than once.'),
    ('pre-purchase', 'care', ARRAY['washing'], 'How to wash and look after it.')
) AS seeds (parent, name, synonyms, description)
JOIN tag parent ON parent.name = seeds.parent;
