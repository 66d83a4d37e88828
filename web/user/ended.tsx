import { LinkButton } from '../kit/controls.js';
import { when } from '../kit/format.js';
import { Icon } from '../kit/icon.js';
import { Avatar } from '../kit/surfaces.js';
import { BOOK, BOOKINGS } from './routes.js';
import type { Story } from './story.js';

/** It is over: delivered, cancelled or expired. */
export function Ended({ story }: { story: Story }) {
  const { phase, booking, endedAt, cancelledBy } = story;
  const pilot = phase === 'delivered' ? (story.pilot ?? booking?.pilot ?? null) : null;
  return (
    <>
      <div class={`ended-mark ended-${phase}`} aria-hidden="true">
        <Icon name={phase === 'delivered' ? 'check' : phase === 'expired' ? 'clock' : 'cross'} size={32} />
      </div>
      {pilot !== null && (
        <div class="row">
          <Avatar name={pilot.name} src={pilot.avatar} size={40} />
          <p>
            Delivered by <span class="text-strong">{pilot.name}</span>
          </p>
        </div>
      )}
      {cancelledBy === 'admin' && <p>Our staff cancelled it.</p>}
      {phase === 'expired' && <p>No driver was found in time. Nothing was picked up.</p>}
      {endedAt !== null && <p class="text-small soft">{when(endedAt)}</p>}
      <div class="actions">
        <LinkButton href={BOOK} icon="plus" class="button-solid tone-primary">
          Book another
        </LinkButton>
        <LinkButton href={BOOKINGS} icon="list" class="button-soft tone-plain">
          My bookings
        </LinkButton>
      </div>
    </>
  );
}
