// Finds Temporal's time-skipping test server, or gets it once per user: by the SDK's own download, else by Maven.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { withLock } from './lock.js';
import { filesNamed, pathFolders } from './on-path.js';
import { ROOT, cacheDir } from './paths.js';
import { freePort } from './ports.js';
import type { Report } from './service.js';
import { exerciseTestServer } from './test-server-exercise.js';

const VERSION = '1.38.0';
const MAIN_CLASS = 'io.temporal.testserver.TestServer';
/** Starts fast rather than running fast: the SDK gives the server 5 s. */
const JVM_FLAGS = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xlog:disable -Xlog:all=error:stderr';
const OLDEST_JAVA = 17;
const DOWNLOADER = join(ROOT, 'dist/tools/setup/test-server-download.js');
const DOWNLOAD_HOST = 'https://temporal.download/';
/** Most machines without the network know it at once; the others must not wait. */
const PROBE_TIMEOUT_MS = 3_000;
const DOWNLOAD_TIMEOUT_MS = 180_000;
const MAVEN_TIMEOUT_MS = 600_000;
/** Long enough for a busy machine. */
const ARCHIVE_TIMEOUT_MS = 60_000;
const PROGRESS_EVERY_MS = 15_000;

/** Where the server is, or a sentence that says why there is none. */
export type TestServer = { path: string } | { reason: string };

/**
 * A program to hand to `createTimeSkipping({ server: { executable: { type: 'existing-path', path } } })`.
 * The first time takes up to a minute; it is kept in the cache folder.
 */
