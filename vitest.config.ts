import { defineConfig } from "vitest/config"

const conditions = ["mcp-effect-source", "module", "node", "development|production"]

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/interop/**", "test/oracle/**", "test/leaks-http.test.ts"]
        }
      },
      // measures a process under load, so nothing else runs beside it
      { extends: true, test: { name: "leaks", include: ["test/leaks-http.test.ts"] } },
      {
        extends: true,
        test: {
          name: "oracle",
          include: ["test/oracle/**/*.test.ts"],
          globalSetup: ["test/oracle/support/present.ts"],
          testTimeout: 120_000,
          maxWorkers: 2
        }
      },
      { extends: true, test: { name: "interop", include: ["test/interop/**/*.test.ts"], testTimeout: 60_000 } }
    ]
  }
})
