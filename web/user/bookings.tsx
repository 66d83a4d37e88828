import { useEffect, useMemo } from 'preact/hooks';
import type { Booking } from '../../contract/shapes.js';
import type { BookingStatus } from '../../contract/words.js';
import { Button, LinkButton, type Tone } from '../kit/controls.js';
import { when } from '../kit/format.js';
import { Badge, Card, Notice } from '../kit/surfaces.js';
import { BookingList } from './booking-list.js';
import type { Desk } from './desk.js';
import { BOOK, bookingAddress } from './routes.js';
import { Ends } from './trip.js';

const STATES: Record<BookingStatus, { words: string; tone: Tone }> = {
  PENDING: { words: 'No driver yet', tone: 'primary' },
  ASSIGNED: { words: 'Driver assigned', tone: 'info' },
  ARRIVED: { words: 'Driver arrived', tone: 'info' },
  PICKED_UP: { words: 'Picked up', tone: 'info' },
  IN_TRANSIT: { words: 'In transit', tone: 'info' },
  DELIVERED: { words: 'Delivered', tone: 'success' },
  CANCELLED: { words: 'Cancelled', tone: 'plain' },
  EXPIRED: { words: 'Expired', tone: 'warning' },
};
/** Several events at once are one look. */
const LOOK_AFTER_MS = 200;

export function BookingsScreen({ desk }: { desk: Desk }) {
  const list = useMemo(() => new BookingList(desk.api), [desk]);
  const { lastEvent, connected } = desk;
  useEffect(() => {
    const timer = setTimeout(() => void list.refresh(), list.items.value === null ? 0 : LOOK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [list, lastEvent.value, connected.value]);
  const items = list.items.value;
  return (
    <div class="stack">
      {list.wrong.value !== '' && (
        <Notice tone="error" live>
          <p>Your bookings could not be read. {list.wrong.value}</p>
          <Button icon="retry" onClick={() => void list.refresh()}>
            Try again
          </Button>
        </Notice>
      )}
      {items === null && list.wrong.value === '' && <p class="soft">Loading your bookings…</p>}
      {items?.length === 0 && (
        <Card class="stack">
          <p>You have not booked anything yet.</p>
          <LinkButton href={BOOK} icon="plus" class="button-solid tone-primary">
            Book a pickup
          </LinkButton>
        </Card>
      )}
      <ul class="stack booking-list" aria-label="Bookings">
        {items?.map((booking) => (
          <li key={booking.id}>
            <BookingLink booking={booking} />
          </li>
        ))}
      </ul>
      {list.hasMore && (
        <Button wide busy={list.busy.value} onClick={() => void list.more()}>
          Show more
        </Button>
      )}
    </div>
  );
}

function BookingLink({ booking }: { booking: Booking }) {
  const { words, tone } = STATES[booking.status];
  return (
    <a class="card booking-link stack" href={bookingAddress(booking.id)}>
      <span class="row">
        <span class="grow text-strong">{booking.bookingNumber}</span>
        <Badge tone={tone}>{words}</Badge>
      </span>
      <Ends pickup={booking.pickup.address} dropoff={booking.dropoff.address} />
      <span class="text-caption soft">{when(booking.createdAt)}</span>
    </a>
  );
}
