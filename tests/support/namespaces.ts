// A small network of namespaces that goes away with the test: one node that forwards and translates addresses with the kernel's own
// NAT, as kube-proxy has it, and hosts behind it. Nothing outside is touched.
import { randomBytes } from 'node:crypto'
import { runCommand } from '@p2pmsg/local'

const COMMAND_MS = 10_000
const TOOLS = ['ip', 'iptables', 'conntrack'] as const

/** Whether this machine lets us make one; else why not. */
export async function canMakeNamespaces(): Promise<true | string> {
  if (process.getuid?.() !== 0) return 'only root can make network namespaces'
  for (const tool of TOOLS)
    if ((await runCommand(tool, ['--version'], { timeoutMs: COMMAND_MS })).code === 127) return `there is no ${tool}`
  const name = `p2pmsg-try-${randomBytes(3).toString('hex')}`
  if ((await runCommand('ip', ['netns', 'add', name], { timeoutMs: COMMAND_MS })).code !== 0)
    return 'this machine makes no network namespaces'
  const args = ['netns', 'exec', name, 'iptables', '-t', 'nat', '-L']
  const nat = await runCommand('ip', args, { timeoutMs: COMMAND_MS })
  await runCommand('ip', ['netns', 'del', name], { timeoutMs: COMMAND_MS })
  return nat.code === 0 ? true : 'this kernel translates no addresses in a namespace'
}

export type Host = Readonly<{ name: string; address: string; gateway: string }>

/** Hosts around one node. */
export class Network implements AsyncDisposable {
  readonly #id = randomBytes(2).toString('hex')
  readonly #hosts: Host[] = []

  private constructor() {}

  static async start(): Promise<Network> {
    const network = new Network()
    await run('ip', 'netns', 'add', network.node)
    await network.onNode('ip', 'link', 'set', 'lo', 'up')
    await network.onNode('sysctl', '-qw', 'net.ipv4.ip_forward=1')
    return network
  }

  /** The namespace of the node. */
  get node(): string {
    return `p2pmsg-${this.#id}-node`
  }

  /** A host with one cable to the node, on a network of its own. */
  async host(label: string): Promise<Host> {
    const number = this.#hosts.length + 1
    const [name, gateway, address] = [`p2pmsg-${this.#id}-${label}`, `10.77.${number}.1`, `10.77.${number}.2`]
    const [near, far] = [`n${this.#id}${number}`, `h${this.#id}${number}`]
    await run('ip', 'netns', 'add', name)
    this.#hosts.push({ name, address, gateway })
    await run('ip', 'link', 'add', near, 'netns', this.node, 'type', 'veth', 'peer', 'name', far, 'netns', name)
    await this.onNode('ip', 'address', 'add', `${gateway}/24`, 'dev', near)
    await this.onNode('ip', 'link', 'set', near, 'up')
    await this.on(name, 'ip', 'address', 'add', `${address}/24`, 'dev', far)
    for (const link of ['lo', far]) await this.on(name, 'ip', 'link', 'set', link, 'up')
    await this.on(name, 'ip', 'route', 'add', 'default', 'via', gateway)
    return { name, address, gateway }
  }

  /** @throws {Error} what the command says, unless it exits 0 */
  on(namespace: string, ...words: string[]): Promise<string> {
    return run('ip', 'netns', 'exec', namespace, ...words)
  }

  onNode(...words: string[]): Promise<string> {
    return this.on(this.node, ...words)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { name } of this.#hosts) await run('ip', 'netns', 'del', name)
    await run('ip', 'netns', 'del', this.node)
  }
}

async function run(command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(command, args, { timeoutMs: COMMAND_MS })
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.trim()}`)
  return stdout
}
