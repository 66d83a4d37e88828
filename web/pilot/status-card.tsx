import { useState } from 'preact/hooks';
import { Switch } from '../kit/controls.js';
import { Icon } from '../kit/icon.js';
import { Avatar, Card } from '../kit/surfaces.js';
import { Alerts } from './alerts.js';
import type { Desk } from './desk.js';
import type { Shift } from './shift.js';

/** Who the pilot is, and whether offers come. */
export function StatusCard({ shift }: { shift: Shift }) {
  const { pilot } = shift.desk.value;
  // What was just chosen shows at once; the server's answer decides.
  const [wanted, setWanted] = useState<boolean | null>(null);
  const choose = (online: boolean): void => {
    setWanted(online);
    void shift.setOnline(online).finally(() => setWanted(null));
  };
  const online = wanted ?? pilot?.online === true;
  return (
    <Card label="Your status" class="status-card">
      <div class="row">
        <Avatar name={pilot?.name ?? ''} src={pilot?.avatar ?? null} />
        <div class="grow">
          <p class="text-heading cut">{pilot?.name ?? 'Loading…'}</p>
          {pilot !== null && (
            <p class="text-small soft row status-facts">
              <span class="vehicle">{pilot.vehicleTypeId}</span>
              {pilot.rating !== null && (
                <span class="row status-facts">
                  <Icon name="star" size={14} />
                  {pilot.rating.toFixed(1)}
                  <span class="visually-hidden"> stars</span>
                </span>
              )}
            </p>
          )}
        </div>
        <Alerts />
      </div>
      <div class="row status-online">
        <Switch label="Online" on={online} onChange={choose} disabled={pilot === null || wanted !== null} />
        <p class="text-small soft grow status-words" aria-live="polite">
          {wordsFor(shift.desk.value, online)}
        </p>
      </div>
    </Card>
  );
}

function wordsFor({ pilot, job, offer }: Desk, online: boolean): string {
  if (pilot === null) return 'Asking the server…';
  if (job !== null) return 'On a job';
  if (offer !== null) return 'An offer waits for you';
  return online ? 'Waiting for offers' : 'You get no offers';
}
