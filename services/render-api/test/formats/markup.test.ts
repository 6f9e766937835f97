import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { html, xml } from '../../src/formats/markup.ts'

test('whatever is put into a template cannot leave its place', () => {
  assert(
    property(string({ unit: 'binary' }), (text) => {
      const page = html`<p title="${text}">${text}</p>`.toString()
      const [, title, body] = /^<p title="([^"]*)">([^<]*)<\/p>$/s.exec(page) ?? []
      expect(unescape(title ?? 'left its place')).toBe(text)
      expect(unescape(body ?? 'left its place')).toBe(text)
    }),
  )
})

function unescape(text: string): string {
  const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => characters[name] ?? '')
}

test('markup goes in as it is, lists one after the other, nothing as nothing', () => {
  const items = ['a', 'b&'].map((item) => html`<li>${item}</li>`)
  expect(html`<ul>${items}${undefined}${null}${false}${7}</ul>`.toString()).toBe('<ul><li>a</li><li>b&amp;</li>7</ul>')
})

test('XML holds no character that XML cannot hold', () => {
  assert(
    property(string({ unit: 'binary' }), (text) => {
      expect(xml`${[text]}`.toString()).not.toMatch(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u)
    }),
  )
  expect(xml`${'a\u0000b\u001bc\ufffed😀'}`.toString()).toBe('a\ufffdb\ufffdc\ufffdd😀')
})
