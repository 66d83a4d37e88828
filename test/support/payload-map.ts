/**
 * Payloads as maps of their fields' paths to types, without values; and many of them as one text: for each who and
 * where, the states in which the map is the same, then the map.
 */

/** What is shown, and where: one map. `lines` are `path: type`, or one word for what is not shown. */
export interface Sight {
  /** `user · GET /bookings/:id` */
  place: string;
  state: string;
  lines: string[];
}

/** The fields of a payload, sorted; a field that has several types in a list names them all. */
export function fieldsOf(payload: unknown): string[] {
  const types = new Map<string, Set<string>>();
  note(payload, '', types);
  return [...types]
    .map(([path, found]) => `${path}${path === '' ? '' : ': '}${[...found].sort().join(' | ')}`)
    .sort();
}

function note(value: unknown, path: string, types: Map<string, Set<string>>): void {
  if (Array.isArray(value) && value.length > 0) {
    for (const item of value) note(item, `${path}[${kindOf(item)}]`, types);
  } else if (value !== null && typeof value === 'object' && Object.keys(value).length > 0) {
    for (const [key, inner] of Object.entries(value))
      note(inner, path === '' || path.endsWith('.') ? path + key : `${path}.${key}`, types);
  } else {
    types.set(path, (types.get(path) ?? new Set()).add(typeOf(value)));
  }
}

/** Events, steps and acts have other fields each: they are told apart by their names. */
function kindOf(item: unknown): string {
  const { event, kind, action } = (item ?? {}) as Record<string, unknown>;
  const name = event ?? kind ?? action;
  return typeof name === 'string' ? name : '';
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'empty list';
  return typeof value === 'object' ? 'empty object' : typeof value;
}

/** By key, in the order in which the keys first come. */
export function grouped<T>(items: T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/** The text: sorted by place, the states of one map together. */
export function asText(sights: Sight[]): string {
  const places = grouped(sights.flatMap(byKind), (one) => one.place);
  const all = new Set(sights.map((one) => one.state)).size;
  const parts = [...places].sort(byKey).map(([place, here]) => {
    const maps = grouped(here, (one) => one.lines.join('\n'));
    const groups = [...maps].map(([lines, same]) => {
      const states = same.length === all ? 'every state' : same.map((one) => one.state).join(', ');
      return `  -- ${states}\n${lines.replaceAll(/^/gm, '    ')}\n`;
    });
    return `${place}\n${groups.join('')}`;
  });
  return parts.join('\n');
}

/** Each kind of a list's items has a place of its own, since every state has other kinds together. */
function byKind({ place, state, lines }: Sight): Sight[] {
  const parts = grouped(lines, (line) => /^.*?\[[^\]]+\]/.exec(line)?.[0] ?? '');
  return [...parts].map(([kind, mine]) => ({
    place: kind === '' ? place : `${place} ${kind}`,
    state,
    lines: mine.map((line) => line.slice(kind.length)),
  }));
}

const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

/** What differs between two such texts, each line with its place and its state. */
export function differences(committed: string, found: string): string[] {
  const [before, now] = [factsOf(committed), factsOf(found)];
  const gone = [...before].filter((fact) => !now.has(fact)).map((fact) => `- ${fact}`);
  const added = [...now].filter((fact) => !before.has(fact)).map((fact) => `+ ${fact}`);
  return [...gone, ...added].sort((a, b) => (a.slice(2) < b.slice(2) ? -1 : 1));
}

function factsOf(text: string): Set<string> {
  const facts = new Set<string>();
  let place = '';
  let states: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('    '))
      for (const state of states) facts.add(`${place} · ${state} · ${line.trim()}`);
    else if (line.startsWith('  -- ')) states = line.slice(5).split(', ');
    else place = line;
  }
  return facts;
}
