/**
 * The variables of an environment that are set. An empty one is not: compose files pass `${NAME:-}` for what nobody has
 * set. For Temporal's own variables as well, whose reader takes an empty key for a key.
 */
export function setVariables(environment: Record<string, string | undefined>): Record<string, string> {
  const set = Object.entries(environment).filter((entry): entry is [string, string] => !!entry[1]);
  return Object.fromEntries(set);
}
