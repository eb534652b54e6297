/**
 * Law 13 over HTTP: nothing that was said on a resumable stream is lost in silence.
 *
 * Sessions of two principals post requests, listen, lose connections, come back, are pushed to and are let go of, in any
 * order, with stores that are quick, slow or too small. In the end each comes back for every stream it knows: it has then
 * heard all that was said, in order and once, or was told with 410 that something is lost; and nothing of others.
 */
import { assert } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { property, settle } from "./support/law.ts"
import { Client, storeNames, stores, Talk, talking } from "./support/resumable.ts"
import { open, waiting, web } from "./support/web.ts"

const acts = [
  "post",
  "say",
  "finish",
  "detach",
  "drop",
  "resume",
  "break",
  "get",
  "push",
  "steal",
  "rob",
  "delete"
] as const
const revisions = ["2025-11-25", "2025-06-18"] as const

const Step = Schema.Struct({
  act: Schema.Literals(acts),
  who: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 2 }))),
  which: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 5 }))),
  calm: Schema.Boolean
})
type Step = Schema.Schema.Type<typeof Step>

/** One of several, from the newest. */
const pick = <A>(all: ReadonlyArray<A>, which: number): A | undefined => all.at(-1 - (which % Math.max(1, all.length)))

property(
  "law 13 over HTTP: no message on a resumable stream is lost or given twice unless that is said, and none reaches another",
  {
    store: Schema.Literals(storeNames),
    revision: Schema.Literals(revisions),
    steps: Schema.Array(Step).pipe(Schema.check(Schema.isMinLength(10), Schema.isMaxLength(40)))
  },
  {
    act: acts,
    store: storeNames,
    revision: revisions,
    "small store": ["all there", "lost"],
    reading: ["complete", "blind"],
    stolen: ["refused", "its own stream of that name"]
  },
  ({ revision, steps, store }, seen) =>
    Effect.gen(function* () {
      seen("store", store)
      seen("revision", revision)
      const talks = new Map<string, Talk>()
      const { app, changed } = talking(talks)
      const server = yield* web(app, stores[store])
      const clients = [
        new Client("a", "ann", yield* open(server, "ann", revision)),
        new Client("b", "ann", yield* open(server, "ann", revision)),
        new Client("c", "bob", yield* open(server, "bob", revision))
      ]
      let things = 0

      const post = (client: Client) => {
        const talk = new Talk(`${client.name}-${talks.size}`)
        talks.set(talk.name, talk)
        client.post(talk)
      }

      const act = Effect.fnUntraced(function* ({ act, which, who }: Step) {
        const client = clients[who]!
        if (!client.alive) return
        seen("act", act)
        const talk = pick(
          client.talks.filter(({ told }) => !told),
          which
        )
        const known = pick([...client.streams.values()], which)
        client.absorb()
        switch (act) {
          case "post":
            return post(client)
          case "say":
            // enough for a small store to let go of something
            for (let times = 0; times <= which; times++) talk?.order(act)
            return
          case "finish":
          case "detach":
            return talk?.order(act)
          case "get":
            return client.get()
          case "push": {
            const uri = `thing:${client.name}-${things++}`
            yield* client.watch(uri)
            return yield* changed(uri)
          }
          case "drop": {
            const connection = pick(
              client.connections.filter(({ heard }) => !heard.gone && !heard.ended),
              which
            )
            if (connection !== undefined) client.drop(connection, which % 2 === 0 ? "request" : "body")
            return
          }
          case "resume":
            if (known === undefined || known.lost) return
            return yield* resumed(client, known)
          case "break": {
            // the connection is lost while the store is still at it, and taken up again at once
            const open = client.connections.filter(({ heard, talk }) => !heard.gone && talk?.told === false)
            const connection = pick(open, which)
            if (connection?.known === undefined) return
            for (let times = 0; times < 5; times++) connection.talk?.order("say")
            if (which > 2) connection.talk?.order("finish")
            yield* client.more(connection.known)
            client.drop(connection, "body")
            if (which > 2) {
              // what has ended may be forgotten when something new begins
              post(client)
              yield* Effect.repeat(Effect.yieldNow, { times: 10 })
            }
            return yield* resumed(client, connection.known)
          }
          case "steal": {
            const thief = clients[(who + 1) % clients.length]!
            if (known === undefined || !thief.alive) return
            const { heard } = thief.steal(known)
            yield* waiting(() => heard.status !== undefined)
            seen("stolen", heard.status === 410 ? "refused" : "its own stream of that name")
            assert.include([200, 204, 410], heard.status)
            return
          }
          case "rob":
            return yield* client.robbed(server)
          case "delete": {
            // most sessions live on
            if (which !== 0) return
            client.alive = false
            const deleted = client.session.delete()
            assert.isTrue(yield* waiting(() => deleted.ended))
            const late = client.session.get()
            assert.isTrue(yield* waiting(() => late.ended))
            assert.strictEqual(late.status, 404)
          }
        }
      })

      const resumed = Effect.fnUntraced(function* (client: Client, known: Parameters<Client["resume"]>[0]) {
        const { heard } = client.resume(known)
        assert.isTrue(yield* waiting(() => heard.status !== undefined), "no answer to a resumption")
        if (heard.status !== 200) client.turnedAway(known, heard)
      })

      for (const client of clients) {
        client.get()
        post(client)
        post(client)
      }
      yield* settle
      for (const step of steps) {
        yield* act(step)
        if (step.calm) yield* settle
      }
      for (const talk of talks.values()) talk.order("finish")
      yield* settle
      for (const client of clients) {
        if (!client.alive) {
          client.absorb()
          continue
        }
        yield* client.conclude
        seen("reading", client.blind ? "blind" : "complete")
        const isLost = [...client.streams.values()].some(({ lost }) => lost)
        if (store.endsWith("small")) seen("small store", isLost ? "lost" : "all there")
        else assert.isFalse(isLost, "a store with room has lost something")
      }
    }),
  { timeout: 240_000 }
)
