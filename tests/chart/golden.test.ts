// Shows in a diff what a change of the chart changes in a cluster: the whole manifest of the defaults and of a cluster in earnest.
// `./p2pmsg exec vitest run tests/chart/golden.test.ts --update` writes them again.
import { expect, test } from 'vitest'
import { PRODUCTION, renderText } from '../support/chart.ts'
import { type ChartTools, chartTools } from '../support/chart-tools.ts'

const tools = await chartTools()
if (typeof tools === 'string') test.skipIf(tools)(`golden manifests: not run, ${tools}`, () => undefined)
else theManifests(tools)

function theManifests(tools: ChartTools): void {
  test.each([
    ['defaults', {}],
    ['in-earnest', PRODUCTION],
  ])('%s', async (name, values) => {
    const text = await renderText(tools, values)
    await expect(text).toMatchFileSnapshot(`golden/${name}.yaml`)
    expect(await renderText(tools, values)).toBe(text) // nothing random, nothing of the day: what GitOps renders stays the same
  })
}
