/**
 * URI templates: what they expand to, what they read back from a uri, and what is no template.
 *
 * The model reads a uri by trying everything, in the order that the module promises; it is as slow as it is plain.
 */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Result, Schema } from "effect"
import * as McpUriTemplate from "../../src/protocol/McpUriTemplate.ts"
import { property } from "../laws/support/law.ts"

const template = (text: string): McpUriTemplate.UriTemplate => Result.getOrThrow(McpUriTemplate.parse(text))

const refused = (text: string): McpUriTemplate.InvalidUriTemplate => {
  const result = McpUriTemplate.parse(text)
  assert.isTrue(Result.isFailure(result), `${text.slice(0, 100)} was read`)
  return Result.getOrThrow(Result.flip(result))
}

const matched = (text: string, uri: string): unknown => {
  const values = template(text).match(uri)
  return values === undefined ? undefined : { ...values }
}

/** The variables of RFC 6570, section 3.2, and a few more. */
const values: McpUriTemplate.Values = {
  count: ["one", "two", "three"],
  dom: ["example", "com"],
  dub: "me/too",
  hello: "Hello World!",
  half: "50%",
  var: "value",
  who: "fred",
  base: "http://example.com/home/",
  path: "/foo/bar",
  list: ["red", "green", "blue"],
  v: "6",
  x: "1024",
  y: "768",
  empty: "",
  none: [],
  undef: undefined,
  "last.name": "Doe",
  "Stra%C3%9Fe": "Grüner Weg",
  "42": "answer",
  escaped: "admin%2F",
  percent: "%foo",
  greek: "αβγδε",
  clef: "𝄞stave",
  lone: "a\uD800b",
  brackets: "[x]%5B%"
}

