// The walls between the folders stand: a forbidden import does not compile, or fails the lint; an allowed one passes.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { LINTED } from '../support/linted-walls.js';
import { WALLS } from '../support/walls.js';

const ROOT = process.cwd();

/** Folders that are not in every clone yet have no wall to test. */
const FOLDERS = Object.entries(WALLS).filter(([folder]) => existsSync(join(ROOT, folder, 'tsconfig.json')));

/** Parsed once for all programs: most of each is the library. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/** What `tsc` would say of further files in a folder, under the folder's own tsconfig.json: a list for each. */
function errorsOf(folder: string, codes: string[]): string[][] {
  const at = (file: string): string => join(ROOT, folder, file);
  const config = ts.getParsedCommandLineOfConfigFile(at('tsconfig.json'), { noEmit: true }, CONFIG_HOST);
  if (config === undefined) throw new Error(`no tsconfig.json in ${folder}`);
  const probes = new Map(codes.map((code, index) => [at(`wall-probe-${index}.ts`), code]));
  const { options, projectReferences } = config;
  const host = hostWith(probes, options);
  const program = ts.createProgram({ rootNames: [...probes.keys()], options, projectReferences, host });
  const found = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()];
  for (const file of probes.keys())
    found.push(...program.getSemanticDiagnostics(program.getSourceFile(file)));
  const stray = found.filter(({ file }) => file === undefined || !probes.has(file.fileName));
  expect(stray.map(({ messageText }) => messageText)).toEqual([]);
  return [...probes.keys()].map((probe) =>
    found
      .filter(({ file }) => file?.fileName === probe)
      .map(({ code, messageText }) => `TS${code} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`),
  );
}

const CONFIG_HOST: ts.ParseConfigFileHost = {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
    throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
  },
};

/** Files on the disk, and the probes. Our other sources read as empty: only whether they may be imported matters. */
function hostWith(probes: Map<string, string>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options, true);
  const disk = { ...host };
  const ours = (file: string): boolean =>
    file.endsWith('.ts') && !/node_modules|\/dist\/|\.d\.ts$/.test(file);
  const read = (file: string): string | undefined =>
    probes.get(file) ?? (ours(file) ? 'export {};' : undefined);
  host.fileExists = (file) => probes.has(file) || disk.fileExists(file);
  host.readFile = (file) => read(file) ?? disk.readFile(file);
  host.getSourceFile = (file, target, ...rest) => {
    const text = read(file);
    if (text !== undefined) return ts.createSourceFile(file, text, target, true);
    const format = typeof target === 'object' ? target.impliedNodeFormat : undefined;
    const key = `${file} ${format ?? ''}`;
    if (!parsed.has(key)) parsed.set(key, disk.getSourceFile(file, target, ...rest));
    return parsed.get(key);
  };
  return host;
}

const importing = (from: string): string => `import * as probe from '${from}';\nexport { probe };\n`;
/** Not found, not a module, outside of the folder, not of its project, no Node here: no other reason will do. */
const WALL = /^TS(2307|2306|6059|6307|2591) /;

describe.each(FOLDERS)('%s', (folder, { forbidden, allowed }) => {
  it(`may import ${allowed.join(', ')}`, () => {
    expect(errorsOf(folder, allowed.map(importing))).toEqual(allowed.map(() => []));
  });

  it('may import nothing beyond its walls', () => {
    // Node's own modules each alone: a package among the others would bring Node's types along.
    const [node, others] = [true, false].map((own) =>
      forbidden.filter((from) => from.startsWith('node:') === own),
    );
    const groups = [...(node ?? []).map((from) => [from]), others ?? []];
    for (const group of groups) {
      const errors = errorsOf(folder, group.map(importing));
      const passed = group.filter((_, index) => !errors[index]?.some((error) => WALL.test(error)));
      expect(passed).toEqual([]);
    }
  });
});

it('workflows know no console, no process, and not even a type of an activity', () => {
  const codes = [
    'console.log(1);',
    'process.exit();',
    "export type { x } from '../activities/booking-activities.js';",
  ];
  for (const code of codes) expect(errorsOf('workflows', [code])).not.toEqual([[]]);
  expect(errorsOf('workflows', ['export const time = Date.now();'])).toEqual([[]]);
});

describe('the lint', () => {
  it('knows the arrows inside of src, and those that references let through', () => {
    const cases = Object.entries(LINTED).flatMap(([folder, { forbidden, allowed }]) => [
      ...forbidden.map((from) => ({ folder, from, refused: true })),
      ...allowed.map((from) => ({ folder, from, refused: false })),
    ]);
    const refused = lint(cases);
    const got = cases.map((one, index) => ({ ...one, refused: refused.has(index) }));
    expect(got).toEqual(cases);
  });

  it('has a line of its own for each folder of src', () => {
    const { overrides } = JSON.parse(readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8')) as {
      overrides: { files: string[] }[];
    };
    const named = overrides.flatMap(({ files }) => files);
    const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    expect(folders.map(({ name }) => `src/${name}/**`).filter((line) => !named.includes(line))).toEqual([]);
  });
});

/** Lints one file for each case, under our rules, outside of the clone. Answers which were refused for their import. */
function lint(cases: { folder: string; from: string }[]): Set<number> {
  const home = mkdtempSync(join(tmpdir(), 'walls-'));
  try {
    copyFileSync(join(ROOT, '.oxlintrc.json'), join(home, '.oxlintrc.json'));
    cases.forEach(({ folder, from }, index) => {
      mkdirSync(join(home, folder), { recursive: true });
      writeFileSync(join(home, folder, `probe-${index}.ts`), importing(from));
    });
    const { stdout } = spawnSync(
      process.execPath,
      [join(ROOT, 'node_modules/oxlint/bin/oxlint'), '--format=unix'],
      {
        cwd: home,
        encoding: 'utf8',
      },
    );
    const lines = stdout.split('\n').filter((line) => line.includes('no-restricted-imports'));
    return new Set(lines.map((line) => Number(/probe-(\d+)\.ts/.exec(line)?.[1])));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
