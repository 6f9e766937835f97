// Proves that every value of the chart does what its comment says, and that every one has a comment, an example and a rule in the
// schema.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { valueRows } from '../../deploy/helm/values-readme.ts'
import { at, CHART, merged, renderText, type Values, valuesAt } from '../support/chart.ts'
import { EXAMPLES } from '../support/chart-examples.ts'
import { type ChartTools, chartTools } from '../support/chart-tools.ts'

/** Places that a later release fills. */
const RESERVED = /\.autoscaling$/

const rows = valueRows(await readFile(join(CHART, 'values.yaml'), 'utf8'))

test('every value has an example, and every example a value', () => {
  const paths = rows.map(({ path }) => path).filter((path) => !RESERVED.test(path))
  expect(paths.toSorted()).toEqual(Object.keys(EXAMPLES).toSorted())
})

test('every service has the same block', () => {
  const block = (service: string) =>
    rows
      .filter(({ path }) => path.startsWith(`${service}.`) && !/\.(settings|edge|namespace)\b/.test(path))
      .map(({ path }) => path.slice(service.length))
  for (const service of ['ingest', 'store', 'renderApi']) expect(block(service)).toEqual(block('router'))
})

const tools = await chartTools()
if (typeof tools === 'string') test.skipIf(tools)(`the values: not run, ${tools}`, () => undefined)
else theValues(tools)

function theValues(tools: ChartTools): void {
  const rendered = new Map<string, Promise<string>>()
  const renderOnce = (values: Values): Promise<string> => {
    const key = JSON.stringify(values)
    const there = rendered.get(key) ?? renderText(tools, values)
    rendered.set(key, there)
    return there
  }

  describe('each one changes what is rendered, and shows in it', { concurrent: true }, () => {
    test.each(Object.entries(EXAMPLES))('%s', async (path, { value, also = {}, shows }) => {
      // A switch cannot be thrown without what hangs on it: then both are held against the defaults.
      const isThere = JSON.stringify(at(also, path)) === JSON.stringify(value)
      const compared = await renderOnce(isThere ? {} : also)
      const after = await renderOnce(merged(also, valuesAt(path, value)))
      expect(after).not.toBe(compared)
      expect(after).toContain(shows)
      const count = (text: string) => text.split(String(shows)).length
      if (shows !== '') expect(count(after)).toBeGreaterThan(count(compared))
    })
  })
}
