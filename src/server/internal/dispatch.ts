/**
 * From a call to its handler: which revision, which method, are the parameters right, who answers.
 *
 * It is the `Dispatch` of a server's peer. A method that the revision's table lacks, that needs a capability which is
 * not offered, or that nobody here answers, is "method not found". What is refused here never reaches a handler; what
 * comes back goes to `boundary`.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Peer from "../../peer/Peer.ts"
import { McpFault } from "../../protocol/McpError.ts"
import type { Fault } from "../../protocol/McpRevision.ts"
import type { JsonObject } from "../../protocol/McpSchema.ts"
import { Initialized } from "../../protocol/methods/lifecycle.ts"
import { describe, refuse, settle } from "./boundary.ts"
import { type Facts, factsOf, type Session } from "./facts.ts"
import { restore, snapshot } from "./keeping.ts"
import type { Entry, Registry } from "./registry.ts"
import { askingOf, viewOf, within } from "./running.ts"

const noParams: JsonObject = {}

/** Whether a call brings answers, or a state in which there are some. */
const goesOnFrom = (params: unknown): boolean => {
  const { inputResponses, requestState } = (params ?? noParams) as JsonObject
  return requestState !== undefined || inputResponses !== undefined
}

/** Makes the dispatch of a server. */
export const makeDispatch = (registry: Registry): Peer.Dispatch => {
  const { middleware, server } = registry

  const fault = (fault: Fault, detail: string): Peer.Task => registry.task(Effect.fail(new McpFault({ fault, detail })))

  const answered = ({ handle, method, ofOnesOwn }: Entry, call: Peer.Call): Peer.Task => {
    const facts = call.slot as Facts
    const problem = ofOnesOwn ? undefined : facts.revision.check(method.params, call.params ?? noParams)
    if (problem !== undefined)
      return fault("InvalidParams", `The parameters of "${call.method}" do not fit: ${problem}`)
    facts.method = method
    const task = handle(call, facts)
    const goesOn = facts.revision.policy.interactive.has(method.name) && goesOnFrom(call.params)
    return goesOn ? { ...task, effect: Effect.andThen(askingOf(registry, call, facts).resume, task.effect) } : task
  }

  return {
    begin(call) {
      const facts = factsOf(call, server.revisions)
      if (facts instanceof McpFault) return registry.task(Effect.fail(facts))
      call.slot = facts
      const entry = registry.find(call.method, facts.revision)
      if (entry === undefined || !registry.offers(entry.method, call, facts)) {
        return fault("MethodNotFound", `This server has no method "${call.method}"`)
      }
      const task = answered(entry, call)
      return middleware === undefined
        ? task
        : { ...task, effect: within(middleware, viewOf(registry, call, facts), task.effect) }
    },
    rest: (call, exit) =>
      Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
        ? (call.slot as Facts | undefined)?.asking?.inputRequired
        : undefined,
    settle: (call, exit) => settle(registry, call, exit),
    refuse: (refused, via, holder) => refuse(registry, refused, via, holder),
    snapshot,
    restore: (holder, snapshot) => restore(registry, holder, snapshot),
    batches: (holder) => (holder.state as Session | undefined)?.revision.policy.batches === true,
    describe,
    notification: (message, _via, holder) => {
      if (message.method === Initialized.name && holder !== undefined) registry.audience.ready(holder)
      registry.notified(message.method, message.params)
    },
    closing: () => registry.audience.close(),
    ended: (holder) => registry.audience.ended(holder)
  }
}
