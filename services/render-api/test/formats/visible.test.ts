import { array, assert, constantFrom, oneof, property, string, webUrl } from 'fast-check'
import { expect, test } from 'vitest'
import { label, paragraphs, time } from '../../src/formats/html/visible.ts'

test('addresses in a text become links, without the full stop behind them', () => {
  expect(paragraphs('see https://example.org/a?b=c&d, or <http://x.y>.').toString()).toBe(
    'see <a href="https://example.org/a?b=c&amp;d" rel="nofollow ugc noopener">https://example.org/a?b=c&amp;d</a>, ' +
      'or &lt;<a href="http://x.y" rel="nofollow ugc noopener">http://x.y</a>&gt;.',
  )
})

test.each(['javascript:alert(1)', 'data:text/html,x', 'HTTPS:/nothing', 'https://'])('%s is text', (text) => {
  expect(paragraphs(text).toString()).toBe(text)
})

test('every link that a text can bring leads to http or https', () => {
  assert(
    property(array(oneof(webUrl(), string(), constantFrom('https://', '"', "'", '<', ' '))), (parts) => {
      const shown = paragraphs(parts.join('')).toString()
      for (const [, href] of shown.matchAll(/<a href="([^"]*)"/g)) expect(href).toMatch(/^https?:\/\//)
      expect(shown.replace(/<a href="[^"<>]*" rel="nofollow ugc noopener">|<\/a>/g, '')).not.toMatch(/[<>"']/)
    }),
  )
})

test('a name cannot turn its surroundings round or break the line', () => {
  expect(label('  evil\u202etxt.exe\u2066\n\tname\u0007 ')).toBe('eviltxt.exe name')
})

test('a time is told in full and for programs', () => {
  expect(time('2026-01-02T03:04:05.678Z', 'received').toString()).toBe(
    '<time datetime="2026-01-02T03:04:05.678Z" title="received 2026-01-02T03:04:05.678Z">2 Jan 2026, 03:04 UTC</time>',
  )
})
