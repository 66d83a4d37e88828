// `npm run audit`: asks the registry whether what is installed is what was published (`npm audit signatures`), and what is
// known to be wrong with it (`npm audit`). Not every registry answers: then it says so, and that nothing was checked.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXIT = { good: 0, bad: 1, notAsked: 2 };
const ANSWER_MS = 120_000;

const QUESTIONS = [
  {
    name: 'signatures',
    args: ['audit', 'signatures', '--json'],
    /** Names of packages whose signature is wrong, or lacks although their registry signs. */
    faultsOf: ({ invalid, missing }) => [
      ...(invalid ?? []).map((one) => `${one.name}@${one.version}: its signature is wrong`),
      ...(missing ?? []).map((one) => `${one.name}@${one.version}: it has no signature`),
    ],
  },
  {
    name: 'advisories',
    args: ['audit', '--json', '--audit-level=high'],
    faultsOf: ({ vulnerabilities }) =>
      Object.values(vulnerabilities ?? {})
        .filter(({ severity }) => severity === 'high' || severity === 'critical')
        .map((one) => `${one.name}: ${one.severity}, in ${one.range}`),
  },
];

function ask({ name, args, faultsOf }) {
  const { stdout } = spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8', timeout: ANSWER_MS });
  const answer = parsed(stdout ?? '');
  if (answer === null || answer.error !== undefined) {
    const why = answer?.message || answer?.error.summary || 'npm gave no answer';
    console.log(`not checked  ${name}: ${why.split('\n')[0]}`);
    return EXIT.notAsked;
  }
  const faults = faultsOf(answer);
  for (const fault of faults) console.log(`             ${fault}`);
  console.log(`${faults.length === 0 ? 'ok         ' : 'FAILED     '}  ${name}`);
  return faults.length === 0 ? EXIT.good : EXIT.bad;
}

/** npm's JSON, or null where it wrote none. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const codes = QUESTIONS.map(ask);
process.exitCode = codes.includes(EXIT.bad) ? EXIT.bad : Math.max(...codes);
