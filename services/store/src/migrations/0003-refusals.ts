import { type Kysely, sql } from 'kysely'

/**
 * What ingest refused, for `trace` and operators. One partition of the table per day, made and dropped by the refusal keeper:
 * a flood of refusals is forgotten by dropping a table instead of deleting row by row.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE TABLE refusal (
    day date NOT NULL,         -- Postgres' day, UTC, when it was kept
    seq bigint NOT NULL,       -- sequence in REFUSED, and
    slot smallint NOT NULL,    -- index in that record: a redelivery adds nothing
    time_ms bigint NOT NULL,   -- when it was judged, Unix milliseconds
    code smallint NOT NULL,    -- index in the protocol's REFUSAL_CODES
    count bigint NOT NULL,     -- messages that this line stands for
    digest bytea,              -- SHA-256 of the whole message
    id bytea,                  -- of a message that parses
    receiver bytea,
    PRIMARY KEY (day, seq, slot)
  ) PARTITION BY RANGE (day)`.execute(db)
  await sql`CREATE INDEX refusal_id ON refusal (id) WHERE id IS NOT NULL`.execute(db)
}
