/** Colours as a browser computes them. */

export interface Colour {
  /** 0 to 255, as many digits as the browser gives. */
  red: number;
  green: number;
  blue: number;
  /** 0 to 1. */
  alpha: number;
}

/** The first colour of a computed value: `rgb(1, 2, 3)`, `rgba(…)` or `color(srgb 0.1 0.2 0.3 / 0.4)`. */
export function colourOf(computed: string): Colour {
  const [, kind = '', inside = ''] = /(rgba?|color)\(([^)]*)\)/.exec(computed) ?? [];
  const [red, green, blue, alpha = 1] = inside
    .replace('srgb', '')
    .split(/[\s,/]+/)
    .filter(Boolean)
    .map(Number);
  if (red === undefined || green === undefined || blue === undefined)
    throw new Error(`no colour: ${computed}`);
  const whole = kind === 'color' ? 255 : 1;
  return { red: red * whole, green: green * whole, blue: blue * whole, alpha };
}

/** The colour of `#rrggbb`. */
export function hex(text: string): Colour {
  const [red = NaN, green = NaN, blue = NaN] = [1, 3, 5].map((from) =>
    Number.parseInt(text.slice(from, from + 2), 16),
  );
  return { red, green, blue, alpha: 1 };
}

/** `part` (0 to 1) of one over the rest of the other. */
export function mixed(one: Colour, part: number, other: Colour): Colour {
  const mix = (channel: 'red' | 'green' | 'blue'): number =>
    one[channel] * part + other[channel] * (1 - part);
  return { red: mix('red'), green: mix('green'), blue: mix('blue'), alpha: 1 };
}

/** As close as rounding allows. */
export function expectColour(computed: string, wanted: Colour): void {
  const found = colourOf(computed);
  for (const channel of ['red', 'green', 'blue'] as const)
    expect(Math.abs(found[channel] - wanted[channel])).toBeLessThanOrEqual(1.5);
  expect(found.alpha).toBeCloseTo(wanted.alpha, 2);
}
