import { expect, test } from 'vitest'
import { Health } from '../src/index.ts'

test('ready when every part is; alive all the time; metrics in the text format', async () => {
  await using health = new Health()
  let bus = false
  health.ready('bus', () => bus)
  const port = await health.listen(0, '127.0.0.1')
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    return [response.status, await response.text()] as const
  }
  expect(await get('/livez')).toEqual([200, 'alive\n'])
  expect(await get('/readyz')).toEqual([503, 'not ready: start, bus\n'])
  health.started()
  expect(await get('/readyz')).toEqual([503, 'not ready: bus\n'])
  bus = true
  expect(await get('/readyz')).toEqual([200, 'ready\n'])
  const [status, text] = await get('/metrics')
  expect(status).toBe(200)
  expect(text).toContain('target_info')
  expect((await get('/anything'))[0]).toBe(404)
})

test('a taken port fails the start', async () => {
  await using first = new Health()
  await using second = new Health()
  const port = await first.listen(0, '127.0.0.1')
  await expect(second.listen(port, '127.0.0.1')).rejects.toThrow('EADDRINUSE')
})
