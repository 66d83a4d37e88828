/** The theme's colours as a canvas can use them. */
import type { PilotState } from '../../contract/words.js';
import type { SearchView } from '../../contract/page-shapes.js';

const TOKENS = {
  free: '--success',
  offered: '--warning',
  job: '--info',
  stale: '--outline',
  searching: '--primary',
  failed: '--error',
  edge: '--surface-raised',
} as const;
export type Colours = Readonly<Record<keyof typeof TOKENS, string>>;

/** Reads them from the stylesheet; only a used property is resolved for light or dark, so a probe wears each. */
export function readColours(near: HTMLElement): Colours {
  const probe = document.createElement('span');
  near.append(probe);
  const read = ([name, token]: [string, string]): [string, string] => {
    probe.style.color = `var(${token})`;
    return [name, getComputedStyle(probe).color];
  };
  const colours = Object.fromEntries(Object.entries(TOKENS).map(read)) as Colours;
  probe.remove();
  return colours;
}

/** Calls whenever the theme or the system's scheme changes, until the answer is called. */
export function watchColours(changed: () => void): () => void {
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  const watcher = new MutationObserver(changed);
  watcher.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  scheme.addEventListener('change', changed);
  return () => {
    watcher.disconnect();
    scheme.removeEventListener('change', changed);
  };
}

export const pilotColour = (state: PilotState, colours: Colours): string => colours[state];

export function searchColour({ status }: SearchView, colours: Colours): string {
  if (status === 'failed') return colours.failed;
  if (status === 'assigned') return colours.job;
  return status === 'cancelled' ? colours.stale : status === 'offered' ? colours.offered : colours.searching;
}
