-- What customers are called where a platform has to be asked, who said how a connection is, and
-- deliveries that another one took the place of.

ALTER TABLE identity
    ADD COLUMN name_at timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN name_tries integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN identity.name_at IS 'When the platform is next asked what its owner is called; never again once that is infinity.';
CREATE INDEX identity_unnamed ON identity (kind, name_at) WHERE name_at < 'infinity' AND verified_at IS NOT NULL;

ALTER TABLE connection
    ADD COLUMN health_by text NOT NULL DEFAULT 'check',
    ADD COLUMN health_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN connection.health_by IS 'Who said last how it is: check, send, listen or platform. A check lifts at once only what a check found.';

CREATE TABLE former_delivery (
    id             uuid PRIMARY KEY,
    message_id     uuid NOT NULL REFERENCES message ON DELETE CASCADE,
    connection_id  uuid NOT NULL REFERENCES connection ON DELETE CASCADE,
    external_id    text,
    parts          text[]
);
COMMENT ON TABLE former_delivery IS 'One that did not go out and was sent anew: what its platform still tells of it is known, and changes nothing.';
CREATE INDEX former_delivery_named ON former_delivery (connection_id, external_id) WHERE external_id IS NOT NULL;

ALTER TABLE contact ADD COLUMN written_at timestamptz;
COMMENT ON COLUMN contact.written_at IS 'When they last wrote by the platform''s own clock, where it has one.';
