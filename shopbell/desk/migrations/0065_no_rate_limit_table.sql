-- Limits are token buckets in Redis (server/limits.py); nothing was ever kept here.

DROP TABLE rate_limit;
