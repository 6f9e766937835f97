import { assert, dictionary, jsonValue, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeTelex, publicTelex, signalsText, telexBytes } from '../../src/telex/encode-telex.ts'
import { endOf, hopOf, numberOf, parseTelex } from '../../src/telex/telex.ts'

function telexOf(text: string) {
  const telex = parseTelex(Buffer.from(text))
  if (!telex.ok) throw new Error(telex.fault)
  return telex.value
}

describe('a telex', () => {
  test('keeps values as they came, to the character', () => {
    const text = '{"+a":1.0,"+b":"\\u00e9\\ud83d","+c":[1, 2],"+d":12345678901234567890,"x":{"y":"}"}}'
    expect(signalsText(telexOf(text))).toBe('"+a":1.0,"+b":"\\u00e9\\ud83d","+c":[1, 2],"+d":12345678901234567890')
    expect(Buffer.from(telexBytes(telexOf(text))).toString()).toBe(text)
  })

  test('may be spaced and ended by a newline', () => {
    const telex = telexOf('{ "+end" : "x" ,\n"_br": 5 }\n')
    expect([...telex.members].map(([name, { raw }]) => [name, raw])).toEqual([
      ['+end', '"x"'],
      ['_br', '5'],
    ])
  })

  test.each([
    ['not an object', 'telex-not-an-object'],
    ['', 'telex-not-an-object'],
    ['null', 'telex-not-an-object'],
    ['[]', 'telex-not-an-object'],
    ['5', 'telex-not-an-object'],
    ['{"a":1}x', 'telex-not-an-object'],
    ['{"a":1,"a":2}', 'telex-not-an-object'],
    ['{"a":1,"\\u0061":2}', 'telex-not-an-object'],
    [`{"a":${'['.repeat(8)}${']'.repeat(8)}}`, 'telex-not-an-object'],
    [`{${Array.from({ length: 65 }, (_, i) => `"${i}":0`).join()}}`, 'telex-not-an-object'],
    [`{"a":"${'x'.repeat(1472)}"}`, 'telex-too-large'],
  ])('is not: %s', (text, fault) => {
    expect(parseTelex(Buffer.from(text))).toEqual({ ok: false, fault })
  })

  test('is UTF-8', () => {
    expect(parseTelex(Buffer.from('{"+message":"caf\xe9"}', 'latin1'))).toEqual({ ok: false, fault: 'telex-not-utf8' })
  })

  test('has names that objects inherit as any other', () => {
    const telex = telexOf('{"__proto__":{"+end":"x"},"constructor":1}')
    expect(endOf(telex)).toBeUndefined()
    expect([...telex.members.keys()]).toEqual(['__proto__', 'constructor'])
  })

  test.each([
    ['{}', 0],
    ['{"_hop":4}', 4],
    ['{"_hop":"2"}', 2],
    ['{"_hop":5}', undefined],
    ['{"_hop":-5}', undefined],
    ['{"_hop":1.5}', undefined],
    ['{"_hop":"x"}', undefined],
    ['{"_hop":null}', undefined],
  ])('%s has come so many hops: %s', (text, hop) => {
    expect(hopOf(telexOf(text))).toBe(hop)
  })

  test('has numbers that a double holds exactly, or none', () => {
    expect(numberOf(telexOf('{"_line":"76986"}'), '_line')).toBe(76_986)
    expect(numberOf(telexOf('{"_line":897612484786617600}'), '_line')).toBeNaN()
    expect(numberOf(telexOf('{"_line":true}'), '_line')).toBeNaN()
    expect(numberOf(telexOf('{}'), '_line')).toBeUndefined()
  })

  test('without its line is what others may see', () => {
    const shown = publicTelex(telexOf('{"+a":1,"_line":5,"_ring":6,"_br":7,"_hop":1,"data":1}'))
    expect(Buffer.from(telexBytes(shown)).toString()).toBe('{"+a":1,"_hop":1,"data":1}')
  })

  test('any JSON object comes out as it went in', () => {
    assert(
      property(dictionary(string(), jsonValue({ maxDepth: 3 }), { maxKeys: 10 }), (object) => {
        const bytes = Buffer.from(JSON.stringify(object))
        const telex = parseTelex(bytes)
        if (bytes.length > 1472) return
        expect(telex.ok && JSON.parse(Buffer.from(telexBytes(telex.value)).toString())).toEqual(
          JSON.parse(JSON.stringify(object)),
        )
      }),
    )
  })

  test('that we write names its headers in the order of 2011', () => {
    const bytes = encodeTelex({ to: '1.2.3.4:5', br: 0, see: ['1.2.3.4:6'], ring: 7, hop: 1 }, '"+end":"x"')
    expect(Buffer.from(bytes).toString()).toBe(
      '{"_ring":7,".see":["1.2.3.4:6"],"_br":0,"_to":"1.2.3.4:5","_hop":1,"+end":"x"}',
    )
  })
})
