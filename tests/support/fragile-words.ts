/** On this word the judge of `fragile-rehearsal.ts` crashes as native code does. */
export const CRASHING = 'this crashes the judge'
/** From this one it does not come back. */
export const ENDLESS = 'this holds the judge for ever'
