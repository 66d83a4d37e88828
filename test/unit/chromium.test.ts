// A machine that has no browser gets one, or is told what to install: tried with stand-ins for the programs.
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const MODULE = pathToFileURL(join(process.cwd(), 'dist/tools/setup/chromium.js')).href;
const ASK = `(await import('${MODULE}')).findChromium((line) => console.error(line))
  .then((path) => console.log(path), (error) => console.log(error.name + ': ' + error.message))`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pilot-dispatch-chromium-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, script: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** Asks on a machine that has nothing but what the test put into the folder, and no network. */
async function found(more: Record<string, string> = {}): Promise<{ answer: string; told: string }> {
  const env = {
    PATH: folder,
    HOME: folder,
    XDG_CACHE_HOME: folder,
    PLAYWRIGHT_BROWSERS_PATH: join(folder, 'playwright'),
    PLAYWRIGHT_DOWNLOAD_HOST: 'http://127.0.0.1:9',
    ...more,
  };
  const args = ['--input-type=module', '-e', ASK];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env });
  return { answer: stdout.trim(), told: stderr };
}

test('the one of CHROMIUM_PATH comes first; one that does not start is named', async () => {
  program('chromium', 'echo Chromium 1');
  const mine = program('mine', 'echo Google Chrome 2');
  expect((await found({ CHROMIUM_PATH: mine })).answer).toBe(mine);
  const broken = program('broken', 'exit 1');
  expect((await found({ CHROMIUM_PATH: broken })).answer).toBe(
    `SetupError: CHROMIUM_PATH is ${broken}, but no browser starts there.`,
  );
});

test('on the PATH, one that does not start is passed over', async () => {
  program('chromium', 'echo "install the snap"; exit 1');
  const second = program('chromium-browser', 'echo Chromium 3');
  expect(await found()).toEqual({ answer: second, told: '' });
});

test('with the download out of reach, root gets it by apt-get; else it is said what to install', async () => {
  const file = join(folder, 'chromium');
  program(
    'apt-get',
    `[ "$1" = install ] || exit 0\nprintf '#!/bin/sh\\necho Chromium 4\\n' > ${file}\n/bin/chmod +x ${file}`,
  );
  const { answer, told } = await found();
  expect(told).toContain('That download is out of reach from here');
  // Only root may install.
  if (process.getuid?.() === 0) expect(answer).toBe(file);
  else expect(answer).toMatch(/^SetupError: There is no Chromium here/);
}, 30_000);

test('with no way at all the message says what to install', async () => {
  expect((await found()).answer).toMatch(
    /^SetupError: There is no Chromium here .* install chromium or Google Chrome .* set CHROMIUM_PATH/,
  );
}, 30_000);
