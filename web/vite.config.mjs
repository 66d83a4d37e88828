// Builds the pages into dist/web: one HTML file each, and what they share once.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  // The cache of a build goes where the rest of what is made goes, not into node_modules.
  cacheDir: here('../.cache/vite'),
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../dist/web'),
    emptyOutDir: true,
    // light-dark() and color-mix() are used as they are: browsers of 2024 and newer.
    target: ['chrome123', 'firefox121', 'safari17.5'],
    rolldownOptions: {
      input: ['index.html', 'user/index.html', 'pilot/index.html', 'operator/index.html'].map(here),
    },
  },
});
