-- Messages that leave in several parts, and the templates that a platform has approved.

ALTER TABLE delivery ADD COLUMN parts text[];
CREATE INDEX delivery_parts ON delivery USING gin (parts) WHERE parts IS NOT NULL;
COMMENT ON COLUMN delivery.parts IS 'What the platform calls the parts it has taken, in order, where one message leaves as several.';

ALTER TABLE contact ADD COLUMN no_marketing_at timestamptz;
COMMENT ON COLUMN contact.no_marketing_at IS 'When the customer asked for no more advertising here; answers still go out.';

CREATE TABLE message_template (
    connection_id  uuid NOT NULL REFERENCES connection ON DELETE CASCADE,
    name           text NOT NULL,
    language       text NOT NULL,
    external_id    text NOT NULL,
    category       text NOT NULL DEFAULT '',
    status         text NOT NULL,
    reason         text NOT NULL DEFAULT '',
    body           text NOT NULL DEFAULT '',
    variables      integer NOT NULL DEFAULT 0,
    plain          boolean NOT NULL DEFAULT true,
    updated_at     timestamptz NOT NULL,
    PRIMARY KEY (connection_id, name, language)
);
COMMENT ON COLUMN message_template.plain IS 'Its only variables are in its body, so words alone can fill it.';
