// Colours live in web/theme/tokens.css alone: refuses a colour literal anywhere else in web/, and a `color` in the
// classes of text of web/theme/text.css. `node tools/lint/colours.mjs [FOLDER]`.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COLOUR_NAMES } from './colour-names.mjs';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const ALLOWED = 'theme/tokens.css';
const TEXT_CLASSES = 'theme/text.css';
const SOURCES = /\.(css|tsx?|html|svg)$/;

const HEX = /(?<![\w&/#]|url\(['"]?)#(?:[\da-f]{8}|[\da-f]{6}|[\da-f]{3,4})(?![\w-])/gi;
const FUNCTION = /(?<![\w-])(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color|device-cmyk)\(/gi;
const NUMBERED_FUNCTION = /(?<![\w-])(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch)\(\s*[\d.-]/gi;
const NAME = new RegExp(`(?<![\\w$.#/@-])(?:${COLOUR_NAMES.join('|')})(?![\\w(:./-])`, 'gi');
/** Properties whose values are names that anybody gives. */
const NAMED_FREELY = /^(?:animation|grid|font|content|will-change|view-transition|container|counter)/i;
/** What comes before a `#` that leads to an element or a place. */
const LEADS_SOMEWHERE =
  /(?:(?:href|for|id)\s*=|hash\s*(?:[!=]==?|=)|(?:querySelector(?:All)?|closest|matches|url)\()\s*$/i;
/** Properties of CSS, and attributes of SVG and of styles in scripts, whose values are or hold colours. */
const COLOURED =
  '(?:--[\\w-]+|[\\w-]*[cC]olor|background(?:-image|Image)?|border(?:-[\\w-]+|[A-Z]\\w*)?|outline|fill|stroke|' +
  '(?:box|text)-?[sS]hadow|filter|text-?[dD]ecoration|column-?[rR]ule|accent-?[cC]olor|caret-?[cC]olor)';

/**
 * The colour literals of one file.
 * @param {string} file its path below web/, which says what it is written in
 * @param {string} text
 * @returns {{line: number, found: string}[]}
 */
export function coloursIn(file, text) {
  if (file === ALLOWED) return [];
  const bare = withoutComments(file, text);
  const values = file.endsWith('.css') ? declarations(bare) : markupValues(bare);
  const found = [
    ...values.flatMap(({ at, value }) => [
      ...matches(value, HEX, at),
      ...matches(value, FUNCTION, at),
      ...matches(value, NAME, at),
    ]),
    ...(file.endsWith('.css') ? [] : quotedColours(file, bare)),
    ...(file === TEXT_CLASSES ? textColours(bare) : []),
  ];
  const unique = new Map(found.map((one) => [`${one.at}`, one]));
  return [...unique.values()]
    .toSorted((one, other) => one.at - other.at)
    .map(({ at, found: literal }) => ({ line: text.slice(0, at).split('\n').length, found: literal }));
}

/** Blanks for everything, so that places stay. */
function blank(text) {
  return text.replaceAll(/[^\n]/g, ' ');
}

function withoutComments(file, text) {
  const bare = text.replaceAll(/\/\*[\s\S]*?\*\//g, blank).replaceAll(/<!--[\s\S]*?-->/g, blank);
  return /\.tsx?$/.test(file) ? bare.replaceAll(/(?<![:'"`\w])\/\/[^\n]*/g, blank) : bare;
}

/** The values of CSS: what stands between a property's colon and the end of its declaration, its strings left out. */
function declarations(css) {
  return [...css.matchAll(/(?<=[{};]\s*)((?:--)?[a-z][\w-]*)\s*:([^;{}]*)(?=[;}])/gi)]
    .filter((match) => !NAMED_FREELY.test(match[1]))
    .map(valueOf)
    .map(({ at, value }) => ({ at, value: value.replaceAll(/(['"]).*?\1/g, blank) }));
}

/** In markup and scripts: attributes and properties that hold colours, styles, and whole style sheets. */
function markupValues(text) {
  const named = text.matchAll(
    new RegExp(`(?<![\\w-])['"]?${COLOURED}['"]?\\s*[=:]\\s*\\{?\\s*(['"\`])(.*?)\\1`, 'gs'),
  );
  const styles = text.matchAll(/(?<![\w-])style\s*=\s*\{?\s*(['"`])(.*?)\1/gs);
  const sheets = [...text.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/g)].flatMap((sheet) => {
    const { at, value } = valueOf(sheet);
    return declarations(`{${value}}`).map((one) => ({ at: at + one.at - 1, value: one.value }));
  });
  return [...[...named, ...styles].map(valueOf), ...sheets];
}

/** Strings of a script and values of attributes that are a colour and nothing more, or hold a function with numbers. */
function quotedColours(file, text) {
  const strings = [...text.matchAll(/(['"`])((?:(?!\1)[^\\\n]|\\.)*)\1/g)].map(valueOf);
  return strings.flatMap(({ at, value }) => {
    const names = /\.tsx?$/.test(file) ? matches(value, NAME, at) : [];
    const whole = [...matches(value, HEX, at), ...names].find((one) => one.found === value);
    const before = text.slice(Math.max(0, at - 60), at - 1);
    const isKey = /[{,]\s*$/.test(before) && /^.\s*:/.test(text.slice(at + value.length));
    const fine = whole === undefined || isKey || LEADS_SOMEWHERE.test(before);
    return [...(fine ? [] : [whole]), ...matches(value, NUMBERED_FUNCTION, at)];
  });
}

/** `color` in a class of text: what a text stands on says its colour. */
function textColours(css) {
  return [...css.matchAll(/\.text-[^{}]*\{([^}]*)\}/g)].flatMap((rule) => {
    const { at, value } = valueOf(rule);
    return matches(value, /(?<![\w-])color\s*:/g, at);
  });
}

function valueOf(match) {
  const value = match.at(-1);
  return { at: match.index + match[0].lastIndexOf(value), value };
}

function matches(value, pattern, at) {
  return [...value.matchAll(pattern)].map((match) => ({ at: at + match.index, found: match[0] }));
}

/**
 * Every colour literal of a folder of pages.
 * @param {string} folder absolute
 * @returns {string[]} a line for each: file, line, what was found
 */
export function coloursOf(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => String(name).replaceAll('\\', '/'))
    .filter((name) => SOURCES.test(name) && !name.includes('node_modules'))
    .toSorted()
    .flatMap((name) =>
      coloursIn(name, readFileSync(join(folder, name), 'utf8')).map(
        ({ line, found }) => `${relative(ROOT, join(folder, name))}:${line}  ${found}`,
      ),
    );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = coloursOf(resolve(process.argv[2] ?? join(ROOT, 'web')));
  if (found.length > 0) {
    console.error(`${found.join('\n')}\nColours belong into web/theme/tokens.css; use var(--…).`);
    process.exit(1);
  }
}
