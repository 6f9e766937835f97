// Proves that Kubernetes takes what the chart renders, in three minors and every way to the edge: each field is one that it knows.
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { chartFiles } from '../chart-files.ts'
import { CHART, HOST_NETWORK, helm, PER_POD, PRODUCTION, renderText } from '../support/chart.ts'
import { type ChartTools, chartTools, conforms, KUBERNETES } from '../support/chart-tools.ts'

const tools = await chartTools()
const CASES = {
  defaults: {},
  'in earnest': PRODUCTION,
  'a service for each router': PER_POD,
  'host network': HOST_NETWORK,
}

test.each([...(await chartFiles())])('%s is what its source makes of it', async (file, text) => {
  expect(await readFile(file, 'utf8')).toBe(text)
})

if (typeof tools === 'string') test.skipIf(tools)(`the chart: not run, ${tools}`, () => undefined)
else theChart(tools)

function theChart(tools: ChartTools): void {
  test.each(Object.entries(CASES))('%s: helm lint --strict finds nothing', async (_, values) => {
    const linted = await helm(tools, ['lint', '--strict', CHART], values)
    expect(linted.stdout).toContain('0 chart(s) failed')
    expect(linted.stdout).not.toMatch(/\[(WARNING|ERROR)\]/)
    expect(linted.code).toBe(0)
  })

  describe.each(KUBERNETES)('Kubernetes %s', (version) => {
    test.each(Object.entries(CASES))('%s', async (_, values) => {
      expect(await conforms(tools, version, await renderText(tools, values))).toEqual([])
    })

    test('a field that nobody knows, a missing one and an unknown kind are found', async () => {
      const text = await renderText(tools)
      expect(await conforms(tools, version, text.replace('minReadySeconds:', 'minReadySecond:'))).not.toEqual([])
      expect(await conforms(tools, version, text.replace(/^ +verbs: .*\n/m, ''))).not.toEqual([])
      expect(await conforms(tools, version, text.replace(/^kind: NetworkPolicy$/m, 'kind: NetPolicy'))).not.toEqual([])
    })
  })

  test('the chart says which Kubernetes it wants, and the oldest is refused', async () => {
    const old = await helm(tools, ['template', 'demo', CHART, '--kube-version', '1.29.0'])
    expect(old.stderr).toMatch(/incompatible with Kubernetes v1\.29\.0/)
  })
}
