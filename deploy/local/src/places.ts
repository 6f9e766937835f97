import { dirname, join } from 'node:path'

/** The checkout. */
export const ROOT = dirname(dirname(dirname(import.meta.dirname)))
/** Everything that is made or brought and is not source; ignored by git. */
export const STATE_FOLDER = join(ROOT, '.p2pmsg')
