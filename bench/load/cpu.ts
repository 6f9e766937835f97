import { readdir, readFile } from 'node:fs/promises'

/** The kernel counts process time in these (sysconf _SC_CLK_TCK; 100 on every Linux that we run on), per second. */
const TICKS_PER_SECOND = 100

type Stat = Readonly<{ pid: number; parent: number; ticks: number }>

/**
 * CPU seconds that each named process and all its descendants have used so far. A child that ended in between is counted with
 * its parent (`cutime`), so that the workers of Postgres are not lost.
 */
export async function cpuSeconds(pids: Readonly<Record<string, number>>): Promise<Record<string, number>> {
  const stats = await readStats()
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, treeTicks(pid, stats) / TICKS_PER_SECOND]))
}

function treeTicks(root: number, stats: readonly Stat[]): number {
  const own = stats.find(({ pid }) => pid === root)?.ticks ?? 0
  const children = stats.filter(({ parent }) => parent === root)
  return children.reduce((sum, { pid }) => sum + treeTicks(pid, stats), own)
}

async function readStats(): Promise<Stat[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const stats = await Promise.all(names.map((name) => readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')))
  return stats.filter((text) => text !== '').map(parseStat)
}

/** proc(5): the command's name is in parentheses and may hold anything, so fields are counted from the last one. */
function parseStat(text: string): Stat {
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const [, parent = 0] = fields
  const ticks = fields.slice(11, 15).reduce((sum, value) => sum + value, 0) // utime, stime, cutime, cstime
  return { pid: Number.parseInt(text, 10), parent, ticks }
}
