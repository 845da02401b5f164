import { defineConfig } from "vite"

/** The inbox: one page under `/`, its files under `/assets/inbox/`. `npm run dev` proxies to a running server. */
export default defineConfig({
  root: new URL("inbox", import.meta.url).pathname,
  base: "/assets/inbox/",
  build: {
    outDir: "../dist/inbox",
    emptyOutDir: true,
    assetsDir: ".",
    target: "es2022",
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: {
      "/api": { target: "http://127.0.0.1:8000" },
      "/files": { target: "http://127.0.0.1:8000" },
      "/ws": { target: "http://127.0.0.1:8000", ws: true },
    },
  },
  test: { root: new URL(".", import.meta.url).pathname, environment: "jsdom", include: ["**/*.test.ts", "**/*.test.tsx"] },
} as Parameters<typeof defineConfig>[0])
