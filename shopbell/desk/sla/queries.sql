-- name: policies
SELECT * FROM sla_policy ORDER BY place, id;

-- name: brand_hours
SELECT id, settings FROM brand;

-- name: team_hours
SELECT id, calendar FROM team WHERE calendar IS NOT NULL;

-- name: rules_version
SELECT version FROM sla_rules;

-- name: clocks_of_ticket
SELECT * FROM sla_clock WHERE ticket_id = :ticket_id ORDER BY started_at, kind;

-- name: due_alarms
SELECT ticket_id FROM sla_clock WHERE ended_at IS NULL AND alarm_at <= :at
GROUP BY ticket_id ORDER BY min(alarm_at) LIMIT :most;

-- name: uncounted
SELECT ticket_id FROM sla_clock WHERE ended_at IS NULL AND rules < (SELECT version FROM sla_rules)
GROUP BY ticket_id LIMIT :most;

-- name: forget_policies
DELETE FROM sla_policy WHERE NOT (id = ANY(:ids));

-- name: save_policy
INSERT INTO sla_policy (id, place, name, conditions, targets, enabled)
VALUES (:id, :place, :name, :conditions, :targets, :enabled)
ON CONFLICT (id) DO UPDATE SET place = excluded.place, name = excluded.name,
    conditions = excluded.conditions, targets = excluded.targets, enabled = excluded.enabled;
