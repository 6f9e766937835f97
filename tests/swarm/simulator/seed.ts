import { Random } from './random.ts'

/** The seed of every run that asks for no other: what CI sees is what everyone sees. */
const SEED_DEFAULT = 20_021

/** `P2PMSG_LONG=1` asks for the big numbers. */
export const LONG = process.env.P2PMSG_LONG === '1'

/** Of this run: P2PMSG_SEED, else the default; in a long run another one each time. */
export const SEED = Number(process.env.P2PMSG_SEED ?? (LONG ? Date.now() % 2 ** 31 : SEED_DEFAULT))

/** Runs a piece of a test; when it fails, says how to see the same again. */
export async function seeded<T>(run: (random: Random, seed: number) => T | Promise<T>): Promise<T> {
  try {
    return await run(new Random(SEED), SEED)
  } catch (error) {
    process.stdout.write(`\nfailed with seed ${SEED}: P2PMSG_SEED=${SEED}${LONG ? ' P2PMSG_LONG=1' : ''} replays it\n`)
    throw error
  }
}
