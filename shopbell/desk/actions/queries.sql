-- name: note
INSERT INTO action (id, key, name, args, customer, order_number, ticket_id, asked_by, agent_id, facts, decision,
                    rule, reason, tell, policy_version, changes, state, holder, lease_until, asked_at, expires_at,
                    begun_at, ended_at)
VALUES (:id, :key, :name, :args, :customer, :order_number, :ticket_id, :asked_by, :agent_id, :facts, :decision,
        :rule, :reason, :tell, :policy_version, :changes, :state, :holder, :lease_until, :asked_at, :expires_at,
        :begun_at, :ended_at)
ON CONFLICT DO NOTHING RETURNING id;

-- name: by_key
SELECT * FROM action WHERE key = :key;

-- name: one
SELECT * FROM action WHERE id = :id;

-- name: under_way
SELECT * FROM action WHERE name = :name AND order_number = :order_number
AND state IN ('waiting', 'begun', 'uncertain');

-- name: claim_lost
UPDATE action SET state = 'uncertain', holder = :holder, lease_until = :lease_until, tries = tries + 1
WHERE id IN (SELECT id FROM action WHERE state IN ('begun', 'uncertain') AND lease_until <= :at
             ORDER BY lease_until LIMIT :most FOR UPDATE SKIP LOCKED)
RETURNING *;

-- name: finish
UPDATE action SET state = :state, result = :result, problem = :problem, ended_at = :at,
                  holder = NULL, lease_until = NULL
WHERE id = :id AND state IN ('begun', 'uncertain') AND holder = :holder RETURNING id;

-- name: doubt
UPDATE action SET state = 'uncertain', holder = NULL, problem = :problem, lease_until = :lease_until
WHERE id = :id AND state IN ('begun', 'uncertain') AND holder = :holder;

-- name: expire
UPDATE action SET state = 'expired', ended_at = :at WHERE state = 'waiting' AND expires_at <= :at RETURNING id;

-- name: policy
SELECT version, text FROM action_policy ORDER BY version DESC LIMIT 1;

-- name: save_policy
INSERT INTO action_policy (version, text, saved_by, saved_at)
SELECT :before + 1, :text, :agent, :at
WHERE :before = (SELECT coalesce(max(version), 0) FROM action_policy)
ON CONFLICT DO NOTHING RETURNING version;
