/** docs/runbook.md as it stands: its blocks by their names, and its commands as an operator runs them. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const PAGE = readFileSync(join(process.cwd(), 'docs/runbook.md'), 'utf8');

/** How many blocks the page has, with or without a name. */
export const BLOCKS = [...PAGE.matchAll(/^```\w/gm)].length;

/** Commands (`try`) and SQL (`try-sql`) by their names. */
export const NAMED_BLOCKS = Object.fromEntries(
  [...PAGE.matchAll(/<!-- try(?:-sql)?: ([\w-]+) -->\n\n```(?:sh|sql)\n([\s\S]*?)\n```/g)].map((one) => [
    one[1],
    one[2],
  ]),
) as Record<string, string>;

/**
 * Runs a command of the page; answers what it printed.
 *
 * @param names what the reader puts in, such as BOOKING
 */
export async function runCommand(
  name: string,
  { address, namespace }: { address: string; namespace: string },
  names: Record<string, string> = {},
): Promise<string> {
  const env = {
    ...{ PATH: process.env['PATH'], CLI: process.env['TEST_TEMPORAL_CLI'], HOME: tmpdir() },
    ...{ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace },
    ...names,
  };
  // The CLI of the tests stands for the one that an operator has in his path.
  const script = `temporal() { "$CLI" "$@"; }\n${NAMED_BLOCKS[name] ?? 'exit 9'}`;
  return (await promisify(execFile)('bash', ['-euc', script], { env })).stdout;
}
