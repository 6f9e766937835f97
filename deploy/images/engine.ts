// The Docker engine that answers. CI and `.ci/with-docker` start one where a machine has none.
import { runCommand } from '../local/src/index.ts'

const ANSWER_MS = 10_000

/** @returns the environment that the docker command wants, or why there is no engine */
export async function dockerEngine(): Promise<NodeJS.ProcessEnv | string> {
  // BuildKit is a plugin of its own on some systems; the Dockerfile needs nothing of it.
  const docker = { ...process.env, DOCKER_BUILDKIT: '0' }
  const asked = await runCommand('docker', ['version', '--format', '{{.Server.Version}}'], {
    env: docker,
    timeoutMs: ANSWER_MS,
  })
  return asked.code === 0 ? docker : 'no Docker engine answers'
}
