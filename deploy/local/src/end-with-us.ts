import type { ChildProcess } from 'node:child_process'

/** Children that still run. UNBOUNDED by itself; each is a process that somebody here started and waits for. */
const running = new Set<ChildProcess>()

// A defect must not leave servers behind. In an orderly end this finds nothing to do.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Has a child killed when this process exits, however it comes to that (SIGKILL excepted: then the lock file names it). */
export function endWithUs(child: ChildProcess): void {
  running.add(child)
  child.once('error', () => running.delete(child))
  child.once('exit', () => running.delete(child))
}
