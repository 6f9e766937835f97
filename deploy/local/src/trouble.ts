/**
 * Something that the person at the terminal can put right: printed as a message without a stack.
 * `exitCode` follows sysexits.h: 69 a dependency is missing, 73/74 cannot write, 75 try again, 1 the rest.
 */
export class Trouble extends Error {
  override readonly name = 'Trouble'
  readonly exitCode: number
  constructor(message: string, exitCode = 1, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}
