import { toHex, utf8 } from '../bytes/bytes.ts'
import type { UdpAddress } from '../krpc/compact.ts'
import type { Machine, Outgoing } from '../machine.ts'
import { Budget, Budgets } from './budget.ts'
import { encodeTelex, publicTelex, telexBytes } from './encode-telex.ts'
import { isLegacyMessage } from './legacy-message.ts'
import type { Line } from './line.ts'
import { Lines, type Standing } from './lines.ts'
import { Recent } from './recent.ts'
import { relayFault } from './relayable.ts'
import { nearest, type Seen } from './see.ts'
import { formatSwitch, isContactable, parsePop, parseSwitch, prefixOf, switchId } from './switch-address.ts'
import { SWITCH_RATES, type SwitchEvent, type SwitchOptions } from './switch-options.ts'
import { parseTap } from './tap.ts'
import { Tappers } from './tappers.ts'
import { endOf, hasSignals, hopOf, numberOf, parseTelex, type Telex, textOf, valueOf } from './telex.ts'

/** RFC 9000 §8.1: bytes to an unproved address for each byte that came from it. */
const AMPLIFICATION_MAX = 3
/** How often silent peers are looked for and tappers kept alive, milliseconds. */
const SWEEP_MS = 4_000
/** A tapper that heard nothing for so long is sent a telex at the next sweep: within 25 s, milliseconds. */
const KEEP_ALIVE_MS = 20_000
/** Addresses looked at in one `.see`. */
const SEE_HEARD_MAX = 8
/** Prefixes and peers with a budget of their own. */
const BUDGETS_MAX = 8_192
/** One host is contacted at most once in this time, whoever names it and with whatever port, milliseconds. */
const DIAL_AGAIN_MS = 600_000
/** Spaces at the end of a dial, at most: its length is what the answer must know ({@link Lines}). */
const DIAL_PADDING_MAX = 255

/**
 * A Telehash v1 switch: what `switch.pl` was in 2011, made safe for today. Answers `+end` with `.see`, opens lines, keeps taps and relays
 * signals to them. Never throws on what strangers send, never sends anything but JSON objects.
 */
export class Switch implements Machine {
  readonly #options: SwitchOptions
  readonly #self: Seen
  readonly #lines: Lines
  readonly #tappers: Tappers
  readonly #recent = new Recent()
  readonly #prefixes: Budgets
  readonly #peers: Budgets
  readonly #dialled: Budgets
  readonly #answers: Budget
  readonly #lineless: Budget
  readonly #signals: Budget
  readonly #dials: Budget
  #sweepMs: number | undefined

  constructor(options: SwitchOptions) {
    this.#options = options
    const address = formatSwitch(options.self)
    this.#self = { address, id: switchId(address) }
    this.#lines = new Lines(options)
    const rates = { ...SWITCH_RATES, ...options.rates }
    this.#tappers = new Tappers(this.#lines, rates, (event, n) => this.#count(event, n))
    this.#prefixes = new Budgets(rates.prefix, BUDGETS_MAX)
    this.#peers = new Budgets(rates.peer, BUDGETS_MAX)
    this.#dialled = new Budgets({ perSecond: 1000 / DIAL_AGAIN_MS, burst: 1 }, BUDGETS_MAX)
    this.#answers = new Budget(rates.answers)
    this.#lineless = new Budget(rates.lineless)
    this.#signals = new Budget(rates.signals)
    this.#dials = new Budget(rates.dials)
  }

  /** Peers with a line. */
  get lines(): number {
    return this.#lines.size
  }

  get tappers(): number {
    return this.#tappers.size
  }

  get deadline(): number | undefined {
    return this.#lines.size + this.#lines.halfOpen === 0 ? undefined : this.#sweepMs
  }

  receive(bytes: Uint8Array, from: UdpAddress, nowMs: number): readonly Outgoing[] {
    this.#sweepMs ??= nowMs + SWEEP_MS
    const telex = parseTelex(bytes)
    if (!telex.ok) return this.#nothing(telex.fault)
    const standing = this.#lines.admit(telex.value, from, bytes.length, nowMs)
    if (standing.kind === 'dropped') return this.#nothing(standing.why)
    this.#count(standing.kind)
    const heard = { telex: telex.value, bytes, from, nowMs }
    return standing.kind === 'proved' ? this.#fromPeer(heard, standing.line) : this.#fromStranger(heard, standing)
  }

