-- When each connection is next asked whether it still works.

ALTER TABLE connection
    ADD COLUMN check_at timestamptz NOT NULL DEFAULT now() + interval '3 minutes',
    ADD COLUMN checked_at timestamptz;
COMMENT ON COLUMN connection.check_at IS 'When a worker next asks the platform whether the account works; whoever asks moves it on.';
