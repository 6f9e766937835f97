// A Docker engine to build and run with: the one that answers, or our own where root may start one.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCommand } from '../local/src/index.ts'

const ANSWER_MS = 10_000
const START_MS = 30_000
const STOP_MS = 15_000
const POLL_MS = 200

/** An engine, as the environment that the docker command wants. */
export type Engine = AsyncDisposable & Readonly<{ docker: NodeJS.ProcessEnv; isOurs: boolean }>

async function answers(docker: NodeJS.ProcessEnv): Promise<boolean> {
  const args = ['version', '--format', '{{.Server.Version}}']
  return (await runCommand('docker', args, { env: docker, timeoutMs: ANSWER_MS })).code === 0
}

/**
 * Where Docker can be had. Our own engine has no bridge and touches no firewall: containers use the host's network.
 * @returns the engine, or why there is none
 */
export async function findEngine({ startOurs }: Readonly<{ startOurs: boolean }>): Promise<Engine | string> {
  // BuildKit is a plugin of its own on some systems; the Dockerfile needs nothing of it.
  const docker = { ...process.env, DOCKER_BUILDKIT: '0' }
  if ((await runCommand('docker', ['--version'], { timeoutMs: ANSWER_MS })).code !== 0)
    return 'there is no docker command'
  if (await answers(docker)) return { docker, isOurs: false, [Symbol.asyncDispose]: async () => undefined }
  if (!startOurs) return 'no Docker engine answers'
  if ((await runCommand('dockerd', ['--version'], { timeoutMs: ANSWER_MS })).code !== 0)
    return 'no Docker engine answers, and there is no dockerd to start'
  if (process.getuid?.() !== 0) return 'no Docker engine answers, and only root can start one'
  return startEngine(docker)
}

async function startEngine(docker: NodeJS.ProcessEnv): Promise<Engine | string> {
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-engine-'))
  const host = `unix://${join(folder, 'docker.sock')}`
  const args = ['--iptables=false', '--ip6tables=false', '--bridge=none', '--host', host]
  const places = ['data-root', 'exec-root', 'pidfile'].flatMap((name) => [`--${name}`, join(folder, name)])
  const daemon = spawn('dockerd', [...args, ...places], { stdio: 'ignore', detached: true })
  const ended = new Promise<void>((resolve) => {
    daemon.once('exit', () => resolve())
    daemon.once('error', () => resolve())
  })
  const stop = async () => {
    daemon.kill('SIGTERM')
    await Promise.race([ended, sleep(STOP_MS, undefined, { ref: false })])
    daemon.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
  const own = { ...docker, DOCKER_HOST: host }
  for (const until = Date.now() + START_MS; Date.now() < until && daemon.exitCode === null; ) {
    if (await answers(own)) return { docker: own, isOurs: true, [Symbol.asyncDispose]: stop }
    await sleep(POLL_MS)
  }
  await stop()
  return 'dockerd does not start here'
}
