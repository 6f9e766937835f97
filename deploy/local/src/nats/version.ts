/** A nats-server's version. Only what decides whether it can be used. */
export type NatsVersion = Readonly<{ major: number; minor: number; patch: number }>

export const NATS_MINIMUM: NatsVersion = { major: 2, minor: 10, patch: 0 } // the first with `sync_interval: always` and stream metadata

/** Reads what `nats-server --version` prints, e.g. `nats-server: v2.14.0`; undefined if it is something else. */
export function parseNatsVersion(text: string): NatsVersion | undefined {
  const found = /nats-server:? v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})/.exec(text)
  return found ? { major: Number(found[1]), minor: Number(found[2]), patch: Number(found[3]) } : undefined
}

export function isNewEnough(version: NatsVersion, minimum: NatsVersion = NATS_MINIMUM): boolean {
  if (version.major !== minimum.major) return version.major > minimum.major
  if (version.minor !== minimum.minor) return version.minor > minimum.minor
  return version.patch >= minimum.patch
}

export function versionText({ major, minor, patch }: NatsVersion): string {
  return `${major}.${minor}.${patch}`
}
