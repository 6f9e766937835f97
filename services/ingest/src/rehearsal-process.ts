import process from 'node:process'
import type { Envelope } from '@p2pmsg/protocol'
import { rehearse } from './rehearse.ts'

// The process that the quarantine throws away: one envelope in, one word out, unless the envelope ends it.
process.on('message', (envelope: Envelope) => {
  rehearse(envelope)
  process.send?.('survived')
})
process.send?.('ready')
