// What the user sees when everything runs.
import type { Settings } from './settings.js';
import { paint } from './terminal.js';

/** The block with all addresses. */
export function banner(
  settings: Settings,
  databaseUrl: string,
  uiUrl: string | undefined,
  seconds: string,
): string {
  const origin = `http://localhost:${settings.port}`;
  const rows: [string, string][] = [
    ['API and pages', origin],
    ['API docs', `${origin}/docs`],
    ['Temporal Web UI', uiUrl ?? `of ${settings.temporalAddress ?? 'your profile'}`],
    ['Postgres', settings.databaseUrl === undefined ? databaseUrl : withoutPassword(databaseUrl)],
    ['Data and logs', settings.dataDir],
  ];
  const lines = rows.map(([name, value]) => `  ${name.padEnd(17)}${paint(value, 'green')}`);
  const next = 'Next: README.md, "Follow one booking". Ctrl-C stops everything and keeps the data.';
  return ['', `pilot-dispatch is ready (${seconds} s)`, '', ...lines, '', `  ${next}`, '', ''].join('\n');
}

/** The password of somebody else's database does not belong on a screen. */
function withoutPassword(url: string): string {
  const parsed = new URL(url);
  if (parsed.password !== '') parsed.password = '***';
  return parsed.href;
}