  tick(nowMs: number): readonly Outgoing[] {
    if (this.#sweepMs === undefined || nowMs < this.#sweepMs) return []
    this.#sweepMs = nowMs + SWEEP_MS
    this.#lines.sweep(nowMs)
    return this.#tappers.keepAlive(nowMs, KEEP_ALIVE_MS)
  }

  /**
   * Offers a telex that another switch of the cluster heard, or that the cluster makes itself, to this switch's tappers.
   * @param proved as {@link SwitchOptions.onSignal} said
   */
  relay(bytes: Uint8Array, proved: boolean, nowMs: number): readonly Outgoing[] {
    const telex = parseTelex(bytes)
    if (!telex.ok) return this.#nothing(telex.fault)
    const { localNetwork = false } = this.#options
    const fault = relayFault(telex.value, { ip: undefined, proved, localNetwork })
    return fault ? this.#nothing(fault) : this.#tappers.copies(publicTelex(telex.value), proved, nowMs)
  }

  #fromStranger(heard: Heard, standing: Stranger): readonly Outgoing[] {
    const { telex, from, nowMs } = heard
    if (!this.#prefixes.take(prefixOf(from.ip), nowMs)) return this.#nothing('prefix-budget')
    const answer = this.#answer(heard, standing)
    if (!hasSignals(telex)) return answer
    return this.#lineless.take(nowMs)
      ? [...answer, ...this.#heardSignals(heard, false)]
      : [...answer, ...this.#nothing('signals-budget')]
  }

  /** What a stranger is told: at most three bytes for each of its own, and never anything that it did not ask for. */
  #answer({ telex, bytes, from, nowMs }: Heard, { line, ring, half }: Stranger): readonly Outgoing[] {
    const hop = hopOf(telex)
    const end = hop === 0 ? endOf(telex) : undefined
    // Its tap or its line came to nothing here; without a ring it would not learn that.
    const knocks = telex.members.has('.tap') || telex.members.has('_line')
    if (!end && !(hop === 0 && knocks && (line ?? ring) !== undefined)) return []
    const see = end && nearest(end, this.#self, this.#visible(), true)
    const headers = { line, ring, br: half?.heardBytes ?? bytes.length, to: formatSwitch(from) }
    const answer = fitting(see, this.#self.address, bytes.length * AMPLIFICATION_MAX, (some) =>
      encodeTelex({ ...headers, see: some }),
    )
    if (!answer) return this.#nothing('answer-too-large')
    if (!this.#answers.take(nowMs)) return this.#nothing('answers-budget')
    if (half) half.sentBytes += answer.length
    this.#count('answers')
    return [{ to: from, bytes: answer }]
  }

  #fromPeer(heard: Heard, line: Line): readonly Outgoing[] {
    const { telex, bytes, nowMs } = heard
    if (!this.#peers.take(line.to, nowMs)) return this.#nothing('peer-budget')
    const br = numberOf(telex, '_br')
    if (br !== undefined && br < 0) {
      this.#lines.close(line) // get-telehash says so when it goes
      return this.#nothing('peer-left')
    }
    line.heard(bytes.length, br, nowMs)
    const out: Outgoing[] = []
    this.#tap(line, telex)
    this.#see(line, telex, nowMs, out)
    const end = hopOf(telex) === 0 ? endOf(telex) : undefined
    if (end) {
      const see = nearest(end, this.#self, this.#visible(), !line.introduced)
      line.introduced = true
      this.#count('answers')
      out.push(line.write({ see }, '', nowMs))
    }
    if (hasSignals(telex)) {
      if (this.#signals.take(nowMs)) out.push(...this.#heardSignals(heard, true))
      else this.#count('signals-budget')
    }
    if (line.needsBr) out.push(line.write({}, '', nowMs))
    return out
  }

  #tap(line: Line, telex: Telex): void {
    const tap = parseTap(valueOf(telex, '.tap'))
    if (!tap) return
    if (tap.invalid > 0) this.#count('bad-rules', tap.invalid)
    this.#tappers.set(line, tap.rules)
  }

  /** `.see` makes its sender visible if it names itself; whom else it names is asked who it is, if we may. */
  #see(line: Line, telex: Telex, nowMs: number, out: Outgoing[]): void {
    const see = valueOf(telex, '.see')
    if (!Array.isArray(see)) return
    for (const text of see.slice(0, SEE_HEARD_MAX)) {
      if (typeof text !== 'string' || text === this.#self.address) continue
      if (text === line.to) line.visible = isContactable(line.address, this.#options.localNetwork ?? false)
      else {
        const address = parseSwitch(text)
        const dial = address && this.#dial(address, `"+end":"${toHex(this.#self.id)}"`, nowMs)
        if (!dial) continue
        // The one who named it can have a hole made in its NAT: +pop.
        const pop = `"+end":"${toHex(switchId(text))}","+pop":"th:${this.#self.address}"`
        out.push(dial, line.write({ hop: 1 }, pop, nowMs))
      }
    }
  }

  /** A first datagram to an address that somebody named, or nothing. */
  #dial(to: UdpAddress, signals: string, nowMs: number): Outgoing | undefined {
    const { originate = true, localNetwork = false, random, self } = this.#options
    const known = formatSwitch(to) === formatSwitch(self) || this.#lines.get(to) || this.#lines.isHalfOpen(to)
    if (known || !originate || !isContactable(to, localNetwork)) return undefined
    const host = toHex(to.ip)
    if (!this.#dials.take(nowMs) || !(localNetwork || this.#dialled.take(host, nowMs))) {
      this.#count('dials-budget')
      return undefined
    }
    const half = this.#lines.dial(to, nowMs)
    const text = Buffer.from(encodeTelex({ ring: half.ring, br: 0, to: formatSwitch(to) }, signals)).toString('utf8')
    const padding = (random(1)[0] as number) % (DIAL_PADDING_MAX + 1)
    const bytes = utf8(`${text.slice(0, -1)}${' '.repeat(padding)}}`)
    half.sentBytes = bytes.length
    this.#count('dials')
    return { to, bytes }
  }

  /** Messages are told, signals go to tappers here and everywhere; `+pop` for ourselves is done. */
  #heardSignals({ telex, bytes, from, nowMs }: Heard, proved: boolean): readonly Outgoing[] {
    const { localNetwork = false, onMessage, onSignal } = this.#options
    if (isLegacyMessage(telex)) {
      if (this.#recent.add(bytes, formatSwitch(from), nowMs)) {
        this.#count('message')
        onMessage?.(telex, from, proved, nowMs)
      } else this.#count('duplicate')
    }
    const fault = relayFault(telex, { ip: from.ip, proved, localNetwork })
    if (fault) return this.#nothing(fault)
    const shown = publicTelex(telex)
    onSignal?.(telexBytes(shown), proved)
    const copies = this.#tappers.copies(shown, proved, nowMs)
    const pop = textOf(telex, '+end') === toHex(this.#self.id) ? parsePop(textOf(telex, '+pop') ?? '') : undefined
    const dial = pop && this.#dial(pop, '', nowMs)
    return dial ? [...copies, dial] : copies
  }

  *#visible(): Iterable<Seen> {
    for (const line of this.#lines.values()) if (line.visible) yield { address: line.to, id: line.id }
  }

  #count(event: SwitchEvent, n = 1): void {
    if (n > 0) this.#options.count?.(event, n)
  }

  #nothing(event: SwitchEvent): readonly Outgoing[] {
    this.#count(event)
    return []
  }
}

type Heard = Readonly<{ telex: Telex; bytes: Uint8Array; from: UdpAddress; nowMs: number }>
type Stranger = Extract<Standing, { kind: 'stranger' }>

/** The longest answer within `limit`: the farthest switches are left out first, ourselves never. */
function fitting(
  see: readonly string[] | undefined,
  self: string,
  limit: number,
  encode: (see: readonly string[] | undefined) => Uint8Array,
): Uint8Array | undefined {
  for (let some = see; ; ) {
    const bytes = encode(some)
    if (bytes.length <= limit) return bytes
    const farthest = some?.findLastIndex((address) => address !== self) ?? -1
    if (farthest < 0) return undefined
    some = some?.toSpliced(farthest, 1)
  }
}
