// The lint rule of colours sees every kind of colour where it is planted, and nothing where there is none.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const RULE = join(process.cwd(), 'tools/lint/colours.mjs');

let web: string;
beforeAll(() => {
  web = mkdtempSync(join(tmpdir(), 'pilot-dispatch-colours-'));
  cpSync(join(process.cwd(), 'web/theme'), join(web, 'theme'), { recursive: true });
});
afterAll(() => rmSync(web, { recursive: true, force: true }));

/** What the rule says of one file planted among good ones. */
function said(file: string, text: string): string[] {
  writeFileSync(join(web, file), text);
  const { status, stderr } = spawnSync(process.execPath, [RULE, web], { encoding: 'utf8' });
  rmSync(join(web, file));
  const lines = stderr.trim().split('\n').slice(0, -1);
  expect(status).toBe(lines.length > 0 ? 1 : 0);
  return lines.map((line) => line.replace(/^.*?:(\d+) {2}/, '$1 '));
}

test('the pages themselves hold no colour', () => {
  expect(() => execFileSync(process.execPath, [RULE], { stdio: 'pipe' })).not.toThrow();
});

test.each([
  ['a.css', '.a {\n  color: #fff;\n}', '2 #fff'],
  ['a.css', '.a { background: #12345678 }', '1 #12345678'],
  ['a.css', '.a { box-shadow: 0 0 1px rgb(0 0 0 / 10%); }', '1 rgb('],
  ['a.css', '.a { b { margin: 0 } border-color: rgba(0,0,0,1); }', '1 rgba('],
  ['a.css', '.a { fill: hsl(10 10% 10%); }', '1 hsl('],
  ['a.css', '.a { fill: hwb(10 10% 10%); }', '1 hwb('],
  ['a.css', '.a { --mine: lab(50% 1 1); }', '1 lab('],
  ['a.css', '.a { --mine: oklch(50% 0.1 1); }', '1 oklch('],
  ['a.css', '.a { stroke: color(display-p3 1 0 0); }', '1 color('],
  ['a.css', '.a { border: 1px solid red; }', '1 red'],
  ['a.css', '.a { background: linear-gradient(White, var(--surface)); }', '1 White'],
  ['a.tsx', "const a = <p style={{ color: 'tomato' }} />;", '1 tomato'],
  ['a.tsx', 'const a = <path fill="#0f0" />;', '1 #0f0'],
  ['a.tsx', 'const a = <p style="margin: 0; color: navy" />;', '1 navy'],
  ['a.ts', "L.circleMarker(at, {\n  fillColor: dark ? '#aabbcc' : other });", '2 #aabbcc'],
  ['a.ts', "context.fillStyle = on ? 'gold' : '';", '1 gold'],
  ['a.ts', 'const a = `1px solid rgba(1, 2, ${blue}, 1)`;', '1 rgba(1'],
  ['a.html', '<meta name="theme-color" content="#ffffff" />', '1 #ffffff'],
  ['a.html', '<style>\n.a { color: black }\n</style>', '2 black'],
  ['a.svg', '<svg><path stroke="black" d="M0 0"/></svg>', '1 black'],
])('%s: %j is refused', (file, text, line) => {
  expect(said(file, text)).toEqual([line]);
});

test('a class of text carries no colour of its own', () => {
  const kept = join(web, 'theme/text.css');
  const planted = '.text-loud {\n  font-weight: 700;\n  color: var(--error);\n}';
  expect(said('theme/text.css', planted)).toEqual(['3 color:']);
  cpSync(join(process.cwd(), 'web/theme/text.css'), kept);
});

test.each([
  ['a.ts', "document.getElementById('app'); document.querySelector('#add'); location.hash = '#/bookings';"],
  ['a.ts', "if (location.hash === '#face') go('#/bookings/abc'); // red, #fff"],
  ['a.tsx', 'const a = <a href="#bad" class="tone-error red">white #1, the black box</a>;'],
  ['a.tsx', 'const a = <svg stroke="currentColor" fill="none"><use href="#cafe" /></svg>;'],
  ['a.tsx', "const a = <p style={{ color: 'var(--text)' }}>&#123;</p>; /* tan */ const snow = { red: 1 };"],
  ['a.css', '#fade .red:hover { color: var(--red); animation: snow 1s; background: url(#abc) transparent }'],
  ['a.css', ".a { content: 'red #fff'; border-color: color-mix(in srgb, var(--text) 10%, CanvasText); }"],
  ['a.svg', '<svg viewBox="0 0 1 1"><path fill="CanvasText" d="M0 0"/></svg>'],
])('%s: %j is no colour', (file, text) => {
  expect(said(file, text)).toEqual([]);
});
