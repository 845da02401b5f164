-- The demo shop: a small shop system of its own, read by the assistant through the same interface as any other.

CREATE TABLE shop_product (
    id            uuid PRIMARY KEY,
    handle        text NOT NULL UNIQUE,
    title         text NOT NULL,
    collection    text NOT NULL,
    position      integer NOT NULL,
    description   text NOT NULL,
    material      text NOT NULL,
    fit           text NOT NULL,
    fit_note      text NOT NULL,
    warmth        integer NOT NULL,
    care          text NOT NULL,
    origin        text NOT NULL,
    weight_grams  integer NOT NULL,
    tags          text[] NOT NULL DEFAULT '{}',
    picture       jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE shop_variant (
    id                uuid PRIMARY KEY,
    product_id        uuid NOT NULL REFERENCES shop_product ON DELETE CASCADE,
    position          integer NOT NULL,
    sku               text NOT NULL UNIQUE,
    size              text NOT NULL,
    colour            text NOT NULL,
    colour_hex        text NOT NULL,
    price_minor       bigint NOT NULL,
    compare_at_minor  bigint,
    currency          text NOT NULL DEFAULT 'EUR',
    stock             integer NOT NULL CHECK (stock >= 0),
    restock_on        date
);
CREATE INDEX shop_variant_product ON shop_variant (product_id, position);

CREATE TABLE shop_customer (
    id        uuid PRIMARY KEY,
    email     text NOT NULL,
    name      text NOT NULL,
    phone     text NOT NULL DEFAULT '',
    language  text NOT NULL,
    address   jsonb NOT NULL
);
CREATE UNIQUE INDEX shop_customer_email ON shop_customer (lower(email));
CREATE INDEX shop_customer_phone ON shop_customer (phone) WHERE phone <> '';

CREATE TABLE shop_order (
    id                uuid PRIMARY KEY,
    number            text NOT NULL UNIQUE,
    customer_id       uuid NOT NULL REFERENCES shop_customer,
    state             text NOT NULL,
    placed_at         timestamptz NOT NULL,
    cancelled_at      timestamptz,
    currency          text NOT NULL DEFAULT 'EUR',
    subtotal_minor    bigint NOT NULL,
    discount_minor    bigint NOT NULL DEFAULT 0,
    discount_code     text NOT NULL DEFAULT '',
    shipping_minor    bigint NOT NULL,
    total_minor       bigint NOT NULL,
    shipping_method   text NOT NULL,
    shipping_address  jsonb NOT NULL,
    note              text NOT NULL DEFAULT '',
    CHECK (total_minor = subtotal_minor - discount_minor + shipping_minor)
);
CREATE INDEX shop_order_customer ON shop_order (customer_id, placed_at DESC);

CREATE TABLE shop_order_line (
    id                uuid PRIMARY KEY,
    order_id          uuid NOT NULL REFERENCES shop_order ON DELETE CASCADE,
    position          integer NOT NULL,
    variant_id        uuid NOT NULL REFERENCES shop_variant,
    title             text NOT NULL,
    quantity          integer NOT NULL CHECK (quantity > 0),
    unit_price_minor  bigint NOT NULL,
    shipped           integer NOT NULL DEFAULT 0,
    returned          integer NOT NULL DEFAULT 0,
    final_sale        boolean NOT NULL DEFAULT false,
    CHECK (returned <= shipped AND shipped <= quantity)
);
CREATE INDEX shop_order_line_order ON shop_order_line (order_id, position);

CREATE TABLE shop_payment (
    id              uuid PRIMARY KEY,
    order_id        uuid NOT NULL REFERENCES shop_order ON DELETE CASCADE,
    state           text NOT NULL,
    method          text NOT NULL,
    amount_minor    bigint NOT NULL,
    refunded_minor  bigint NOT NULL DEFAULT 0 CHECK (refunded_minor <= amount_minor),
    at              timestamptz NOT NULL
);
CREATE INDEX shop_payment_order ON shop_payment (order_id);

CREATE TABLE shop_fulfilment (
    id            uuid PRIMARY KEY,
    order_id      uuid NOT NULL REFERENCES shop_order ON DELETE CASCADE,
    state         text NOT NULL,
    lines         jsonb NOT NULL,
    packed_at     timestamptz NOT NULL,
    shipped_at    timestamptz,
    delivered_at  timestamptz,
    tracking      jsonb
);
CREATE INDEX shop_fulfilment_order ON shop_fulfilment (order_id, packed_at);
COMMENT ON COLUMN shop_fulfilment.tracking IS 'connectors.commerce.types.Tracking';

CREATE TABLE shop_return (
    id              uuid PRIMARY KEY,
    order_id        uuid NOT NULL REFERENCES shop_order ON DELETE CASCADE,
    number          text NOT NULL UNIQUE,
    state           text NOT NULL,
    reason          text NOT NULL,
    lines           jsonb NOT NULL,
    refund_minor    bigint NOT NULL,
    requested_at    timestamptz NOT NULL,
    received_at     timestamptz,
    settled_at      timestamptz,
    refund_by       date,
    exchange_order  text NOT NULL DEFAULT ''
);
CREATE INDEX shop_return_order ON shop_return (order_id);

CREATE TABLE shop_seed (
    what  text PRIMARY KEY,
    at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE shop_seed IS 'Which parts of the demo data were written, so that seeding twice writes once.';
