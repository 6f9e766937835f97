import { type Kysely, sql } from 'kysely'

/**
 * The statement of the hot path: a batch of rows and how far they go, all or nothing. It lives in the database because there each
 * connection keeps its plan: planning costs as much as inserting fifty rows, and a prepared statement of the client's would
 * not survive PgBouncer. Whoever changes it makes a function of another name, so that the release before goes on with its own.
 *
 * One statement and no open transaction: a writer that is stopped in the middle leaves nothing that others would wait for. All
 * its parts see the tables as they were before it, which is why the caller itself removes what a batch both brings and deletes.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE FUNCTION apply_batch_1(
      p_partition int, p_fence int8, p_old_seq int8, p_new_seq int8, p_hash bytea, p_received_ms int8,
      p_ids bytea[], p_receivers bytea[], p_positions int8[], p_authors bytea[], p_topics text[], p_seqs int8[],
      p_received int8[], p_dialects int2[], p_types text[], p_replies bytea[], p_expires int8[], p_messages bytea[],
      p_targets bytea[], p_target_authors bytea[], p_target_receivers bytea[], p_target_received int8[],
      OUT fenced boolean,      -- false: another owns the partition, or it is further than the caller thinks; nothing is written
      OUT stored_ms int8,
      OUT skipped int8[],      -- positions whose ids were there before
      OUT tombstones int8[]    -- positions that were removed before they came
    ) LANGUAGE plpgsql AS $function$
    BEGIN
      WITH fenced AS (
        UPDATE partition p
        SET applied_seq = p_new_seq, applied_hash = p_hash, applied_ms = greatest(p.applied_ms, p_received_ms)
        WHERE p.id = p_partition AND p.fence = p_fence AND p.applied_seq = p_old_seq
        RETURNING p.id
      ), pending AS MATERIALIZED (
        -- Asked once, so that a partition without deletes looks for none with each row.
        SELECT EXISTS (SELECT FROM removal r WHERE r.partition = p_partition) AS removals
      ), inserted AS (
        INSERT INTO message (id, receiver, position, author, topic, seq, received_ms, dialect, type, reply_to, expires, message)
        SELECT i.id, i.receiver, i.position, i.author, i.topic, i.seq, i.received_ms, i.dialect, i.type, i.reply_to, i.expires,
          CASE WHEN pending.removals AND EXISTS (
            SELECT FROM removal r WHERE r.target = i.id AND r.author = i.author AND r.receiver = i.receiver
          ) THEN ''::bytea ELSE i.message END
        FROM fenced CROSS JOIN pending CROSS JOIN unnest(
          p_ids, p_receivers, p_positions, p_authors, p_topics, p_seqs, p_received, p_dialects, p_types, p_replies, p_expires,
          p_messages
        ) AS i (id, receiver, position, author, topic, seq, received_ms, dialect, type, reply_to, expires, message)
        ON CONFLICT (id) DO NOTHING
        RETURNING message.receiver, message.position, message.message = '' AS tombstone
      ), removals AS (
        SELECT d.* FROM fenced CROSS JOIN unnest(p_targets, p_target_authors, p_target_receivers, p_target_received)
          AS d (target, author, receiver, received_ms)
      ), remembered AS (
        INSERT INTO removal (target, author, receiver, partition, received_ms)
        SELECT d.target, d.author, d.receiver, p_partition, d.received_ms FROM removals d
        ON CONFLICT DO NOTHING
      ), tombstoned AS (
        UPDATE message m SET message = '' FROM removals d
        WHERE m.id = d.target AND m.author = d.author AND m.receiver = d.receiver AND m.message <> ''
        RETURNING m.receiver
      ), counted AS (
        INSERT INTO receiver_state AS s (receiver, messages, revision, last_position)
        SELECT c.receiver, sum(c.messages), sum(c.removed), max(c.position)
        FROM (
          SELECT n.receiver, n.position, (NOT n.tombstone)::int AS messages, n.tombstone::int AS removed FROM inserted n
          UNION ALL SELECT t.receiver, 0, -1, 1 FROM tombstoned t
        ) AS c
        GROUP BY c.receiver
        ON CONFLICT (receiver) DO UPDATE SET
          messages = s.messages + excluded.messages,
          revision = s.revision + excluded.revision,
          last_position = greatest(s.last_position, excluded.last_position)
      )
      SELECT EXISTS (SELECT FROM fenced),
        (extract(epoch FROM now()) * 1000)::int8,
        CASE WHEN (SELECT count(*) FROM inserted) < cardinality(p_positions)
          THEN ARRAY(SELECT unnest(p_positions) EXCEPT SELECT n.position FROM inserted n) ELSE '{}' END,
        ARRAY(SELECT n.position FROM inserted n WHERE n.tombstone)
      INTO fenced, stored_ms, skipped, tombstones;
    END
    $function$`.execute(db)
}
