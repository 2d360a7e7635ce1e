import { defineConfig } from "vitest/config";

// One script and one style sheet under names that never change: Django addresses them, and a
// rebuild of the same sources gives the same bytes.
export default defineConfig({
  base: "./",
  test: { testTimeout: 900_000 },
  build: {
    outDir: "../static/channels/editor",
    emptyOutDir: true,
    sourcemap: false,
    target: "es2022",
    cssCodeSplit: false,
    modulePreload: false,
    rollupOptions: {
      input: "src/main.tsx",
      output: {
        entryFileNames: "editor.js",
        chunkFileNames: "chunk-[hash].js",
        assetFileNames: (asset) =>
          asset.names.some((name) => name.endsWith(".css")) ? "editor.css" : "[name][extname]",
      },
    },
  },
});
