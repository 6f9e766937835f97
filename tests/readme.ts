/**
 * Does what the README and the pages of docs/ say, as a new user would: runs the command of the first terminal in this checkout,
 * waits until it says that it is ready, runs every line of the second terminal, and ends the first with Ctrl-C. Each must exit with 0.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endWithUs } from '@p2pmsg/local'
import { heading, ROOT } from './steps.ts'

/** A cold start brings Node, Postgres and nats-server, minutes. */
const START_MINUTES = 6
const LINE_SECONDS = 60
/** What `npm start` prints when there is something to try. */
const READY = /Ctrl-C stops/
/** And what it prints last, when everything has ended in order. */
const STOPPED = /stopped; the data is in/
const PRINTED_CHARACTERS_MAX = 20_000

/** @returns the lines of every code block whose info string is `sh <terminal>` */
function commandsOf(readme: string, terminal: string): string[] {
  return [...readme.matchAll(/```sh (\S+)\n([\s\S]*?)```/g)]
    .filter(([, name]) => name === terminal)
    .flatMap(([, , lines = '']) => lines.split('\n').filter((line) => line.trim() !== ''))
}

/** The first terminal: what runs there, and the end of what it has printed. */
class Terminal {
  readonly child: ChildProcess
  #printed = ''

  constructor(command: string) {
    // A process group of its own, as a terminal gives it: Ctrl-C then reaches all of it.
    this.child = spawn('sh', ['-c', `exec ${command}`], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    })
    endWithUs(this.child)
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      process.stdout.write(text)
      this.#printed = (this.#printed + text).slice(-PRINTED_CHARACTERS_MAX)
    })
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  has(text: RegExp): boolean {
    return text.test(this.#printed)
  }

  async until(text: RegExp, minutes: number): Promise<void> {
    const deadline = Date.now() + minutes * 60_000
    while (!this.has(text)) {
      if (!this.running) throw new Error('it ended before it was ready')
      if (Date.now() > deadline) throw new Error(`not ready after ${minutes} minutes`)
      await sleep(100)
    }
  }

  /** npm ends by the signal itself when what it ran has ended, as shells expect of it. */
  async ctrlC(): Promise<boolean> {
    const exit = once(this.child, 'exit')
    if (this.child.pid !== undefined) process.kill(-this.child.pid, 'SIGINT')
    const [code, signal] = (await exit) as [number | null, NodeJS.Signals | null]
    return (code === 0 || signal === 'SIGINT') && this.has(STOPPED)
  }
}

/** A line that gives a variable a value, which a terminal remembers. */
const ASSIGNMENT = /^[A-Z]+=/

/** Every line of one page, in one terminal. */
async function runPage(page: string): Promise<boolean[]> {
  const given: string[] = []
  const done: boolean[] = []
  for (const line of commandsOf(page, 'second-terminal')) {
    done.push(await runLine(line, given))
    if (ASSIGNMENT.test(line)) given.push(line)
  }
  return done
}

/** @param given what was said before that still holds */
async function runLine(line: string, given: readonly string[]): Promise<boolean> {
  process.stdout.write(`\n$ ${line}\n`)
  const child = spawn('sh', ['-ec', [...given, line].join('\n')], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: LINE_SECONDS * 1000,
  })
  endWithUs(child)
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) process.stdout.write(`exit code ${code}\n`)
  return code === 0
}

// The commands make a key on first use: not in the home of whoever runs this.
const home = await mkdtemp(join(tmpdir(), 'p2pmsg-readme-'))
process.env.XDG_CONFIG_HOME = home
const readme = await readFile(`${ROOT}README.md`, 'utf8')
const [first = ''] = commandsOf(readme, 'first-terminal')
const names = (await readdir(`${ROOT}docs`)).filter((name) => name.endsWith('.md')).toSorted()
const docs = await Promise.all(names.map((name) => readFile(`${ROOT}docs/${name}`, 'utf8')))
if (first === '' || commandsOf(readme, 'second-terminal').length === 0)
  throw new Error('the README has no commands to try')
let [passed, failed] = [0, 0]
heading(`README: ${first}`)
const terminal = new Terminal(first)
await terminal.until(READY, START_MINUTES)
for (const page of [readme, ...docs])
  for (const isDone of await runPage(page)) {
    if (isDone) passed++
    else failed++
  }
if (await terminal.ctrlC()) passed++
else failed++
await rm(home, { recursive: true, force: true })
process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
process.exitCode = failed > 0 ? 1 : 0