describe("expand", () => {
  it.each([
    ["'{count}'", "'one,two,three'"],
    ["{var}", "value"],
    ["{hello}", "Hello%20World%21"],
    ["{half}", "50%25"],
    ["O{empty}X", "OX"],
    ["O{undef}X", "OX"],
    ["O{none}X", "OX"],
    ["O{unknown}X", "OX"],
    ["{x,y}", "1024,768"],
    ["{x,hello,y}", "1024,Hello%20World%21,768"],
    ["?{x,empty}", "?1024,"],
    ["?{x,undef}", "?1024"],
    ["?{undef,y}", "?768"],
    ["{var:3}", "val"],
    ["{var:30}", "value"],
    ["{list}", "red,green,blue"],
    ["{list*}", "red,green,blue"],
    ["{+var}", "value"],
    ["{+hello}", "Hello%20World!"],
    ["{+half}", "50%25"],
    ["{base}index", "http%3A%2F%2Fexample.com%2Fhome%2Findex"],
    ["{+base}index", "http://example.com/home/index"],
    ["O{+empty}X", "OX"],
    ["O{+undef}X", "OX"],
    ["{+path}/here", "/foo/bar/here"],
    ["{+path:6}/here", "/foo/b/here"],
    ["here?ref={+path}", "here?ref=/foo/bar"],
    ["up{+path}{var}/here", "up/foo/barvalue/here"],
    ["{+x,hello,y}", "1024,Hello%20World!,768"],
    ["{+path,x}/here", "/foo/bar,1024/here"],
    ["{+list}", "red,green,blue"],
    ["{+list*}", "red,green,blue"],
    ["{#var}", "#value"],
    ["{#hello}", "#Hello%20World!"],
    ["{#half}", "#50%25"],
    ["foo{#empty}", "foo#"],
    ["foo{#undef}", "foo"],
    ["{#x,hello,y}", "#1024,Hello%20World!,768"],
    ["{#path,x}/here", "#/foo/bar,1024/here"],
    ["{#path:6}/here", "#/foo/b/here"],
    ["{#list*}", "#red,green,blue"],
    ["{.who}", ".fred"],
    ["{.who,who}", ".fred.fred"],
    ["{.half,who}", ".50%25.fred"],
    ["www{.dom*}", "www.example.com"],
    ["X{.var:3}", "X.val"],
    ["X{.empty}", "X."],
    ["X{.undef}", "X"],
    ["X{.list}", "X.red,green,blue"],
    ["X{.list*}", "X.red.green.blue"],
    ["{/who}", "/fred"],
    ["{/half,who}", "/50%25/fred"],
    ["{/who,dub}", "/fred/me%2Ftoo"],
    ["{/var,empty}", "/value/"],
    ["{/var,undef}", "/value"],
    ["{/var,x}/here", "/value/1024/here"],
    ["{/var:1,var}", "/v/value"],
    ["{/list}", "/red,green,blue"],
    ["{/list*}", "/red/green/blue"],
    ["{/list*,path:4}", "/red/green/blue/%2Ffoo"],
    ["{;who}", ";who=fred"],
    ["{;half}", ";half=50%25"],
    ["{;empty}", ";empty"],
    ["{;hello:5}", ";hello=Hello"],
    ["{;v,empty,who}", ";v=6;empty;who=fred"],
    ["{;v,bar,who}", ";v=6;who=fred"],
    ["{;list}", ";list=red,green,blue"],
    ["{;list*}", ";list=red;list=green;list=blue"],
    ["{?who}", "?who=fred"],
    ["{?x,y}", "?x=1024&y=768"],
    ["{?x,y,empty}", "?x=1024&y=768&empty="],
    ["{?x,y,undef}", "?x=1024&y=768"],
    ["{?var:3}", "?var=val"],
    ["{?list}", "?list=red,green,blue"],
    ["{?list*}", "?list=red&list=green&list=blue"],
    ["{?none*}", ""],
    ["{&who}", "&who=fred"],
    ["?fixed=yes{&x}", "?fixed=yes&x=1024"],
    ["{&x,y,empty}", "&x=1024&y=768&empty="],
    ["{&list*}", "&list=red&list=green&list=blue"],
    ["{?last.name}", "?last.name=Doe"],
    ["{?Stra%C3%9Fe}", "?Stra%C3%9Fe=Gr%C3%BCner%20Weg"],
    ["{42}", "answer"],
    ["{escaped}", "admin%252F"],
    ["{+escaped}", "admin%2F"],
    ["{#escaped}", "#admin%2F"],
    ["{+percent}", "%25foo"],
    ["{greek:2}", "%CE%B1%CE%B2"],
    ["{+greek:2}", "%CE%B1%CE%B2"],
    ["{clef:1}", "%F0%9D%84%9E"],
    ["{lone}", "a%EF%BF%BDb"],
    ["{+lone}", "a%EF%BF%BDb"],
    ["{+brackets}", "[x]%5B%25"],
    ["{brackets}", "%5Bx%5D%255B%25"],
    ["café/{var}", "caf%C3%A9/value"],
    ["x%20y{var}z%2fw", "x%20yvaluez%2fw"],
    ["", ""]
  ])("%s", (text, expected) => {
    assert.strictEqual(template(text).expand(values), expected)
  })

  it("takes no value from a prototype", () => {
    assert.strictEqual(template("a{constructor}{__proto__}{toString}").expand({}), "a")
    assert.strictEqual(template("{__proto__}").expand(JSON.parse('{"__proto__":"x"}')), "x")
  })
})

