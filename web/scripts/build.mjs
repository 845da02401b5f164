// Builds web/dist: `inbox/`, the widget's panel under `widget/`, and `widget.js`, which knows the panel's name.
import { rm } from "node:fs/promises"
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
    target: "es2022",
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: false,
    rollupOptions: {
      input: at("widget/panel.tsx"),
      preserveEntrySignatures: "exports-only",
      output: { entryFileNames: "panel-[hash].js", chunkFileNames: "[name]-[hash].js" },
    },
  },
})
const entry = panel.output.find((file) => file.type === "chunk" && file.isEntry)

await build({
  ...quiet,
  root: at("widget"),
  define: { __PANEL__: JSON.stringify(`/assets/widget/${entry.fileName}`) },
  build: {
    outDir: at("dist"),
    emptyOutDir: false,
    target: "es2022",
    reportCompressedSize: false,
    lib: { entry: at("widget/loader.ts"), formats: ["iife"], name: "ShopbellLoader", fileName: () => "widget.js" },
  },
})
