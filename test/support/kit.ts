/** QA's replay kit, as npm runs it: what a command says, and its exit code. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';

export interface Said {
  code: number;
  out: string;
  err: string;
}

/** One command of the kit; without keys unless told. */
export function kit(
  command: 'record' | 'replay' | 'show',
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Said> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join('dist/tools/history', `${command}.js`), ...args],
      { env: { ...process.env, PAYLOAD_KEYS: '', ...env } },
      (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}
