export { PIPE_MESSAGE_BYTES_MAX, PipeClient } from './client.ts'
export type {
  PipeAnswer,
  PipeClientOptions,
  PipeRouter,
  PipeSendKey,
  PipeState,
  PipeTapKey,
  TapWish,
} from './client-options.ts'
export { openFrame, parseFrameHeader, sealFrame } from './frame.ts'
export { HELLO_BYTES } from './handshake.ts'
export { type DhKeys, dhKeys } from './noise.ts'
export { encodePart, parseParts } from './parts.ts'
export { pipeKeysOf } from './pipe-keys.ts'
export { PipeServer } from './server.ts'
export type { PipeServerOptions } from './server-options.ts'
export type { SendAnswer, ServerPipe } from './server-pipe.ts'
export type { EndReason } from './session.ts'
export type { Tap } from './tap.ts'