describe("match", () => {
  it.each<[string, string, unknown]>([
    // one variable
    ["db://{table}/{id}", "db://users/42", { table: "users", id: "42" }],
    ["db://{table}/{id}", "db://users/42/x", undefined],
    ["db://{table}/{id}", "db://users/", undefined],
    ["db://{table}/{id}", "dc://users/42", undefined],
    ["note://{name}", "note://a%20b%2Fc%3F", { name: "a b/c?" }],
    ["note://{name}", "note://caf%C3%A9", { name: "café" }],
    ["note://{name}", "note://caf%c3%a9", { name: "café" }],
    ["note://{name}", "note://café", { name: "café" }],
    ["note://{name}", "note://a?b", undefined],
    ["note://{name}", "note://a#b", undefined],
    ["note://{name}", "note://a:b", { name: "a:b" }],
    ["mail://{address}", "mail://ada@example.org", { address: "ada@example.org" }],
    ["note://{name}", "note://a,b", undefined],
    ["note://{name}", "note://a b", undefined],
    ["note://{name}", "note://a\nb", undefined],
    ["note://{name}", "note://-._~", { name: "-._~" }],
    ["café/{a}", "caf%C3%A9/x", { a: "x" }],
    ["café/{a}", "café/x", { a: "x" }],
    ["x%2fy{a}", "x%2Fyz", { a: "z" }],
    ["plain", "plain", {}],
    ["plain", "plain2", undefined],
    ["", "", {}],
    ["", "a", undefined],
    // reserved
    ["file:///{+path}", "file:///a/b%20c?d=1#e,[f]", { path: "a/b c?d=1#e,[f]" }],
    ["file:///{+path}", "file:///", undefined],
    ["{+path}/{id}", "a/b/c", { path: "a/b", id: "c" }],
    ["{+a}/x/{+b}", "1/x/2/x/3", { a: "1", b: "2/x/3" }],
    ["{+path}{?q}", "a/b?q=1", { path: "a/b", q: "1" }],
    ["{+path}{?q}", "a/b?z=1", { path: "a/b?z=1" }],
    ["{+x,y}", "1024,768", { x: "1024", y: "768" }],
    ["{+list}", "a,b", { list: "a,b" }],
    ["a{#f}", "a#b/c", { f: "b/c" }],
    ["a{#f}", "a#", { f: "" }],
    ["a{#f}", "a", {}],
    // between literals
    ["{name}.md", "a.md.md", { name: "a.md" }],
    ["{y}-{m}-{d}", "2026-07-28", { y: "2026", m: "07", d: "28" }],
    ["{y}-{m}-{d}", "2026-07", undefined],
    ["{a}-{b}", "1-2-3", { a: "1", b: "2-3" }],
    ["{a}{b}", "xyz", { a: "x", b: "yz" }],
    ["{a}{b}", "éé", { a: "é", b: "é" }],
    ["{a}{b}", "😀%F0%9F%98%80", { a: "😀", b: "😀" }],
    ["{a}{b}", "x", undefined],
    ["{a}aab", "aaaab", { a: "aa" }],
    ["{a}aab", "aaab", { a: "a" }],
    ["{a}aabaaaX", "aabaaabaaaX", { a: "aaba" }],
    ["{a}20x{b}", "%20x20xy", { a: " x", b: "y" }],
    // segments and labels
    ["x{/a,b}", "x/1/2", { a: "1", b: "2" }],
    ["x{/a,b}", "x/1", { a: "1" }],
    ["x{/a,b}", "x/1/", { a: "1", b: "" }],
    ["x{/a,b}", "x", {}],
    ["x{/a,b}", "x/1/2/3", undefined],
    ["x{/a}/here", "x/here", {}],
    ["x{/a*}", "x/1/2%2F/3", { a: ["1", "2/", "3"] }],
    ["x{/a*}", "x/1", { a: ["1"] }],
    ["x{/a*}", "x", {}],
    ["{/a*}/edit", "/1/2/edit", { a: ["1", "2"] }],
    ["{/a*}{/b}", "/1/2/3", { a: ["1", "2"], b: "3" }],
    ["www{.dom*}", "www.example.com", { dom: ["example", "com"] }],
    ["x{.ext}", "x.tar.gz", { ext: "tar.gz" }],
    ["{a*}", "1,2,3", { a: ["1", "2", "3"] }],
    ["{a}", "1,2,3", undefined],
    ["{a,b}", "1,2", { a: "1", b: "2" }],
    ["{a,b}", "1", { a: "1" }],
    // pairs
    ["s{?a,b}", "s?a=1&b=2", { a: "1", b: "2" }],
    ["s{?a,b}", "s?b=2&a=1", { a: "1", b: "2" }],
    ["s{?a,b}", "s?b=2", { b: "2" }],
    ["s{?a,b}", "s", {}],
    ["s{?a,b}", "s?", undefined],
    ["s{?a,b}", "s?a", { a: "" }],
    ["s{?a,b}", "s?a=", { a: "" }],
    ["s{?a,b}", "s?a=&b=", { a: "", b: "" }],
    ["s{?a,b}", "s?a=1&c=2", undefined],
    ["s{?a,b}", "s?a=1&", undefined],
    ["s{?a,b}", "s&a=1", undefined],
    ["s{?a,b}", "s?a=1&a=1", { a: "1" }],
    ["s{?a,b}", "s?a=1&a=2", undefined],
    ["s{?a*}", "s?a=1&a=2", { a: ["1", "2"] }],
    ["s{?a*,b}", "s?a=1&b=3&a=2", { a: ["1", "2"], b: "3" }],
    ["s{?q}", "s?q=a:b/c?d=e,f+g@h%26", { q: "a:b/c?d=e,f+g@h&" }],
    ["s{?q}{#f}", "s?q=1#2", { q: "1", f: "2" }],
    ["s{?q}&x=1", "s?q=2&x=1", { q: "2" }],
    ["s{?a}20x{+b}", "s?a=%20x20xy", { a: " x", b: "y" }],
    ["s{?a}{&b}", "s?a=1&b=2", { a: "1", b: "2" }],
    ["s?x=1{&a,b}", "s?x=1&b=2", { b: "2" }],
    ["s?x=1{&a,b}", "s?x=1", {}],
    ["s{?last.name,Stra%c3%9fe}", "s?Stra%C3%9Fe=1&last.name=2", { "last.name": "2", "Stra%c3%9fe": "1" }],
    ["s{;a,b}/t", "s;b;a=1/t", { a: "1", b: "" }],
    ["s{;a,b}/t", "s/t", {}],
    ["s{;a}", "s;a=1/2", undefined],
    ["s{;a}", "s;a=1?2", undefined],
    ["s{;a*}{?a}", "s;a=1;a=2?a=3", undefined],
    // the same variable twice, and a prefix
    ["{a}/{a}", "1/1", { a: "1" }],
    ["{a}/{a}", "1/2", undefined],
    ["{/v:1,v}", "/v/value", { v: "value" }],
    ["{/v:1,v}", "/w/value", undefined],
    ["{/v:3,v}", "/va/va", { v: "va" }],
    ["{/v:3,v}", "/va/value", undefined],
    ["{v:3}", "val", { v: "val" }],
    ["{v:3}", "valu", undefined],
    ["{v:2}", "éé", { v: "éé" }],
    ["x{/v:2}{/w}", "x/abc", { w: "abc" }],
    ["{v:2}{w}", "vw", { v: "v", w: "w" }],
    // bad uris
    ["{a}", "%", undefined],
    ["{a}", "%zz", undefined],
    ["{a}", "%FF", undefined],
    ["{a}", "%C3", undefined],
    ["{a}", "%C0%AF", undefined],
    ["{a}", "%ED%A0%80", undefined],
    ["{a}", "\uD800", undefined],
    ["{a}", "a\uDC00", undefined],
    ["%FF{a}", "%FFa", undefined],
    ["%C3{a}", "%C3%A9", undefined],
    ["{a}", "", undefined],
    ["{a}", "%00", { a: "\u0000" }]
  ])("%s of %s", (text, uri, expected) => {
    assert.deepStrictEqual(matched(text, uri), expected)
  })

  it("names of a prototype are names like any other", () => {
    const found = template("{__proto__}/{constructor}{?toString}").match("a/b")
    assert.isDefined(found)
    assert.deepStrictEqual(Object.entries(found), [
      ["__proto__", "a"],
      ["constructor", "b"]
    ])
    assert.isUndefined(found["toString"])
    assert.notProperty({}, "a")
  })
})

