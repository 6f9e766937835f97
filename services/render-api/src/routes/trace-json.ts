import { type Static, Type } from 'typebox'

const Time = Type.String({ format: 'date-time' })

/** The stages that a message reached, with times. */
export const TraceJson = Type.Object(
  {
    id: Type.String(),
    stage: Type.Union([Type.Literal('stored'), Type.Literal('refused')]),
    stored: Type.Optional(
      Type.Object({
        position: Type.String(),
        cursor: Type.String(),
        received: Type.String({ format: 'date-time', description: 'At a router.' }),
        accepted: Type.Union([Time, Type.Null()], {
          description: 'In the log, with a receipt; null once the log no longer holds it.',
        }),
        stored: Type.String({ format: 'date-time', description: 'In the database: readers see it.' }),
        removed: Type.Boolean(),
      }),
    ),
    refused: Type.Optional(
      Type.Object({
        code: Type.String(),
        meaning: Type.String(),
        final: Type.Boolean({ description: 'Whether sending it again is of no use.' }),
        time: Time,
      }),
    ),
  },
  { $id: 'Trace', title: 'What became of a message' },
)
export type TraceJson = Static<typeof TraceJson>
