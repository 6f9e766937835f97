// Proves that Postgres reads our binary arrays as what went in.
import * as fc from 'fast-check'
import { Pool } from 'pg'
import { expect, test } from 'vitest'
import { byteaArray, int2Array, int8Array, textArray } from '../../services/store/src/binary-array.ts'
import { aDatabase } from '../support/servers.ts'

const LIST = { maxLength: 40 }
const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', ''))
const bytes = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined })
const int8 = fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { nil: undefined })
const int2 = fc.integer({ min: -32_768, max: 32_767 })

test('arrays of bytes, texts and integers come back as they went in, empty ones and nulls too', async () => {
  await using database = await aDatabase()
  const pool = new Pool({ connectionString: database.url, max: 1 })
  const lists = [fc.array(bytes, LIST), fc.array(text, LIST), fc.array(int8, LIST), fc.array(int2, LIST)] as const
  await fc.assert(
    fc.asyncProperty(...lists, async (a, b, c, d) => {
      const { rows } = await pool.query('SELECT $1::bytea[] AS a, $2::text[] AS b, $3::int8[] AS c, $4::int2[] AS d', [
        byteaArray(a),
        textArray(b),
        int8Array(c),
        int2Array(d),
      ])
      expect(rows[0]).toEqual({
        a: a.map((value) => (value ? Buffer.from(value) : null)),
        b,
        c: c.map((value) => value?.toString() ?? null),
        d,
      })
    }),
    { numRuns: 200 },
  )
  await pool.end()
})
