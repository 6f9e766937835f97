// The NATS users of the chart and of compose.yaml: each service with its generated grants. Passwords are variables that stand in a
// file of their own, which no ConfigMap holds.

import { passwordVariable } from '../../libs/admin/src/index.ts'
import { BUS_USERS, grantsOf } from '../../libs/protocol/src/index.ts'

/** An `authorization` block in nats-server's own format: JSON would quote the variables. */
export function natsUsers(): string {
  const list = (subjects: readonly string[]) => `[${subjects.map((subject) => JSON.stringify(subject)).join(', ')}]`
  const users = BUS_USERS.map((user) => {
    const { publish, subscribe, allowResponses } = grantsOf(user)
    return [
      `    { user: ${user}, password: $${passwordVariable(user)}, permissions: {`,
      `        publish: { allow: ${list(publish)} }`,
      `        subscribe: { allow: ${list(subscribe)} }`,
      ...(allowResponses ? ['        allow_responses: true'] : []),
      '    } }',
    ].join('\n')
  })
  return `# Generated from libs/protocol/src/bus/grants.ts by \`./p2pmsg run chart-files\`.\nauthorization {\n  users: [\n${users.join('\n')}\n  ]\n}\n`
}
