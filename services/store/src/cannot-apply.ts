import { Failure } from '@p2pmsg/runtime'

/** The log and the database do not fit. Nothing is skipped: the partition stops until a person has looked. */
export class CannotApply extends Failure {
  override readonly name = 'CannotApply'
  readonly code = 'CANNOT_APPLY'
  readonly retry = 'never'
}
