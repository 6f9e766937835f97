import { BUS_USERS, type BusUser, grantsOf } from '@p2pmsg/protocol'
import type { NatsUser } from './nats-server.ts'

/** Every service's NATS user with its generated grants. @param password of each user */
export function busUsers(password: (user: BusUser) => string): NatsUser[] {
  return BUS_USERS.map((user) => {
    const { publish, subscribe, allowResponses } = grantsOf(user)
    return {
      user,
      password: password(user),
      permissions: {
        publish: { allow: publish },
        subscribe: { allow: subscribe },
        ...(allowResponses && { allow_responses: true }),
      },
    }
  })
}
