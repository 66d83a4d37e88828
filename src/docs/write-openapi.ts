/** Writes docs/openapi.json; with `--check` only compares, and fails when it is not up to date. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openApiText } from './openapi.js';
import { packageFile } from './package-file.js';

function main(check: boolean): void {
  const file = join(packageFile().root, 'docs', 'openapi.json');
  const text = openApiText();
  if (!check) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    process.stdout.write('docs/openapi.json is written.\n');
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    process.stderr.write(
      'docs/openapi.json is not what the code says: run `npm run openapi` and commit it.\n',
    );
    process.exitCode = 1;
  } else {
    process.stdout.write('docs/openapi.json is up to date.\n');
  }
}

main(process.argv.includes('--check'));
