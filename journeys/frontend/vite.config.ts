import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// Scripts and a style sheet under names that never change: Django addresses them, and a rebuild of
// the same sources gives the same bytes. What the canvas and the segment's page share stands in
// `shared.js`; the condition builder and the windows beside the canvas are loaded when somebody opens
// them.
const SHARED =
  /node_modules\/(react|react-dom|scheduler|yaml|use-sync-external-store)\/|frontend\/words\.|src\/(words|parts|operators|http)\.|src\/choices\/|src\/model\/(tree|steps|spans)\./;
const BUILDER =
  /src\/conditions\/(?!segment\.|Condition\.)|node_modules\/(@?react-querybuilder|@reduxjs|react-redux|redux|redux-thunk|reselect|immer|numeric-quantity)\//;

export default defineConfig({
  plugins: [react()],
  base: "./",
  test: { testTimeout: 900_000 },
  build: {
    outDir: "../static/journeys/editor",
    emptyOutDir: true,
    sourcemap: false,
    target: "es2022",
    cssCodeSplit: false,
    modulePreload: false,
    rollupOptions: {
      input: { editor: "src/main.tsx", segment: "src/conditions/segment.tsx" },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: (chunk) => `${chunk.name.toLowerCase()}.js`,
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: "shared", test: SHARED },
            { name: "builder", test: BUILDER },
          ],
        },
        assetFileNames: (asset) =>
          asset.names.some((name) => name.endsWith(".css")) ? "editor.css" : "[name][extname]",
      },
    },
  },
});
