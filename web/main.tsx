/** The first page: which of the three. */
import { render } from 'preact';
import { Icon, type IconName } from './kit/icon.js';
import { ThemeSwitch } from './kit/shell.js';

const PAGES: readonly { href: string; icon: IconName; name: string; about: string }[] = [
  { href: '/user', icon: 'box', name: 'Book a pickup', about: 'Book, follow the search, track your driver.' },
  { href: '/pilot', icon: 'navigate', name: 'Pilot', about: 'Go online, answer offers, carry out jobs.' },
  { href: '/operator', icon: 'list', name: 'Operations', about: 'Watch every search, and step in.' },
];

function Start() {
  return (
    <>
      <header class="top-bar">
        <h1 class="text-title grow">Pilot dispatch</h1>
        <ThemeSwitch />
      </header>
      <main class="phone stack">
        {PAGES.map((page) => (
          <a key={page.href} href={page.href} class="card row start-link">
            <Icon name={page.icon} size={28} />
            <span class="grow stack-tight">
              <span class="text-title">{page.name}</span>
              <span class="soft text-small">{page.about}</span>
            </span>
          </a>
        ))}
        <p class="text-small row-wrap">
          <a href="/docs">API (REST)</a>
          <a href="/docs/asyncapi.json">API (events)</a>
        </p>
      </main>
    </>
  );
}

const root = document.getElementById('app');
if (root !== null) render(<Start />, root);
