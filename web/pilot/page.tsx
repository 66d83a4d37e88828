import { useEffect, useMemo } from 'preact/hooks';
import type { Identity, Session } from '../door/session.js';
import { IconButton } from '../kit/controls.js';
import { ConnectionNotice, TopBar } from '../kit/shell.js';
import { Notice } from '../kit/surfaces.js';
import { useAlarm } from './alarm.js';
import { DeliveredCard } from './delivered-card.js';
import type { DeskNotice } from './desk.js';
import { JobCard } from './job-card.js';
import { OfferPopup } from './offer-popup.js';
import { PlaceCard } from './place-card.js';
import { Shift } from './shift.js';
import { StatusCard } from './status-card.js';
import './offer.css';
import './pilot.css';

export function PilotPage({ session, identity }: { session: Session; identity: Identity }) {
  const shift = useMemo(() => new Shift(session, identity.id), [session, identity.id]);
  useEffect(() => () => shift.close(), [shift]);
  const { offer, job, delivered, notice } = shift.desk.value;
  useAlarm(offer !== null);
  useTitle(offer !== null);
  return (
    <>
      <TopBar title="Pilot" session={session} />
      <main class="phone stack pilot-page">
        <ConnectionNotice line={shift.line} />
        <DeskWords notice={notice} onSeen={() => shift.tell(null)} />
        <StatusCard shift={shift} />
        {job !== null && <JobCard key={job.id} shift={shift} job={job} />}
        {delivered !== null && <DeliveredCard key={delivered.id} shift={shift} booking={delivered} />}
        <PlaceCard shift={shift} config={session.config} />
      </main>
      {offer !== null && (
        <OfferPopup key={offer.offerId} shift={shift} offer={offer} config={session.config} />
      )}
    </>
  );
}

const NOTICE_ICONS = { info: 'bell', success: 'check', warning: 'clock', error: 'alert' } as const;

function DeskWords({ notice, onSeen }: { notice: DeskNotice | null; onSeen: () => void }) {
  return (
    <div aria-live="polite" class="desk-words">
      {notice !== null && (
        <Notice tone={notice.tone} icon={NOTICE_ICONS[notice.tone]}>
          <div class="row">
            <p class="grow">{notice.text}</p>
            <IconButton label="Close this message" icon="cross" onClick={onSeen} />
          </div>
        </Notice>
      )}
    </div>
  );
}

/** A tab in the background shows that it wants an answer. */
function useTitle(offered: boolean): void {
  useEffect(() => {
    if (!offered) return undefined;
    const before = document.title;
    document.title = `New offer · ${before}`;
    return () => {
      document.title = before;
    };
  }, [offered]);
}
