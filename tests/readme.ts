/**
 * Does what the README says, as a new user would: runs the command of the first terminal in this checkout, waits until it says
 * that it is ready, runs every line of the second terminal, and ends the first with Ctrl-C. Each must exit with 0.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { heading, ROOT } from './steps.ts'

/** A cold start brings Node, Postgres and nats-server, minutes. */
const START_MINUTES = 6
const LINE_SECONDS = 60
/** What `npm start` prints when there is something to try. */
const READY = /Ctrl-C stops/

/** @returns the lines of every code block whose info string is `sh <terminal>` */
function commandsOf(readme: string, terminal: string): string[] {
  return [...readme.matchAll(/```sh (\S+)\n([\s\S]*?)```/g)]
    .filter(([, name]) => name === terminal)
    .flatMap(([, , lines = '']) => lines.split('\n').filter((line) => line.trim() !== ''))
}

async function startFirst(command: string): Promise<ChildProcess> {
  // A process group of its own, as a terminal gives it: Ctrl-C then reaches all of it.
  const child = spawn('sh', ['-c', command], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  await new Promise<void>((resolve, reject) => {
    let seen = ''
    const timer = setTimeout(() => reject(new Error(`not ready after ${START_MINUTES} minutes`)), START_MINUTES * 60_000)
    child.once('exit', (code) => reject(new Error(`\`${command}\` ended with ${code} before it was ready`)))
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      process.stdout.write(text)
      seen = (seen + text).slice(-10_000)
      if (!READY.test(seen)) return
      clearTimeout(timer)
      resolve()
    })
  })
  return child
}

async function runLine(line: string): Promise<boolean> {
  process.stdout.write(`\n$ ${line}\n`)
  const child = spawn('sh', ['-c', line], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], timeout: LINE_SECONDS * 1000 })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) process.stdout.write(`exit code ${code}\n`)
  return code === 0
}

const readme = await readFile(`${ROOT}README.md`, 'utf8')
const [first = ''] = commandsOf(readme, 'first-terminal')
const lines = commandsOf(readme, 'second-terminal')
if (first === '' || lines.length === 0) throw new Error('the README has no commands to try')
let [passed, failed] = [0, 0]
heading(`README: ${first}`)
const running = await startFirst(first)
for (const line of lines) (await runLine(line)) ? passed++ : failed++
const exit = once(running, 'exit')
if (running.pid !== undefined) process.kill(-running.pid, 'SIGINT')
const [code] = (await exit) as [number | null]
process.stdout.write(`\n${first}: exit code ${code} after Ctrl-C\n`)
code === 0 ? passed++ : failed++
process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
process.exitCode = failed > 0 ? 1 : 0
