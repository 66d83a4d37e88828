// `npm run audit` never calls good what it could not ask, nor what the registry finds wrong.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const GOOD = { signatures: { invalid: [], missing: [] }, advisories: { vulnerabilities: {} } };
const AWAY = { message: 'request to the registry failed', error: { summary: '' } };

/** Runs it with an npm that answers so. */
function audit(answers: { signatures: object; advisories: object }): { code: number | null; said: string } {
  const bin = mkdtempSync(join(tmpdir(), 'audit-'));
  try {
    const npm = join(bin, 'npm');
    const body = `console.log(process.argv.includes('signatures') ? ${quoted(answers.signatures)} : ${quoted(answers.advisories)})`;
    writeFileSync(npm, `#!${process.execPath}\n${body}\n`);
    chmodSync(npm, 0o755);
    const env = { PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` };
    const { status, stdout } = spawnSync(process.execPath, ['tools/audit/audit.mjs'], {
      env,
      encoding: 'utf8',
    });
    return { code: status, said: stdout };
  } finally {
    rmSync(bin, { recursive: true, force: true });
  }
}

const quoted = (answer: object): string => JSON.stringify(JSON.stringify(answer));

test('S24 · all signed and nothing known: it ends with 0', () => {
  expect(audit(GOOD)).toEqual({
    code: 0,
    said: expect.stringMatching(/ok +signatures\nok +advisories/) as string,
  });
});

test('S24 · a wrong signature, one that lacks, or an advisory: named, and 1', () => {
  const one = { name: 'left-pad', version: '1.0.0' };
  for (const signatures of [
    { invalid: [one], missing: [] },
    { invalid: [], missing: [one] },
  ])
    expect(audit({ ...GOOD, signatures })).toMatchObject({
      code: 1,
      said: expect.stringContaining('left-pad@1.0.0'),
    });
  const vulnerabilities = { qs: { name: 'qs', severity: 'high', range: '<6.5' } };
  const { code, said } = audit({ signatures: AWAY, advisories: { vulnerabilities } });
  expect(code).toBe(1);
  expect(said).toContain('qs: high, in <6.5');
  const moderate = { qs: { name: 'qs', severity: 'moderate', range: '<6.5' } };
  expect(audit({ ...GOOD, advisories: { vulnerabilities: moderate } }).code).toBe(0);
});

test('S24 · a registry that does not answer is no good answer: 2, and it says that nothing was checked', () => {
  expect(audit({ ...GOOD, signatures: AWAY })).toEqual({
    code: 2,
    said: expect.stringContaining('not checked  signatures: request to the registry failed') as string,
  });
});
