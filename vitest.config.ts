import { defineConfig } from "vitest/config"

const conditions = ["mcp-effect-source", "module", "node", "development|production"]

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      { extends: true, test: { name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/interop/**"] } },
      { extends: true, test: { name: "interop", include: ["test/interop/**/*.test.ts"], testTimeout: 60_000 } }
    ]
  }
})
