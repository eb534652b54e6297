/**
 * Law 6 over HTTP: ids are verbatim on each exchange, and a duplicate harms nobody.
 *
 * In a session an id that is in flight is refused, with the id, on the exchange of the one that came second; the first is
 * answered as if nothing had been. Sessions share no ids, and modern exchanges share nothing at all. An id that JSON
 * cannot give back verbatim is refused by an error without one.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as revisions from "../../src/protocol/revisions/index.ts"
import { app, callTool, eras, Record, versions } from "./support/app.ts"
import { property } from "./support/law.ts"
import { headersFor, type Heard, open, waiting, web } from "./support/web.ts"

const ids = [1, "1", "", -5, 9007199254740991, 'a\u2028"b'] as const
const places = ["first session", "second session", "modern"] as const

property(
  "law 6 over HTTP: an id comes back verbatim on its own exchange; a duplicate in a session is refused with it",
  {
    drawn: Schema.Array(
      Schema.Struct({
        id: Schema.Literals(ids),
        place: Schema.Literals(places),
        /** The id and the place of the request before. */
        again: Schema.Boolean,
        early: Schema.Boolean
      })
    ).pipe(Schema.check(Schema.isMinLength(4), Schema.isMaxLength(9)))
  },
  { place: places, id: ids.map((id) => JSON.stringify(id)), request: ["alone", "same id elsewhere", "duplicate"] },
  ({ drawn }, seen) =>
    Effect.gen(function* () {
      const requests = drawn.map((request, index) =>
        request.again && index > 0 ? { ...drawn[index - 1]!, early: request.early } : request
      )
      const record = new Record()
      const server = yield* web(app(record))
      const sessions = [yield* open(server), yield* open(server)]
      const inFlight = new Set<string>()
      const all: Array<{ readonly heard: Heard; readonly refused: boolean }> = []
      for (const [index, { early, id, place }] of requests.entries()) {
        const name = `request ${index}`
        const key = `${place} ${JSON.stringify(id)}`
        seen("place", place)
        seen("id", JSON.stringify(id))
        const refused = place !== "modern" && inFlight.has(key)
        const elsewhere = [...inFlight].some((other) => other.endsWith(` ${JSON.stringify(id)}`))
        seen("request", refused ? "duplicate" : elsewhere ? "same id elsewhere" : "alone")
        const heard =
          place === "modern"
            ? server.post(callTool("modern", id, "wait", { name }))
            : sessions[place === "first session" ? 0 : 1]!.post(callTool("legacy", id, "wait", { name }))
        all.push({ heard, refused })
        assert.isTrue(yield* waiting(() => heard.ended || record.started.includes(name)), "nothing happens")
        assert.strictEqual(record.started.includes(name), !refused, "whether its handler starts")
        if (refused) continue
        inFlight.add(key)
        if (!early) continue
        yield* record.open(name)
        assert.isTrue(yield* waiting(() => heard.ended), "no answer")
        if (place !== "modern") inFlight.delete(key)
      }
      for (const index of requests.keys()) yield* record.open(`request ${index}`)
      assert.isTrue(yield* waiting(() => all.every(({ heard }) => heard.ended)), "an exchange hangs")
      const names = requests.map((_, index) => `request ${index}`).filter((_, index) => !all[index]!.refused)
      assert.sameMembers(record.ended, names, "somebody was harmed")
      for (const [index, { heard, refused }] of all.entries()) {
        const { id, place } = requests[index]!
        assert.include(heard.body, `"id":${JSON.stringify(id)}`, "the id as text")
        const [reply, ...more] = heard.messages
        assert.deepStrictEqual(more, [])
        assert.strictEqual(reply?.["id"], id)
        assert.strictEqual(reply?.["error"] !== undefined, refused, heard.body)
        if (!refused) assert.include(heard.body, `{"name":"request ${index}"}`, place)
        else assert.propertyVal(reply?.["error"], "code", revisions.find(versions.legacy)!.errors.Duplicate)
      }
    })
)

const bad = ["-0", "9007199254740992", "-9007199254740993", "1.5", "1e400", "null", "{}", "[1]", "true"]

it.effect.each(eras.flatMap((era) => bad.map((id) => [era, id] as const)))(
  "law 6 over HTTP: in the %s era the id %s is refused by an error without id, and nothing starts",
  ([era, id]) =>
    Effect.gen(function* () {
      const record = new Record()
      const server = yield* web(app(record))
      const session = yield* open(server)
      const message = callTool(era, 1, "sync", { name: "a" })
      const body = JSON.stringify(message).replace('"id":1', `"id":${id}`)
      const heard = server.post(message, era === "legacy" ? session.headers : headersFor(message), { body })
      assert.isTrue(yield* waiting(() => heard.ended))
      assert.strictEqual(heard.status, 400)
      const [reply] = heard.messages
      assert.isDefined(reply?.["error"], heard.body)
      assert.isTrue(reply?.["id"] === undefined || reply["id"] === null, heard.body)
      assert.deepStrictEqual(record.started, [])
    })
)
