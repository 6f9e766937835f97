import { createLogger } from '@p2pmsg/runtime'
import { expect, test } from 'vitest'
import { Events } from '../src/events.ts'
import { Quarantine, QuarantineUnavailable } from '../src/quarantine.ts'
import { aMessage, anEnvelope, forged } from './made.ts'

const events = new Events(createLogger('ingest', 'silent'))

test('whatever the judge only refuses survives', async () => {
  await using quarantine = new Quarantine(events)
  const envelopes = [anEnvelope(), anEnvelope(Buffer.from('nonsense')), anEnvelope(forged(aMessage()))]
  expect(await quarantine.rehearse(envelopes)).toEqual(new Set())
})

test('packs that come together are tried one after the other', async () => {
  await using quarantine = new Quarantine(events)
  const tried = await Promise.all([1, 2, 3].map(() => quarantine.rehearse([anEnvelope(), anEnvelope()])))
  expect(tried).toEqual([new Set(), new Set(), new Set()])
})

test('a process that does not come up says nothing about the envelopes', async () => {
  await using quarantine = new Quarantine(events, new URL('./no-such-file.ts', import.meta.url))
  await expect(quarantine.rehearse([anEnvelope()])).rejects.toThrow(QuarantineUnavailable)
})
