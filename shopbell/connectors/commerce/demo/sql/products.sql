-- Products by words, handle or collection, best first, with their variants as JSON.
SELECT p.id::text, p.handle, p.title, p.collection, p.description, p.material, p.fit, p.fit_note,
       p.care, p.origin, p.weight_grams, p.tags, p.warmth,
       variant.list AS variants
  FROM shop_product p
  CROSS JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object(
                   'id', v.id, 'sku', v.sku, 'size', v.size, 'colour', v.colour,
                   'colour_hex', v.colour_hex, 'stock', v.stock, 'restock_on', v.restock_on,
                   'price', jsonb_build_object('amount', v.price_minor, 'currency', v.currency),
                   'compare_at', CASE WHEN v.compare_at_minor IS NOT NULL THEN jsonb_build_object(
                       'amount', v.compare_at_minor, 'currency', v.currency) END)
                   ORDER BY v.position) AS list,
               sum(v.stock) AS stock
          FROM shop_variant v WHERE v.product_id = p.id) AS variant
  CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE p.title ILIKE '%%' || word || '%%') * 3
             + count(*) FILTER (WHERE p.collection ILIKE '%%' || word || '%%') * 2
             + count(*) FILTER (WHERE concat(p.material, ' ', p.description, ' ', variant.list)
                                      ILIKE '%%' || word || '%%') AS score
          FROM unnest(%(words)s::text[]) AS word) AS hit
 WHERE (cardinality(%(words)s::text[]) = 0 OR hit.score > 0)
   AND (%(handle)s::text IS NULL OR p.handle = %(handle)s)
   AND (%(collection)s::text IS NULL OR p.collection = %(collection)s)
   AND (NOT %(in_stock_only)s OR variant.stock > 0)
 ORDER BY hit.score DESC, p.position
 LIMIT %(count)s
