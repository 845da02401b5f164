-- Orders by number, or of the customer with these verified addresses, newest first.
SELECT o.id::text, o.number, o.state, o.placed_at, o.cancelled_at, o.discount_code, o.note,
       o.shipping_method, o.shipping_address, o.currency,
       o.subtotal_minor, o.discount_minor, o.shipping_minor, o.total_minor,
       c.name AS customer_name, c.email AS customer_email, c.phone AS customer_phone,
       (SELECT jsonb_agg(jsonb_build_object(
                   'id', l.id, 'product_handle', p.handle, 'sku', v.sku, 'title', l.title,
                   'size', v.size, 'colour', v.colour, 'quantity', l.quantity,
                   'unit_price', jsonb_build_object('amount', l.unit_price_minor, 'currency', o.currency),
                   'shipped', l.shipped, 'returned', l.returned, 'refunded', l.refunded, 'final_sale', l.final_sale)
                   ORDER BY l.position)
          FROM shop_order_line l JOIN shop_variant v ON v.id = l.variant_id
          JOIN shop_product p ON p.id = v.product_id
         WHERE l.order_id = o.id) AS lines,
       (SELECT jsonb_agg(jsonb_build_object(
                   'id', y.id, 'state', y.state, 'method', y.method, 'at', y.at,
                   'amount', jsonb_build_object('amount', y.amount_minor, 'currency', o.currency),
                   'refunded', jsonb_build_object('amount', y.refunded_minor, 'currency', o.currency))
                   ORDER BY y.at)
          FROM shop_payment y WHERE y.order_id = o.id) AS payments,
       (SELECT jsonb_agg(to_jsonb(f) - 'order_id' ORDER BY f.packed_at)
          FROM shop_fulfilment f WHERE f.order_id = o.id) AS fulfilments,
       (SELECT jsonb_agg(to_jsonb(r) - 'order_id' - 'refund_minor' || jsonb_build_object(
                   'refund', jsonb_build_object('amount', r.refund_minor, 'currency', o.currency))
                   ORDER BY r.requested_at)
          FROM shop_return r WHERE r.order_id = o.id) AS returns
  FROM shop_order o JOIN shop_customer c ON c.id = o.customer_id
 WHERE (%(number)s::text IS NULL OR o.number = %(number)s)
   AND (%(number)s::text IS NOT NULL
        OR lower(c.email) = ANY(%(emails)s::text[])
        OR (c.phone <> '' AND c.phone = ANY(%(phones)s::text[])))
 ORDER BY o.placed_at DESC, o.number DESC
 LIMIT %(count)s
