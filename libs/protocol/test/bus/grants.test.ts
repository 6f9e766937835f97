import { describe, expect, test } from 'vitest'
import { grantsOf } from '../../src/bus/grants.ts'
import { inboxPrefix } from '../../src/bus/streams.ts'
import { BUS_USERS, type BusUser } from '../../src/bus/subjects.ts'

const SERVICES = BUS_USERS.filter((user) => user !== 'admin')

/** NATS's rule: `*` is one token, `>` the rest. */
function allows(patterns: readonly string[], subject: string): boolean {
  return patterns.some((pattern) => {
    const [wanted, given] = [pattern.split('.'), subject.split('.')]
    for (const [i, token] of wanted.entries()) {
      if (token === '>') return given.length > i
      if (given[i] === undefined || (token !== '*' && token !== given[i])) return false
    }
    return wanted.length === given.length
  })
}

function publishers(subject: string): BusUser[] {
  return SERVICES.filter((user) => allows(grantsOf(user).publish, subject))
}

function subscribers(subject: string): BusUser[] {
  return SERVICES.filter((user) => allows(grantsOf(user).subscribe, subject))
}

describe('who may publish', () => {
  test.each<[string, BusUser[]]>([
    ['edge.v1', ['router']],
    ['messages.v1.0', ['ingest']],
    ['refused.v1', ['ingest']],
    ['verdicts.v1.0123456789abcdef', ['ingest']],
    ['committed.v1.0', ['store']],
    ['dht.v1', ['router']],
    ['dht.v1.snapshot', ['router']],
    ['dht.v1.snapshot.0123456789abcdef', ['router']],
    ['store.v1.feed', ['router', 'render-api']],
    ['$JS.API.STREAM.PURGE.MESSAGES', ['store']],
    ['$JS.API.STREAM.PURGE.EDGE', []],
    ['$JS.API.STREAM.DELETE.MESSAGES', []],
    ['$JS.API.STREAM.CREATE.OTHER', []],
    ['$JS.API.STREAM.UPDATE.MESSAGES', []],
    ['$JS.API.STREAM.MSG.DELETE.MESSAGES', []],
    ['$JS.API.CONSUMER.DELETE.EDGE.ingest', []],
    ['$JS.API.CONSUMER.MSG.NEXT.EDGE.ingest', ['ingest']],
    ['$JS.ACK.EDGE.ingest.1.1.1.1.1', ['ingest']],
    ['$KV.receivers.00', []],
    ['$KV.routers.00', ['router']],
    ['_INBOX_router.x', []],
    ['other', []],
    ['$SYS.REQ.SERVER.PING', []],
  ])('%s: %s', (subject, users) => {
    expect(publishers(subject)).toEqual(users)
  })
})

describe('who may listen', () => {
  test.each<[string, BusUser[]]>([
    ['edge.v1', []],
    ['messages.v1.0', []],
    ['refused.v1', []],
    ['verdicts.v1.0123456789abcdef', ['router']],
    ['committed.v1.0', ['router', 'render-api']],
    ['dht.v1', ['router']],
    ['dht.v1.snapshot.0123456789abcdef', ['router']],
    ['store.v1.feed', ['store']],
    ['$KV.receivers.00', []],
    ['>', []],
    ['*', []],
    ['$SYS.>', []],
  ])('%s: %s', (subject, users) => {
    expect(subscribers(subject)).toEqual(users)
  })

  test.each(SERVICES)('on the inboxes of %s it alone', (user) => {
    expect(subscribers(`${inboxPrefix(user)}.any.1`)).toEqual([user])
  })
})

test('only who answers requests may reply wherever it is asked to', () => {
  expect(SERVICES.filter((user) => grantsOf(user).allowResponses)).toEqual(['store'])
})
