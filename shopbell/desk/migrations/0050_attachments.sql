-- Files: which are whole in the storage, and what one uploader has brought lately.

ALTER TABLE attachment ADD COLUMN stored_at timestamptz;
COMMENT ON COLUMN attachment.stored_at IS 'When its bytes were whole in the storage; until then nothing may name or serve it.';
UPDATE attachment SET stored_at = created_at;

CREATE INDEX attachment_uploader ON attachment (uploader, created_at);