describe("parse", () => {
  it("names the variables", () => {
    const { template: text, variables } = template("a{b}{+c:12}{/d*,e}{?b}")
    assert.strictEqual(text, "a{b}{+c:12}{/d*,e}{?b}")
    assert.deepStrictEqual(variables, [
      { name: "b", operator: "", explode: false, prefix: undefined },
      { name: "c", operator: "+", explode: false, prefix: 12 },
      { name: "d", operator: "/", explode: true, prefix: undefined },
      { name: "e", operator: "/", explode: false, prefix: undefined },
      { name: "b", operator: "?", explode: false, prefix: undefined }
    ])
  })

  it.each<[string, number, string]>([
    ["{/id*", 0, "never closed"],
    ["ab{", 2, "never closed"],
    ["/id*}", 4, "closes no brace"],
    ["{}", 1, "not nothing"],
    ["{?}", 2, "not nothing"],
    ["{a,}", 3, "not nothing"],
    ["{/?id}", 2, '"?"'],
    ["{??hello}", 2, '"?"'],
    ["{!hello}", 1, '"!" is reserved'],
    ["{=path}", 1, '"=" is reserved'],
    ["{|var*}", 1, '"|" is reserved'],
    ["{,a}", 1, '"," is reserved'],
    ["{@a}", 1, '"@" is reserved'],
    ["{$var}", 1, '"$"'],
    ["{*keys}", 1, '"*"'],
    ["{with space}", 5, '" "'],
    ["{ leading}", 1, '" "'],
    ["{trailing }", 9, '" "'],
    ["{?x, y}", 4, '" "'],
    ["{keys?}", 5, '"?"'],
    ["{?empty=default}", 7, '"="'],
    ["{default-graph-uri}", 8, '"-"'],
    ["{é}", 1, '"é"'],
    ["{😀}", 1, '"😀"'],
    ["{x.}", 2, '"."'],
    ["{.x..y}", 3, '"."'],
    ["{%2x}", 1, '"%"'],
    ["{a{b}}", 2, '"{"'],
    ["{var:prefix}", 4, "from 1 to 9999"],
    ["{var:0}", 4, "from 1 to 9999"],
    ["{var:01}", 4, "from 1 to 9999"],
    ["{var:10000}", 4, "from 1 to 9999"],
    ["{var:}", 4, "from 1 to 9999"],
    ["{hello:2*}", 6, "from 1 to 9999"],
    ["{hello*:2}", 6, '"*"'],
    ["a b", 1, '" "'],
    ["{a}\u0000", 3, "\\u0000"],
    ["é<", 1, '"<"'],
    ["a%2", 1, "%25"],
    ["a\uD800", 1, "cannot stand"]
  ])("%j is no template", refuses)

  it("bounds hold", () => {
    refuses("a".repeat(4097), 4096, "4096")
    refuses("{a}".repeat(64) + "x{a,b}", 193, "more than 64")
    assert.strictEqual(template("a".repeat(4096)).expand({}).length, 4096)
    assert.strictEqual(template("{a}".repeat(64)).variables.length, 64)
  })

  function refuses(text: string, position: number, detail: string): void {
    const error = refused(text)
    assert.strictEqual(error._tag, "InvalidUriTemplate")
    assert.strictEqual(error.position, position)
    assert.include(error.detail, detail)
    assert.strictEqual(error.template, text)
    assert.include(error.message, `at position ${position}, ${error.detail}`)
    assert.isBelow(error.message.length, 500)
  }
})

