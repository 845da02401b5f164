-- What the demo shop keeps of things done by key, and what shops that are loaded from a file have besides.

CREATE TABLE shop_act (
    key     text PRIMARY KEY,
    name    text NOT NULL,
    result  jsonb,
    at      timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE shop_act IS 'Written in the transaction that does it. A row without a result was given up before it was done, so that it never can be.';

CREATE TABLE shop_discount (
    code         text PRIMARY KEY,
    customer_id  uuid NOT NULL REFERENCES shop_customer,
    percent      smallint NOT NULL CHECK (percent BETWEEN 1 AND 100),
    valid_until  date NOT NULL,
    made_at      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE shop_restock_notice (
    customer_id  uuid NOT NULL REFERENCES shop_customer,
    variant_id   uuid NOT NULL REFERENCES shop_variant ON DELETE CASCADE,
    asked_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, variant_id)
);

ALTER TABLE shop_customer ADD COLUMN payment_methods jsonb NOT NULL DEFAULT '[]';
ALTER TABLE shop_return ADD COLUMN label_url text NOT NULL DEFAULT '';
ALTER TABLE shop_order_line ADD COLUMN refunded integer NOT NULL DEFAULT 0 CHECK (refunded <= quantity);
ALTER TABLE shop_product ALTER COLUMN warmth DROP NOT NULL;
