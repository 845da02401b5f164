-- Templates with all that is to be filled in, and when they were last read.

ALTER TABLE message_template
    DROP COLUMN variables,
    DROP COLUMN plain,
    ADD COLUMN header text NOT NULL DEFAULT '',
    ADD COLUMN footer text NOT NULL DEFAULT '',
    ADD COLUMN buttons jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN blanks jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN unfit text NOT NULL DEFAULT '';
COMMENT ON COLUMN message_template.blanks IS 'desk.connections.types.Blank: what is to be filled in before it is sent.';
COMMENT ON COLUMN message_template.unfit IS 'Why it cannot be sent from here, in words; empty where it can.';
DELETE FROM message_template;

ALTER TABLE connection ADD COLUMN templates_at timestamptz;
COMMENT ON COLUMN connection.templates_at IS 'When its templates were last read from the platform.';
