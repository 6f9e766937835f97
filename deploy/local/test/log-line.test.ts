import { expect, test } from 'vitest'
import { readable } from '../src/log-line.ts'

test.each([
  ['a service', '{"level":30,"time":1,"pid":1,"msg":"listening","port":42424,"trace_id":"ab"}', 'listening port=42424'],
  ['its warning', '{"level":40,"msg":"slow","ms":12.5}', 'warning: slow ms=12.5'],
  ['its error', '{"level":50,"msg":"lost","err":{"message":"no bus","stack":"…"}}', 'error: lost err=no bus'],
  ['nats-server', '[8472] 2026/11/22 12:16:59.123456 [INF] Server is ready', 'Server is ready'],
  ['its warning', '[8472] 2026/11/22 12:16:59.123456 [WRN] Slow consumer', 'warning: Slow consumer'],
  ['Postgres', '2026-11-22 12:16:59.123 UTC [8472] LOG:  ready', 'ready'],
  ['its error', '2026-11-22 12:16:59.123 UTC [8472] FATAL:  no disk', 'fatal: no disk'],
  ['anything else', 'Error: what now', 'Error: what now'],
  ['broken JSON', '{"level":30,', '{"level":30,'],
  ['JSON that is no log line', '{"a":1}', '{"a":1}'],
])('%s', (_who, line, text) => {
  expect(readable(line)).toBe(text)
})

test('a line cannot write on the terminal elsewhere', () => {
  expect(readable('\u001b[2J{"gone"}\u0007')).toBe(' [2J{"gone"} ')
})
