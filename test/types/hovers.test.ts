/**
 * Hovers stay words: what an editor shows for the constants of a program is short and says what a reader needs.
 *
 * Types are printed as editors print them, by the names in scope, from definitions without an annotation.
 */
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import ts from "typescript-6"

const root = join(import.meta.dirname, "..", "..")
const file = join(import.meta.dirname, "support", "definitions.ts")

const options = (): ts.CompilerOptions => {
  const { config, error } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile)
  assert.isUndefined(error)
  // unions in the order of TypeScript 7, whatever was checked first
  return { ...ts.parseJsonConfigFileContent(config, ts.sys, root).options, stableTypeOrdering: true }
}

const program = ts.createProgram([file], options())
const checker = program.getTypeChecker()
const source = program.getSourceFile(file)
assert.isDefined(source)

const FLAGS = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope
const oneLine = (text: string) => text.replaceAll("; }", " }")

const declarations = new Map<string, ts.VariableDeclaration>()
for (const statement of source.statements) {
  if (!ts.isVariableStatement(statement)) continue
  for (const declaration of statement.declarationList.declarations) {
    declarations.set(declaration.name.getText(), declaration)
  }
}

const find = (name: string): ts.VariableDeclaration => {
  const declaration = declarations.get(name)
  assert.isDefined(declaration, name)
  return declaration
}

const hover = (name: string): string => {
  const declaration = find(name)
  return oneLine(checker.typeToString(checker.getTypeAtLocation(declaration.name), declaration, FLAGS))
}

/** The hover of the method in a call. */
const hoverOfCall = (name: string): string => {
  let call: ts.CallExpression | undefined
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) call = node
    ts.forEachChild(node, visit)
  }
  visit(find(name))
  assert.isDefined(call)
  const signature = checker.getResolvedSignature(call)
  assert.isDefined(signature)
  return oneLine(checker.signatureToString(signature, call, FLAGS))
}

const add = "Schema.Struct<{ a: Schema.Finite; b: Schema.Finite }>, Schema.Struct<{ readonly sum: Schema.Finite }>"
const rows =
  'Schema.Struct<{ readonly rows: Schema.$Array<Schema.String>; readonly kind: Schema.Literals<readonly ["a", "b"]> }>'
const sql = "Schema.Struct<{ sql: Schema.String }>"
const row = "{ readonly table: Schema.String; readonly id: Schema.FiniteFromString }"
const review = '{ readonly code: Schema.String; readonly style: Schema.Literals<readonly ["strict", "kind"]> }'

it("the definitions are without errors", () => {
  assert.deepStrictEqual(
    program.getSemanticDiagnostics(source).map((diagnostic) => diagnostic.messageText),
    []
  )
})

describe("the hover of", () => {
  it.each([
    ["Add", `McpTool.McpTool<"add", ${add}, Schema.Never>`],
    ["Query", `McpTool.McpTool<"query", ${sql}, ${rows}, typeof SqlRejected>`],
    ["Hello", `McpTool.McpTool<"hello", NoParameters, Content, Schema.Never>`],
    ["Move", `McpTool.McpTool<"move", typeof Point, typeof Point, Schema.Never>`],
    ["AddLive", "Layer.Layer<never, never, McpServer.McpServer>"],
    ["QueryLive", "Layer.Layer<never, never, Database | McpServer.McpServer>"],
    ["Server", "Layer.Layer<McpServer.McpServer, never, McpListener>"],
    ["Main", "Layer.Layer<never, never, McpListener>"],
    ["program", "Effect.Effect<{ readonly sum: number }, McpError, never>"],
    ["Readme", "McpResource.McpResource"],
    ["ReadmeLive", "Layer.Layer<never, never, McpServer.McpServer>"],
    ["Row", `McpResource.McpResourceTemplate<"db://{table}/{id}", ${row}>`],
    ["RowLive", "Layer.Layer<never, never, Database | McpServer.McpServer>"],
    ["Review", `McpPrompt.McpPrompt<"review", ${review}>`],
    ["ReviewLive", "Layer.Layer<never, never, McpServer.McpServer>"],
    ["WithUser", "Layer.Layer<CurrentUser, never, never>"],
    ["WhoLive", "Layer.Layer<never, never, CurrentUser | McpServer.McpServer>"],
    ["WhoWithUser", "Layer.Layer<never, never, McpServer.McpServer>"]
  ])("%s", (name, expected) => {
    assert.strictEqual(hover(name), expected)
  })

  it("a call", () => {
    assert.strictEqual(
      hoverOfCall("query"),
      `(tool: Definition<"query", ${sql}, ${rows}, typeof SqlRejected>, ` +
        "input: { readonly sql: string }, options?: McpClient.CallOptions | undefined): " +
        'Effect.Effect<{ readonly rows: readonly string[]; readonly kind: "a" | "b" }, McpError | SqlRejected, never>'
    )
  })

  it.each([
    ["listed", "(options?: McpClient.CallOptions): Stream<Tool, McpError>"],
    ["read", "(uri: string, options?: McpClient.CallOptions): Effect.Effect<ReadResourceResult, McpError>"],
    ["watched", "(uri: string): Effect.Effect<Stream<string, McpError>, McpError, Scope>"]
  ])("the client's method in %s", (name, expected) => {
    assert.strictEqual(hoverOfCall(name), expected)
  })

  it.each([
    [
      "elicited",
      "(key: string, form: FormOptions<Schema.String>): Effect.Effect<string, McpError | Unanswered, never>"
    ],
    ["sampled", "(key: string, options: SampleOptions<never>): Effect.Effect<CreateMessageResult, McpError, never>"],
    [
      "held",
      "(key: string, schema: Schema.Void, effect: Effect.Effect<void, never, never>): Effect.Effect<void, never, never>"
    ]
  ])("a handler's question in %s", (name, expected) => {
    assert.strictEqual(hoverOfCall(name), expected)
  })
})
