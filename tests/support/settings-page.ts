// docs/settings.md as data, and what the services really read.
import { readFile } from 'node:fs/promises'

/** Variables that a configuration may ask for and that no page names, because the names are made of others'. */
const IN_FILE = /_FILE$/

export type Setting = Readonly<{ name: string; default: string | undefined; isRequired: boolean }>

/** The page's tables by the heading above them: `Every service`, `router`, … A default in italics is not a value. */
export async function settingsPage(): Promise<ReadonlyMap<string, readonly Setting[]>> {
  const text = await readFile(new URL('../../docs/settings.md', import.meta.url), 'utf8')
  const sections = text.split(/^## /m).slice(1)
  return new Map(
    sections.map((section) => {
      const [heading = '', ...lines] = section.split('\n')
      return [heading.trim(), lines.flatMap(settingOf)]
    }),
  )
}

function settingOf(line: string): Setting[] {
  const [, name, shown] = /^\| `([A-Z0-9_]+)` \| ([^|]+) \|/.exec(line) ?? []
  if (name === undefined || shown === undefined) return []
  return [{ name, default: /^`(.*)`$/.exec(shown)?.[1], isRequired: shown === '*required*' }]
}

/** The names that `read` asks for, in order, each once; that it may refuse such an environment does not matter. */
export function variablesRead(read: (values: NodeJS.ProcessEnv) => unknown): string[] {
  const asked = new Set<string>()
  const values = new Proxy<NodeJS.ProcessEnv>(
    {},
    {
      get: (_, name) => {
        asked.add(String(name))
        return undefined
      },
    },
  )
  try {
    read(values)
  } catch {
    // required settings are missing here; what counts is that all were asked for
  }
  return [...asked].filter((name) => !IN_FILE.test(name) || !asked.has(name.replace(IN_FILE, '')))
}
