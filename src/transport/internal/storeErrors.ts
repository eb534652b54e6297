/**
 * How the stores of a transport fail: the store itself did, or it no longer has what is asked for.
 *
 * What is in a store is not the business of either.
 */
import * as Data from "effect/Data"

/** A store could not be read or written, or does not take what it is given. */
export class StoreError extends Data.TaggedError("StoreError")<{
  readonly detail: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return this.detail
  }
}

/** A stream cannot be taken up again there: the store never had what follows, or no longer has it. */
export class ResumeLost extends Data.TaggedError("ResumeLost")<{ readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
}
