import { join } from 'node:path'
import type { RsaKeys } from '@p2pmsg/protocol'
import { makeRsaKeyFile, readRsaKeyFile } from '../../telex/rsa-key-file.ts'
import type { Surroundings } from '../command.ts'
import { UsageError } from '../exit-code.ts'
import { configFolder } from '../settings.ts'

export function defaultRsaKeyFile(env: Surroundings['env']): string {
  return join(configFolder(env), 'telex-keys')
}

/** The key that was named, which must be there; or the default one, made on first use. */
export async function rsaKeys(named: string | undefined, around: Surroundings): Promise<RsaKeys> {
  const file = named ?? defaultRsaKeyFile(around.env)
  const keys = await readRsaKeyFile(file).catch((error: unknown) => {
    throw error instanceof TypeError ? new UsageError(error.message) : error
  })
  if (keys) return keys
  if (named !== undefined)
    throw new UsageError(`there is no key file ${file}: p2pmsg telex keygen --key ${file} makes one`)
  around.note(`made a key of 2011 for you, ${file}`)
  return makeRsaKeyFile(file)
}
