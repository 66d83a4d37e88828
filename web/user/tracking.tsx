import { JOB_STATUSES, type BookingStatus } from '../../contract/words.js';
import { CallButton } from '../kit/controls.js';
import { arrival, distance } from '../kit/format.js';
import { Icon } from '../kit/icon.js';
import { Avatar, Stepper } from '../kit/surfaces.js';
import type { Story } from './story.js';

const STEPS = ['Driver assigned', 'Arrived', 'Picked up', 'In transit', 'Delivered'] as const;

export function trackingHeading(status: BookingStatus | null): string {
  if (status === 'ARRIVED') return 'Your driver has arrived';
  if (status === 'PICKED_UP') return 'Package picked up';
  return status === 'IN_TRANSIT' ? 'Package on its way' : 'Your driver is on the way';
}

export function DriverCard({ story }: { story: Story }) {
  const { pilot } = story;
  if (pilot === null) return null;
  return (
    <>
      <div class="row driver">
        <Avatar name={pilot.name} src={pilot.avatar} size={56} />
        <div class="grow stack-tight">
          <p class="text-heading driver-name">{pilot.name}</p>
          <p class="row rating text-small soft">
            <Icon name="star" size={16} />
            {pilot.rating === null ? (
              'New driver'
            ) : (
              <span>
                <span class="visually-hidden">Rating </span>
                {pilot.rating.toFixed(1)}
              </span>
            )}
          </p>
        </div>
        {pilot.phone !== null && <CallButton phone={pilot.phone} name={pilot.name} />}
      </div>
      <Approach story={story} />
    </>
  );
}

function Approach({ story: { distanceKm, etaSeconds, status } }: { story: Story }) {
  if (distanceKm === null || status === 'ARRIVED') return null;
  const beforePickup = status === 'ASSIGNED';
  return (
    <dl class="facts">
      <div class="fact">
        <dt class="text-caption soft">{beforePickup ? 'To the pickup' : 'To the drop-off'}</dt>
        <dd class="text-title text-number">{distance(distanceKm)}</dd>
      </div>
      {etaSeconds !== null && (
        <div class="fact">
          <dt class="text-caption soft">Arrives in about</dt>
          <dd class="text-title text-number">{arrival(etaSeconds)}</dd>
        </div>
      )}
    </dl>
  );
}

export function JobSteps({ status }: { status: BookingStatus | null }) {
  const current = JOB_STATUSES.findIndex((step) => step === status);
  return <Stepper label="Steps of the delivery" steps={STEPS} current={current} />;
}
