-- name: queue_of_brand
SELECT b.settings, c.language,
       (SELECT count(*) FROM ticket k WHERE k.brand_id = b.id AND k.status = 'open'
          AND k.waiting_since IS NOT NULL AND k.id IS DISTINCT FROM :ticket) AS waiting,
       (SELECT count(*) FROM agent a WHERE a.disabled_at IS NULL AND a.role <> 'viewer') AS people
FROM brand b LEFT JOIN customer c ON c.id = :customer WHERE b.id = :brand;

-- name: last_to_customer
SELECT m.*, d.status AS delivery_status, d.error AS delivery_error
FROM message m LEFT JOIN delivery d ON d.message_id = m.id
WHERE m.ticket_id = :ticket AND m.visibility = 'public' AND m.author_kind <> 'customer'
  AND coalesce(d.status, 'sent') <> 'withheld'
ORDER BY m.seq DESC LIMIT 1;
