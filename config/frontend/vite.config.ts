import { defineConfig } from "vitest/config";

// A small script that every page with a chart loads, and the drawing, which it fetches when a chart
// comes near. Names never change: Django addresses the first, the first the second.
export default defineConfig({
  base: "./",
  test: { testTimeout: 900_000 },
  build: {
    outDir: "../static/charts",
    emptyOutDir: true,
    sourcemap: false,
    target: "es2022",
    modulePreload: false,
    rollupOptions: {
      input: "src/charts.ts",
      output: { entryFileNames: "charts.js", chunkFileNames: "[name].js" },
    },
  },
});
