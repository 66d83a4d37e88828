/** What every page has around it: sign-in, the bar on top, and the word when the connection is lost. */
import { useSignal } from '@preact/signals';
import { render, type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { TokenType } from '../../contract/words.js';
import { wordsOf } from '../door/api.js';
import { readConfig } from '../door/config.js';
import type { Line } from '../door/line.js';
import { PEOPLE } from '../door/people.js';
import { Session, type Identity } from '../door/session.js';
import { nextTheme, theme } from '../theme/theme.js';
import { Button, Field, IconButton } from './controls.js';
import { Dialog } from './dialog.js';
import { Card, Notice } from './surfaces.js';
import '../theme/base.css';
import './kit.css';

/** Reads the configuration, signs in and shows `page` for whoever is signed in; anew when that changes. */
export async function openPage(
  type: TokenType,
  page: (given: { session: Session; identity: Identity }) => ComponentChildren,
): Promise<void> {
  const root = document.getElementById('app');
  if (root === null) throw new Error('the page has no #app');
  render(<p class="phone soft">Connecting…</p>, root);
  const session = new Session(type, await readConfig());
  await session.begin();
  render(<SignedIn session={session} page={page} />, root);
}

function SignedIn({ session, page }: { session: Session; page: Parameters<typeof openPage>[1] }) {
  const identity = session.identity.value;
  if (identity === null) return <SignIn session={session} />;
  return <PageOf key={identity.id} session={session} identity={identity} page={page} />;
}

function PageOf({
  session,
  identity,
  page,
}: {
  session: Session;
  identity: Identity;
  page: Parameters<typeof openPage>[1];
}) {
  return <>{page({ session, identity })}</>;
}

function SignIn({ session }: { session: Session }) {
  const token = useSignal('');
  const wrong = useSignal('');
  const enter = (): void => {
    try {
      session.useToken(token.value.trim());
    } catch (error) {
      wrong.value = wordsOf(error);
    }
  };
  return (
    <main class="phone stack">
      <h1 class="text-display">Sign in</h1>
      <Card>
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            enter();
          }}
        >
          <Field label="Token" error={wrong.value} hint="The JWT that your identity service gave you.">
            {(wiring) => (
              <input
                {...wiring}
                class="input"
                autocomplete="off"
                value={token.value}
                onInput={(event) => (token.value = event.currentTarget.value)}
              />
            )}
          </Field>
          <Button type="submit" tone="primary" look="solid" wide>
            Sign in
          </Button>
        </form>
      </Card>
    </main>
  );
}

/** The bar on top: title, who you are, theme. `children` stand before the theme's switch. */
export function TopBar({
  title,
  session,
  children,
  onBack,
}: {
  title: string;
  session: Session;
  children?: ComponentChildren;
  onBack?: () => void;
}) {
  const [choosing, setChoosing] = useState(false);
  const name = session.identity.value?.name ?? '';
  return (
    <header class="top-bar">
      {onBack !== undefined && <IconButton label="Back" icon="back" onClick={onBack} />}
      <h1 class="text-title grow cut">{title}</h1>
      {children}
      <Button
        icon="person"
        class="who"
        aria-label={`You are ${name}. Change`}
        onClick={() => setChoosing(true)}
      >
        <span class="cut">{name}</span>
      </Button>
      <ThemeSwitch />
      {choosing && <ChooseWho session={session} onDone={() => setChoosing(false)} />}
    </header>
  );
}

export function ThemeSwitch() {
  const icons = { system: 'device', light: 'sun', dark: 'moon' } as const;
  return <IconButton label={`Theme: ${theme.value}`} icon={icons[theme.value]} onClick={nextTheme} />;
}

function ChooseWho({ session, onDone }: { session: Session; onDone: () => void }) {
  const name = useSignal('');
  const wrong = useSignal('');
  const become = (person: { id: string; name: string }): void => {
    session.become(person).then(onDone, (error: unknown) => (wrong.value = wordsOf(error)));
  };
  return (
    <Dialog title="Who are you?" onClose={onDone}>
      {session.config.demo ? (
        <>
          {PEOPLE[session.type].map((person) => (
            <Button key={person.id} icon="person" wide onClick={() => become(person)}>
              {person.name}
            </Button>
          ))}
          <form
            class="stack"
            onSubmit={(event) => {
              event.preventDefault();
              if (name.value.trim() === '') wrong.value = 'A name is needed.';
              else become({ id: crypto.randomUUID(), name: name.value.trim() });
            }}
          >
            <Field label="Somebody else" error={wrong.value}>
              {(wiring) => (
                <input
                  {...wiring}
                  class="input"
                  maxLength={100}
                  value={name.value}
                  onInput={(event) => (name.value = event.currentTarget.value)}
                />
              )}
            </Field>
            <Button type="submit" tone="primary" look="solid" wide>
              Be this person
            </Button>
          </form>
        </>
      ) : (
        <Button
          tone="error"
          wide
          onClick={() => {
            session.leave();
            onDone();
          }}
        >
          Sign out
        </Button>
      )}
      <Button wide onClick={onDone}>
        Close
      </Button>
    </Dialog>
  );
}

/** Says that the line is lost, for as long as it is. */
export function ConnectionNotice({ line }: { line: Line }) {
  return (
    <div aria-live="polite">
      {line.status.value === 'down' && (
        <Notice tone="warning" icon="wifiOff">
          No connection. Reconnecting… What you see may be old.
        </Notice>
      )}
    </div>
  );
}