// what templates and uris of the model are made of; "#" in a template stands for the number of its part
const units = ["a", "b", "/", ".", ",", "-", "?", "&", "=", ";", "#", "%2F", "%C3%A9"] as const
const variables = ["{x#}", "{+x#}", "{/x#}", "{.x#}", "{x#:2}", "{/x#*}", "{.x#*}", "{x#*}", "{#x#}"] as const
const pairs = ["{?a,b}", "{&a}", "{;a,b*}"] as const
const literals = ["a", "b", "/", ".", "-", "?"] as const

type Found = ReadonlyArray<readonly [name: string, value: string | ReadonlyArray<string>]>

const isPlain = (unit: string): boolean => /^[ab.-]$|^%/.test(unit)
const decode = (units: ReadonlyArray<string>): string => decodeURIComponent(units.join(""))

/** Every reading of a uri, in the order in which the module prefers them. */
function* readings(parts: ReadonlyArray<string>, uri: ReadonlyArray<string>): Generator<Found> {
  const [part, ...rest] = parts
  if (part === undefined) {
    if (uri.length === 0) yield []
  } else if (!part.startsWith("{")) {
    if (uri[0] === part) yield* readings(rest, uri.slice(1))
  } else {
    const [, operator = "", inside = ""] = /^\{([+#./;?&]?)(.*)\}$/.exec(part) ?? []
    const named = [";", "?", "&"].includes(operator)
    for (const [found, size] of named ? pairsOf(operator, inside, uri) : valuesOf(operator, inside, uri)) {
      for (const reading of readings(rest, uri.slice(size))) yield [...found, ...reading]
    }
  }
}

/** The values that may begin a uri: the shortest first, and none at all last. */
function* valuesOf(operator: string, spec: string, uri: ReadonlyArray<string>): Generator<readonly [Found, number]> {
  const [, name = "", star, prefix = "99"] = /^(\w+)(\*?)(?::(\d+))?$/.exec(spec) ?? []
  const lead = operator === "+" ? "" : operator
  const separator = lead === "" || lead === "#" ? "," : lead
  const isReserved = ["+", "#"].includes(operator)
  const canBe = (unit: string) =>
    isReserved || isPlain(unit) || "&=;".includes(unit) || (star === "*" && unit === separator)
  const start = lead.length
  for (let end = start; end <= uri.length; end++) {
    const value = uri.slice(start, end)
    const isHere = lead === "" || uri[0] === lead
    if (!isHere || !value.every(canBe) || value.length > Number(prefix)) break
    if (end === 0) continue
    const items = value.join("").split(separator).map(decodeURIComponent)
    yield [[[name, star === "*" ? items : decode(value)]], end]
  }
  if (lead !== "") yield [[], 0]
}

/** The pairs that begin a uri: with the shortest values first, rather more than less, and none at all last. */
function* pairsOf(operator: string, inside: string, uri: ReadonlyArray<string>): Generator<readonly [Found, number]> {
  const names = inside.split(",")
  for (const [pairs, size] of pairsFrom(operator, operator, names, uri)) {
    const list = pairs.flatMap(([name, value]) => (names.includes(`${name}*`) ? [value] : []))
    const single = pairs.filter(([name]) => names.includes(name))
    yield [list.length === 0 ? single : [...single, ["b", list]], size]
  }
  yield [[], 0]
}

function* pairsFrom(
  operator: string,
  lead: string,
  names: ReadonlyArray<string>,
  uri: ReadonlyArray<string>
): Generator<readonly [ReadonlyArray<readonly [string, string]>, number]> {
  const separator = operator === ";" ? ";" : "&"
  const stops = operator === ";" ? [";", "#", "/", "?"] : ["&", "#"]
  const size = uri.slice(1).findIndex((unit) => !isPlain(unit))
  const end = size === -1 ? uri.length : size + 1
  const name = uri.slice(1, end).join("")
  if (uri[0] !== lead || !(names.includes(name) || names.includes(`${name}*`))) return
  const start = uri[end] === "=" ? end + 1 : end
  for (let at = start; at <= uri.length; at++) {
    const pair = [name, decode(uri.slice(start, at))] as const
    for (const [more, length] of pairsFrom(operator, separator, names, uri.slice(at)))
      yield [[pair, ...more], at + length]
    yield [[pair], at]
    if (start === end || stops.includes(uri[at]!)) break
  }
}

const modelOf = (parts: ReadonlyArray<string>, uri: ReadonlyArray<string>): object | undefined => {
  const [first] = readings(parts, uri)
  if (first === undefined) return undefined
  const values = Object.fromEntries(first)
  return first.every(([name, value]) => JSON.stringify(values[name]) === JSON.stringify(value)) ? values : undefined
}

const oneOf = <const L extends ReadonlyArray<string>>(literals: L) => Arbitrary.schema(Schema.Literals(literals))
const few = <A>(item: Arbitrary.Arbitrary<A>, minLength: number, maxLength: number) =>
  Arbitrary.array(item, { minLength, maxLength })
const Text = Arbitrary.schema(Schema.String)

property(
  "match finds the first reading of the model, and none where there is none",
  {
    parts: few(oneOf([...variables, ...variables, ...pairs, ...literals]), 1, 5),
    inner: few(few(oneOf(units), 0, 3), 5, 5),
    uri: few(oneOf(units), 0, 8),
    expanded: Schema.Boolean
  },
  {
    variable: variables,
    pairs,
    result: ["read", "not read"],
    uri: ["expanded", "of units"]
  },
  ({ expanded, inner, parts: given, uri: drawn }, seen) =>
    Effect.sync(() => {
      for (const part of given) {
        if (pairs.includes(part as never)) seen("pairs", part)
        else if (variables.includes(part as never)) seen("variable", part)
      }
      const parts = given.map((part, index) => part.replace(/x#/, `x${index}`))
      const { expand, match } = template(parts.join(""))
      const values = Object.fromEntries(inner.map((units, index) => [`x${index}`, decode(units)]))
      const text = expanded ? expand({ ...values, a: decode(drawn.slice(0, 2)) }) : drawn.join("")
      const uri = text.match(/(?:%[0-9A-F]{2})+|[^%]/g)?.flatMap(unitsOf) ?? []
      const expected = modelOf(parts, uri)
      const found = match(text)
      seen("uri", expanded ? "expanded" : "of units")
      seen("result", found === undefined ? "not read" : "read")
      assert.deepStrictEqual(found && { ...found }, expected, `${parts.join("")} of ${text}`)
    })
)

/** The characters that a run of escapes stands for, each escaped. */
const unitsOf = (run: string): ReadonlyArray<string> =>
  run.startsWith("%") ? Array.from(decodeURIComponent(run), encodeEscaped) : [run]

const encodeEscaped = (char: string): string =>
  Array.from(new TextEncoder().encode(char), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("")

const chars = [...units, "é", "😀", " ", "%", "+", ":", "@", "\n", "~", "{", "}", "\\", "%41", "\uD800"] as const
const Odd = Arbitrary.map(few(oneOf(chars), 0, 8), (parts) => parts.join(""))
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, "\uFFFD")

const unambiguous = [
  "/{x#}",
  ":{x#}",
  "@{x#:3}",
  "!{x#*}",
  ":a{/x#}",
  ":b{/x#*}",
  ":c{.x#}",
  "/d{;x#}",
  "/e{;x#,y#*}",
  "({x#,y#})"
] as const
const last = ["", "?r={+z}", "{#z}", "{?y,z*}", "?y=1{&z}", "/z-{z}.md"] as const

property(
  "what a template without doubt was expanded from is read back",
  {
    parts: few(oneOf(unambiguous), 0, 4),
    end: Schema.Literals(last),
    texts: few(Odd, 16, 16),
    plain: few(Text, 4, 4),
    odd: Schema.Boolean
  },
  {
    part: unambiguous,
    end: last,
    values: ["odd", "any"]
  },
  ({ end, odd, parts, plain, texts }, seen) =>
    Effect.sync(() => {
      for (const part of parts) seen("part", part)
      seen("end", end)
      seen("values", odd ? "odd" : "any")
      const draw = (index: number): string => wellFormed((odd ? texts[index] : plain[index % 4]) ?? "")
      const named = parts.map((part, index) => part.replaceAll("#", `${index}`))
      const read = template(named.join("") + end)
      const values = Object.fromEntries(
        read.variables.map(({ explode, name, operator, prefix }, index) => {
          const item = draw(index)
          // under + and # what looks like an escape is kept as one, so it is no value that can come back
          if (operator === "+" || operator === "#") return [name, `${item.replaceAll("%", "")}x`]
          if (prefix !== undefined) return [name, [...`${item}x`].slice(0, prefix).join("")]
          const isTraced = operator !== ""
          const text = isTraced ? item : `${item}x`
          return [name, explode ? [text, draw(index + 1)] : text]
        })
      )
      const uri = read.expand(values)
      assert.match(uri, /^[\x21-\x7E]*$/)
      assert.deepStrictEqual({ ...read.match(uri) }, values, `${read.template} as ${uri}`)
    })
)

property(
  "nothing is thrown, whatever the template and the uri",
  { template: Odd, variable: Odd, uri: Odd, any: few(Text, 2, 2) },
  { template: ["read", "refused"] },
  ({ any, template: odd, uri, variable }, seen) =>
    Effect.sync(() => {
      for (const text of [odd, `${odd}{${variable}}`, `{${variable}}`, "{a}{+b}{?c,d}{/e*}", any[0]!]) {
        const result = McpUriTemplate.parse(text)
        seen("template", Result.isSuccess(result) ? "read" : "refused")
        if (Result.isFailure(result)) {
          assert.isAtLeast(result.failure.position, 0)
          assert.isAtMost(result.failure.position, text.length)
          assert.isNotEmpty(result.failure.message)
          continue
        }
        const { expand, match, variables } = result.success
        for (const given of [uri, any[1]!, expand(Object.fromEntries(variables.map(({ name }) => [name, uri])))]) {
          const found = match(given)
          if (found !== undefined) match(expand(found))
        }
      }
    })
)

describe("a long uri", () => {
  const size = 1_000_000
  const long = (unit: string): string => unit.repeat(size / unit.length)

  it.each<[string, string, string, boolean]>([
    ["one variable", "{a}", long("a"), true],
    ["escapes", "{a}", long("%C3%A9"), true],
    ["letters that are not ASCII", "{a}", long("é"), true],
    ["bad escapes", "{a}", long("%FF"), false],
    ["lone surrogates", "{a}", long("\uD800"), false],
    ["64 variables side by side", "{a}{b}".repeat(32), long("a"), false],
    ["64 different variables", variablesOf(64, (n) => `{v${n}}`), long("a"), true],
    ["64 variables that do not fit at the end", `${variablesOf(64, (n) => `{+v${n}}a`)}b`, long("a"), false],
    ["64 variables behind separators", variablesOf(64, (n) => `{/v${n}*}`), long("/a"), true],
    ["64 optional variables", variablesOf(64, (n) => `{.v${n}:2}`), long("."), false],
    ["a literal that nearly fits everywhere", `{a}${"a".repeat(2000)}b{c}`, long("a"), false],
    ["a literal that fits everywhere", `{a}${"a".repeat(2000)}{c}`, long("a"), true],
    ["literals that begin alike", `{+a}${variablesOf(60, (n) => `${"ab".repeat(20)}c{+v${n}}`)}`, long("ab"), false],
    ["many pairs", "{?a*}", `?${long("a=1&")}a=1`, true],
    ["many pairs of one value", "{?a}", `?${long("a=1&")}a=1`, true],
    ["many pairs of two values", "{?a}", `?${long("a=1&")}a=2`, false],
    ["pairs without end", "{?a*}{&b*}{;c*}x", long("?a&"), false],
    ["question marks", "{+a}{?a,b}{?c}{?d}", long("?"), true],
    ["a long name", `{?${"a".repeat(4000)}}`, `?${long("a")}`, false],
    ["many long names", `{?${variablesOf(40, (n) => `${"a".repeat(90)}${n},`)}z}`, long(`?${"a".repeat(91)}&`), false],
    ["separators", "{a*}{/b*}{.c*}", long(","), true]
  ])("%s", (_, text, uri, isRead) => {
    assert.strictEqual(template(text).match(uri) !== undefined, isRead)
  })

  it("values are long too", () => {
    const { expand, match } = template("{a}{+b}{?c*}")
    const values = { a: long("é"), b: long("!%"), c: [long("a"), long("\uD800")] }
    assert.strictEqual(expand(values).length, size * 6 + size * 2 + size + size * 9 + 6)
    assert.isDefined(match(expand(values)))
  })
})

function variablesOf(count: number, textOf: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => textOf(n)).join("")
}
