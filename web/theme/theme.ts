import { effect, signal } from '@preact/signals';
import { keep, recall } from '../door/storage.js';

/** `system` follows the device. */
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'pilot-dispatch:theme';

/** The chosen theme; remembered on this device. */
export const theme = signal<Theme>(remembered());

effect(() => {
  const chosen = theme.value;
  if (chosen === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = chosen;
  keep(() => localStorage, KEY, chosen === 'system' ? null : chosen);
});

/** The next of system, light and dark. */
export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system';
}

function remembered(): Theme {
  const found = recall<Theme>(() => localStorage, KEY);
  return THEMES.find((name) => name === found) ?? 'system';
}
