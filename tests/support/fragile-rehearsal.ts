// A quarantine's process whose judge has two bugs of the kind that no test foresees: it crashes in native code on one word and
// never comes back from another. All else is the real one.
import process from 'node:process'
import type { Envelope } from '@p2pmsg/protocol'
import { rehearse } from '../../services/ingest/src/rehearse.ts'
import { CRASHING, ENDLESS } from './fragile-words.ts'

process.on('message', (envelope: Envelope) => {
  const payload = Buffer.from(envelope.payload)
  if (payload.includes(CRASHING)) process.abort()
  while (payload.includes(ENDLESS));
  rehearse(envelope)
  process.send?.('survived')
})
process.send?.('ready')
