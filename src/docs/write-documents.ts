/**
 * Writes docs/openapi.json and docs/asyncapi.json. With `--check` it only compares, and fails when one is
 * not up to date; a name after it (`openapi`, `asyncapi`) means that one alone.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asyncApiText } from './asyncapi.js';
import { openApiText } from './openapi.js';
import { packageFile } from './package-file.js';

const DOCUMENTS: Readonly<Record<string, () => string>> = { openapi: openApiText, asyncapi: asyncApiText };

function main(args: string[]): void {
  const check = args.includes('--check');
  const named = args.filter((name) => Object.hasOwn(DOCUMENTS, name));
  for (const [name, make] of Object.entries(DOCUMENTS))
    if (named.length === 0 || named.includes(name)) handle(`docs/${name}.json`, make(), check);
}

function handle(name: string, text: string, check: boolean): void {
  const file = join(packageFile().root, name);
  if (!check) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    process.stdout.write(`${name} is written.\n`);
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`${name} is not what the code says: run \`npm run openapi\` and commit it.\n`);
    process.exitCode = 1;
  } else {
    process.stdout.write(`${name} is up to date.\n`);
  }
}

main(process.argv.slice(2));
