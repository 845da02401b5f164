// Builds web/dist: `inbox/`, the widget's parts under `widget/`, and `widget.js`, which knows their names.
import { readFile, readdir, rename, rm } from "node:fs/promises"
import { gzipSync } from "node:zlib"
import { build } from "vite"

const at = (path) => new URL(`../${path}`, import.meta.url).pathname
const quiet = { configFile: false, logLevel: "warn" }

// Built beside the old one and moved over whole, so that a running server is never without it.
const fresh = at(`node_modules/.built-${process.pid}`)
await build({ configFile: at("vite.config.ts"), logLevel: "warn", build: { outDir: `${fresh}/inbox` } })

const panel = await build({
  ...quiet,
  root: at("widget"),
  build: {
    outDir: `${fresh}/widget`,
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
    outDir: fresh,
    emptyOutDir: false,
    target: "es2022",
    reportCompressedSize: false,
    lib: { entry: at("widget/loader.ts"), formats: ["iife"], name: "ShopbellLoader", fileName: () => "widget.js" },
  },
})

const BEFORE_OPENING = 15_000
const ALTOGETHER = 60_000
const sizes = {}
for (const file of ["widget.js", ...(await readdir(`${fresh}/widget`)).map((name) => `widget/${name}`)]) {
  sizes[file] = gzipSync(await readFile(`${fresh}/${file}`)).length
}
const sum = (entries) => entries.reduce((total, [, size]) => total + size, 0)
const [languages, rest] = [true, false].map((wanted) => Object.entries(sizes).filter(([name]) => name.startsWith("widget/words-") === wanted))
const early = sum(rest.filter(([name]) => !name.startsWith("widget/panel-")))
const whole = sum(rest) + Math.max(...languages.map(([, size]) => size))
console.log("widget, gzipped bytes:", Object.fromEntries(rest), { "before opening": early, "in all": whole })
if (early > BEFORE_OPENING || whole > ALTOGETHER) {
  await rm(fresh, { recursive: true })
  throw new Error(`The widget is too heavy: ${BEFORE_OPENING} bytes before opening and ${ALTOGETHER} in all are allowed.`)
}
await rm(at("dist"), { recursive: true, force: true })
await rename(fresh, at("dist"))
