import { sql, type Transaction } from 'kysely'
import type { Tables } from '../schema.ts'

/**
 * Tells the planner which way is meant. What it knows of words is of all feeds together, and it knows nothing of a table that is
 * new: it would read and sort everything for one page. Holds until the transaction ends.
 */
export async function plan(db: Transaction<Tables>, way: 'in order' | 'by words'): Promise<void> {
  await sql`SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true),
    set_config('enable_bitmapscan', ${way === 'by words' ? 'on' : 'off'}, true)`.execute(db)
}