export async function findTestServer(report?: Report): Promise<TestServer> {
  const cached = fromCache();
  if (cached !== undefined) return { path: cached };
  mkdirSync(cacheDir(), { recursive: true });
  const onWait = (pid: number): void =>
    report?.(`Process ${pid} is getting the time-skipping server; waiting for it`);
  return withLock(join(cacheDir(), 'test-server.lock'), onWait, async () => {
    const meanwhile = fromCache();
    if (meanwhile !== undefined) return { path: meanwhile };
    for (const name of readdirSync(cacheDir()).filter((entry) => entry.startsWith('test-server-new-')))
      rmSync(join(cacheDir(), name), { recursive: true, force: true });
    const folder = mkdtempSync(join(cacheDir(), 'test-server-new-'));
    try {
      const reason = (await download(folder, report)) ? undefined : await makeByMaven(folder, report);
      if (reason !== undefined) return { reason };
      // Renamed into place when whole: an interrupted attempt leaves nothing that looks like the server.
      rmSync(home(), { recursive: true, force: true });
      renameSync(folder, home());
      return { path: join(home(), 'launch') };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

function home(): string {
  return join(cacheDir(), `test-server-${VERSION}`);
}

/** The server made before, unless the Java or the jars that it uses have gone since. */
function fromCache(): string | undefined {
  const launcher = join(home(), 'launch');
  if (!existsSync(launcher)) return undefined;
  const list = join(home(), 'uses.txt');
  const used = existsSync(list) ? readFileSync(list, 'utf8').split('\n') : [];
  return used.every((file) => existsSync(file)) ? launcher : undefined;
}

async function download(folder: string, report?: Report): Promise<boolean> {
  const reachable = await fetch(DOWNLOAD_HOST, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) }).then(
    () => true,
    () => false,
  );
  if (!reachable) return false;
  const { code } = await runToEnd(process.execPath, [DOWNLOADER, folder], {
    what: "Getting the time-skipping server by the SDK's download (once)",
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
    report,
  });
  const file = readdirSync(folder).find((name) => /^temporal-test-server[^.]*(\.[^d].*)?$/.test(name));
  if (code !== 0 || file === undefined) return false;
  renameSync(join(folder, file), join(folder, 'launch'));
  return true;
}

/** @returns why it could not be made; undefined when it was */
async function makeByMaven(folder: string, report?: Report): Promise<string | undefined> {
  if (process.platform === 'win32')
    return 'its download is out of reach, and the way by Java needs a Unix shell';
  const java = findJava();
  if (java === undefined)
    return `its download is out of reach, and there is no Java ${OLDEST_JAVA} or newer (JAVA_HOME, or java on the PATH)`;
  writeFileSync(join(folder, 'pom.xml'), pom());
  const { code, output } = await runToEnd('mvn', mavenArguments(folder), {
    what: 'Getting the time-skipping server by Maven (once per user)',
    timeoutMs: MAVEN_TIMEOUT_MS,
    report,
  });
  if (code === undefined) return 'its download is out of reach, and there is no Maven (mvn on the PATH)';
  if (code !== 0) return `Maven could not get it: ${firstError(output)}`;
  const jars = readFileSync(join(folder, 'classpath.txt'), 'utf8').trim();
  writeFileSync(join(folder, 'uses.txt'), [java, ...jars.split(delimiter)].join('\n'));
  await makeArchive(java, jars, folder, report);
  // The archive lies beside the script, wherever that is moved to; without one Java just starts slower.
  const script = [
    '#!/bin/sh',
    `exec "${java}" ${JVM_FLAGS} -Xshare:auto -XX:SharedArchiveFile="$(dirname "$0")/classes.jsa" \\`,
    `  -cp "${jars}" ${MAIN_CLASS} "$@"`,
  ];
  writeFileSync(join(folder, 'launch'), `${script.join('\n')}\n`);
  chmodSync(join(folder, 'launch'), 0o755);
  return undefined;
}

function mavenArguments(folder: string): string[] {
  const output = `-Dmdep.outputFile=${join(folder, 'classpath.txt')}`;
  return [
    '-q',
    '-B',
    '-f',
    join(folder, 'pom.xml'),
    'dependency:build-classpath',
    output,
    '-Dmdep.includeScope=runtime',
  ];
}

function pom(): string {
  const dependency = (group: string, artifact: string, version: string): string =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>pilot-dispatch</groupId><artifactId>test-server</artifactId><version>1</version>
  <dependencies>
    ${dependency('io.temporal', 'temporal-test-server', VERSION)}
    ${dependency('org.slf4j', 'slf4j-nop', '1.7.36')}
  </dependencies>
</project>
`;
}

/** The program's absolute path, so that the launcher does not depend on the caller's PATH. */
function findJava(): string | undefined {
  const homes = [process.env['JAVA_HOME'] ?? '']
    .filter((each) => each !== '')
    .map((each) => join(each, 'bin'));
  return filesNamed(['java'], [...homes, ...pathFolders()]).find((file) => javaVersion(file) >= OLDEST_JAVA);
}

function javaVersion(java: string): number {
  try {
    // Java 8 does not know this flag, and is too old anyway.
    const version = execFileSync(java, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return Number(/ (\d+)/.exec(version)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Notes the classes of one real run, so that later ones need not load them one by one: 2 s become half a second. */
async function makeArchive(java: string, jars: string, folder: string, report?: Report): Promise<void> {
  report?.('Noting the classes of the time-skipping server, so that it starts fast');
  const port = await freePort();
  const flags = [...JVM_FLAGS.split(' '), `-XX:ArchiveClassesAtExit=${join(folder, 'classes.jsa')}`];
  const server = spawn(java, [...flags, '-cp', jars, MAIN_CLASS, String(port)], { stdio: 'ignore' });
  const ended = new Promise((resolve) => server.once('close', resolve).once('error', resolve));
  try {
    await exerciseTestServer(`127.0.0.1:${port}`);
  } catch (error) {
    report?.(
      `That run went wrong, so it will start slower: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  // The archive is written at an orderly end.
  server.kill('SIGTERM');
  const tooLong = setTimeout(() => server.kill('SIGKILL'), ARCHIVE_TIMEOUT_MS);
  await ended;
  clearTimeout(tooLong);
}

interface RunOptions {
  what: string;
  timeoutMs: number;
  report: Report | undefined;
}

/** Runs a program to its end, with a line now and then; the code is undefined when there is no such program. */
function runToEnd(
  command: string,
  args: string[],
  { what, timeoutMs, report }: RunOptions,
): Promise<{ code?: number; output: string }> {
  report?.(what);
  const startedAt = Date.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const tooLong = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const progress = setInterval(
    () => report?.(`${what}: ${Math.round((Date.now() - startedAt) / 1000)} s so far`),
    PROGRESS_EVERY_MS,
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (output = (output + chunk).slice(-20_000)));
  return new Promise((resolve) => {
    child.once('error', () => resolve({ output }));
    child.once('close', (code) => resolve({ code: code ?? 137, output }));
  }).finally(() => {
    clearInterval(progress);
    clearTimeout(tooLong);
  }) as Promise<{ code?: number; output: string }>;
}

function firstError(output: string): string {
  const line =
    output.split('\n').find((each) => each.includes('[ERROR]')) ?? output.trim().split('\n').at(-1) ?? '';
  return line.replace(/^.*\[ERROR\]\s*/, '').slice(0, 200);
}
