import { expect, test } from 'vitest'
import { endingEvent, gapEvent, messageEvent, opening } from '../../src/live/sse.ts'

test('each event ends with an empty line and has no other', () => {
  const events = [messageEvent('c', '{"text":"a\\nb"}'), opening(5n), gapEvent(0n), endingEvent('drain', 5n)]
  for (const event of events) expect(event.toString().match(/\n\n/g)).toHaveLength(1)
})

test('a message moves the reader to its cursor', () => {
  expect(messageEvent('AQAAAAAAAAAF', '{}').toString()).toBe('id: AQAAAAAAAAAF\ndata: {}\n\n')
})

test('the end of a stream says why, and where to come back', () => {
  expect(endingEvent('slow', 5n).toString()).toBe('id: AQAAAAAAAAAF\nevent: slow\ndata: {"cursor":"AQAAAAAAAAAF"}\n\n')
  expect(endingEvent('drain', 5n).toString()).toMatch(/^retry: \d{1,4}\nid: AQAAAAAAAAAF\nevent: drain\n/)
})
