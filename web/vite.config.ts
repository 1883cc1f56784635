import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// Relative addresses: the console works behind any path prefix of a proxy. In development the API is the one that
// `roundsman serve` offers beside it.
export default defineConfig({
  base: "./",
  plugins: [svelte()],
  server: { proxy: { "^/(readyz|route|REST|api)": "http://127.0.0.1:8080" } },
});
