// The supervisor's own lines in the terminal: who speaks, then what.

const COLOURS = { grey: 90, red: 31, yellow: 33, green: 32, cyan: 36 } as const;
export type Colour = keyof typeof COLOURS;

const inColour = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
// The terminal may be gone before we are: that is no reason to leave the parts behind.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

/** The text in a colour where the terminal shows them. */
export function paint(text: string, colour: Colour): string {
  return inColour ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text;
}

/** Writes a line with the name of the part it is about. */
export function say(part: string, text: string, colour?: Colour): void {
  const shown = colour === undefined ? text : paint(text, colour);
  process.stdout.write(`${paint(part.padEnd(9), 'cyan')} ${shown}\n`);
}
