import { useEffect, useMemo } from 'preact/hooks';
import { Line } from '../door/line.js';
import type { Identity, Session } from '../door/session.js';
import { ConnectionNotice, TopBar } from '../kit/shell.js';

export function UserPage({ session, identity }: { session: Session; identity: Identity }) {
  const line = useMemo(() => new Line(session), [session, identity.id]);
  useEffect(() => () => line.close(), [line]);
  return (
    <>
      <TopBar title="Book a pickup" session={session} />
      <main class="phone stack">
        <ConnectionNotice line={line} />
      </main>
    </>
  );
}
