import { useEffect, useMemo } from 'preact/hooks';
import { Line } from '../door/line.js';
import type { Identity, Session } from '../door/session.js';
import { IconButton } from '../kit/controls.js';
import { ConnectionNotice, TopBar } from '../kit/shell.js';
import { Notice } from '../kit/surfaces.js';
import { AlertsList } from './alerts-list.js';
import { Desk } from './desk.js';
import { FeedList } from './feed-list.js';
import { Figures } from './figures.js';
import { FleetMap } from './fleet-map.js';
import { SearchesPanel } from './searches-panel.js';
import { SteerDialog } from './steer-dialog.js';
import { WorkDialog } from './work-dialogs.js';
import './operator.css';

const SAID_MS = 8_000;

/** The control room. Each part reads what it shows by itself, so that none is rendered for another. */
export function OperatorPage({ session, identity }: { session: Session; identity: Identity }) {
  const line = useMemo(() => new Line(session), [session, identity.id]);
  const desk = useMemo(() => new Desk(session, line), [session, line]);
  useEffect(
    () => () => {
      desk.close();
      line.close();
    },
    [desk, line],
  );
  return (
    <>
      <TopBar title="Operations" session={session} />
      <main class="room">
        <div class="room-notices">
          <ConnectionNotice line={line} />
          <Trouble desk={desk} />
          <AlertsList desk={desk} />
        </div>
        <Figures desk={desk} />
        <div class="room-parts">
          <SearchesPanel desk={desk} />
          <FleetMap desk={desk} />
          <FeedList desk={desk} />
        </div>
      </main>
      <Said desk={desk} />
      <WorkDialog desk={desk} />
      <Steering desk={desk} />
    </>
  );
}

function Steering({ desk }: { desk: Desk }) {
  return desk.steering.value ? <SteerDialog desk={desk} /> : null;
}

/** What cannot be read while the line is up; when it is not, that is said elsewhere. */
function Trouble({ desk }: { desk: Desk }) {
  const words = desk.line.status.value === 'up' ? desk.trouble.value : '';
  return (
    <div aria-live="polite">
      {words !== '' && (
        <Notice tone="warning" icon="alert">
          Not everything can be read: {words}
        </Notice>
      )}
    </div>
  );
}

/** What was just done; it goes by itself. */
function Said({ desk }: { desk: Desk }) {
  const words = desk.said.value;
  useEffect(() => {
    if (words === '') return undefined;
    const timer = setTimeout(() => (desk.said.value = ''), SAID_MS);
    return () => clearTimeout(timer);
  }, [words]);
  return (
    <div role="status" class="said">
      {words !== '' && (
        <Notice tone="info">
          <div class="row">
            <span class="grow">{words}</span>
            <IconButton label="Close" icon="cross" onClick={() => (desk.said.value = '')} />
          </div>
        </Notice>
      )}
    </div>
  );
}
