/** Prometheus' text form, as a test reads it. */
import { eventually } from './waiting.js';

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;

/** Every sample of a scrape. */
export function samplesOf(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map((one) => [
      one[1] ?? '',
      one[2] ?? '',
    ]);
    return [{ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }];
  });
}

/** Scrapes again and again until a sample fits; answers all samples of that scrape. */
export async function scrapedUntil(
  url: string,
  what: string,
  fits: (sample: Sample) => boolean,
): Promise<Sample[]> {
  return eventually(what, async () => {
    const samples = samplesOf(await (await fetch(url)).text());
    return samples.some(fits) ? samples : null;
  });
}

/** Names of metrics in an expression of Prometheus. */
export function metricsIn(expression: string): string[] {
  const plain = expression.replaceAll(/"[^"]*"/g, '""').replaceAll(/\bby \([^)]*\)/g, '');
  return [...plain.matchAll(/\b(?:dispatch|temporal|process|nodejs)_\w+/g)].map((match) => match[0]);
}
