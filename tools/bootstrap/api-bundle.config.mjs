// Makes the API one file, its packages included: 2,000 files less to find and read make it ready a second sooner.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const fromRoot = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Packages that Nest, TypeORM and the like ask for only where they are installed, which is not here. */
const NOT_INSTALLED = [
  ...['@fastify', '@google-cloud', '@nestjs/microservices', '@nestjs/websockets', '@sap', '@sqlitecloud'],
  ...['better-sqlite3', 'bufferutil', 'class-transformer', 'class-validator', 'expo-sqlite', 'hdb-pool'],
  ...['mongodb', 'mssql', 'mysql', 'mysql2', 'oracledb', 'pg-native', 'pg-query-stream', 'redis'],
  ...['react-native-sqlite-storage', 'sql.js', 'sqlite3', 'typeorm-aurora-data-api-driver', 'utf-8-validate'],
].map((name) => new RegExp(`^${name}(/|$)`));

export default defineConfig({
  root: fromRoot(''),
  cacheDir: fromRoot('.cache/vite-api'),
  publicDir: false,
  ssr: { noExternal: true, target: 'node' },
  build: {
    ssr: fromRoot('dist/src/main.js'),
    // Beside main.js: what it finds by its own address is where it was.
    outDir: fromRoot('dist/src'),
    emptyOutDir: false,
    target: 'node20',
    minify: false,
    rolldownOptions: {
      external: NOT_INSTALLED,
      output: { entryFileNames: 'api.mjs', codeSplitting: false },
    },
  },
});
