import { ASSETS } from '../assets.ts'
import type { Context } from '../context.ts'
import { problemPage } from '../formats/html/problem-page.ts'
import { sendTagged } from '../http/conditional.ts'
import { isProblemCode, ProblemError, problem } from '../problem.ts'
import type { App } from './route.ts'

/** What hardly changes while a process runs. */
export const SHORT = 'public, max-age=300'

/** What the service says about itself, and the files that its pages load. */
export function systemRoutes(app: App, context: Context): void {
  const hidden = { schema: { hide: true } }
  const probe = { ...hidden, config: { unlimited: true } }
  app.get('/openapi.json', hidden, (_request, reply) => reply.header('cache-control', SHORT).send(app.swagger()))
  app.get('/livez', probe, (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'alive' }))
  for (const path of ['/readyz', '/healthz']) {
    app.get(path, probe, (_request, reply) => {
      const missing = context.missing()
      const status = missing.length === 0 ? 'ready' : 'not ready'
      return reply
        .code(missing.length === 0 ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ status, missing })
    })
  }
  app.get('/problems/:code', { schema: { hide: true }, config: { forPeople: true } }, (request, reply) => {
    const { code } = request.params as { code: string }
    if (!isProblemCode(code)) throw new ProblemError('not-found', 'No problem has this code.')
    const told = problem(code, `Programs see this as the code “${code}”.`)
    return reply.header('cache-control', SHORT).type('text/html; charset=utf-8').send(problemPage(told))
  })
  for (const asset of ASSETS) {
    app.get(`/assets/${asset.name}`, hidden, (request, reply) =>
      sendTagged(request, reply, { ...asset, contentType: asset.type }, 'public, max-age=3600'),
    )
  }
}
