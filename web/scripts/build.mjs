// Builds web/dist: `inbox/`, the widget's parts under `widget/`, and `widget.js`, which knows their names.
import { readFile, readdir, rm } from "node:fs/promises"
import { gzipSync } from "node:zlib"
import { build } from "vite"

const at = (path) => new URL(`../${path}`, import.meta.url).pathname
const quiet = { configFile: false, logLevel: "warn" }

await rm(at("dist"), { recursive: true, force: true })
await build({ configFile: at("vite.config.ts"), logLevel: "warn" })

const panel = await build({
  ...quiet,
  root: at("widget"),
  build: {
    outDir: at("dist/widget"),
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: false,
    rollupOptions: {
      input: { live: at("widget/live.ts"), panel: at("widget/panel.tsx") },
      preserveEntrySignatures: "exports-only",
      output: { entryFileNames: "[name]-[hash].js", chunkFileNames: (chunk) => (chunk.facadeModuleId?.includes("/words/") ? "words-[name]-[hash].js" : "[name]-[hash].js") },
    },
  },
})
const address = (name) => {
  const chunk = panel.output.find((file) => file.type === "chunk" && file.isEntry && file.name === name)
  return JSON.stringify(`/assets/widget/${chunk.fileName}`)
}

await build({
  ...quiet,
  root: at("widget"),
  define: { __LIVE__: address("live"), __PANEL__: address("panel") },
  build: {
    outDir: at("dist"),
    emptyOutDir: false,
    target: "es2022",
    reportCompressedSize: false,
    lib: { entry: at("widget/loader.ts"), formats: ["iife"], name: "ShopbellLoader", fileName: () => "widget.js" },
  },
})

const BEFORE_OPENING = 15_000
const ALTOGETHER = 60_000
const sizes = {}
for (const file of ["widget.js", ...(await readdir(at("dist/widget"))).map((name) => `widget/${name}`)]) {
  sizes[file] = gzipSync(await readFile(at(`dist/${file}`))).length
}
const sum = (entries) => entries.reduce((total, [, size]) => total + size, 0)
const [languages, rest] = [true, false].map((wanted) => Object.entries(sizes).filter(([name]) => name.startsWith("widget/words-") === wanted))
const early = sum(rest.filter(([name]) => !name.startsWith("widget/panel-")))
const whole = sum(rest) + Math.max(...languages.map(([, size]) => size))
console.log("widget, gzipped bytes:", Object.fromEntries(rest), { "before opening": early, "in all": whole })
if (early > BEFORE_OPENING || whole > ALTOGETHER) {
  throw new Error(`The widget is too heavy: ${BEFORE_OPENING} bytes before opening and ${ALTOGETHER} in all are allowed.`)
}
