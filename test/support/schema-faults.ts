/** What generators of clients stumble over in a document's schemas. */
export type Json = Record<string, unknown>;

/** Every object inside `value`, itself too, with its way there. */
export function* inside(value: unknown, way = ''): Generator<[string, Json]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [way, value as Json];
  for (const [key, part] of Object.entries(value)) yield* inside(part, `${way}/${key}`);
}

const isObjectSchema = (schema: Json): boolean => schema['properties'] !== undefined;

/** Faults of one named schema: inline objects, unions other than "this name or null". */
export function faultsIn(name: string, schema: Json): string[] {
  const faults: string[] = [];
  for (const [way, part] of inside(schema)) {
    if (way !== '' && isObjectSchema(part) && !way.endsWith('/properties'))
      faults.push(`inline object ${name}${way}`);
    if (part['oneOf'] !== undefined || part['allOf'] !== undefined)
      faults.push(`oneOf or allOf ${name}${way}`);
    const union = part['anyOf'] as Json[] | undefined;
    if (union === undefined) continue;
    const [named, nothing] = union;
    if (union.length !== 2 || named?.['$ref'] === undefined || nothing?.['type'] !== 'null')
      faults.push(`union ${name}${way}`);
  }
  return faults;
}

/** Every `$ref` in a document, each once, and those of them that lead nowhere. */
export function refsOf(document: object): { all: Set<string>; broken: string[] } {
  const all = new Set<string>();
  for (const [, { $ref: ref }] of inside(document)) if (typeof ref === 'string') all.add(ref);
  const broken = [...all].filter((ref) => {
    const way = ref.replace(/^#\//, '').split('/');
    const found = way.reduce<unknown>((value, key) => (value as Json | undefined)?.[key], document);
    return typeof found !== 'object';
  });
  return { all, broken };
}
