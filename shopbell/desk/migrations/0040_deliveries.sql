-- What a thread still has to send, in its order.

CREATE INDEX delivery_open ON delivery (thread_id) WHERE status IN ('queued', 'sending');
COMMENT ON COLUMN delivery.next_at IS 'When it may be sent; null on one being sent when an agent took over: it is not tried again.';
