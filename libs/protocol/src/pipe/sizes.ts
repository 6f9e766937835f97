import { DATAGRAM_OUT_BYTES_MAX } from '../limits.ts'
import { TAG_BYTES } from './aead.ts'

/** First bytes of the four kinds of datagrams. No bencoded dict, JSON text or lead byte of UTF-8 starts like these. */
export const [HELLO, WELCOME, FRAME, RESET] = [0xf8, 0xf9, 0xfa, 0xfb] as const

/** Names one end of a pipe, random, chosen by that end; bytes. */
export const PIPE_ID_BYTES = 8
/** Keyed BLAKE2b, cut: mac1, cookies, reset tokens; bytes. */
export const MAC_BYTES = 16

/** Type, pipe id, counter. */
export const FRAME_HEADER_BYTES = 1 + PIPE_ID_BYTES + 8
/** What a frame has beside its parts. */
export const FRAME_OVERHEAD_BYTES = FRAME_HEADER_BYTES + TAG_BYTES
/** What one frame carries at most, bytes. */
export const PARTS_BYTES_MAX = DATAGRAM_OUT_BYTES_MAX - FRAME_OVERHEAD_BYTES
/** Type and length. */
export const PART_HEADER_BYTES = 1 + 2

/** A pipe ends before its counter gets here: the window and the acknowledgements reckon in 32 bits. */
export const FRAMES_MAX = 2 ** 32 - 1
/** A pipe ends when it is so old, milliseconds: its keys are never changed. */
export const PIPE_MS_MAX = 24 * 3600 * 1000
