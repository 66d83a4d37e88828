import { useEffect } from 'preact/hooks';
import type { Booking } from '../../contract/shapes.js';
import { Button } from '../kit/controls.js';
import { money } from '../kit/format.js';
import { Icon } from '../kit/icon.js';
import { Card } from '../kit/surfaces.js';
import { deliveredSeen } from './desk.js';
import type { Shift } from './shift.js';

const SHOWN_MS = 10_000;

/** A last look at what was delivered. */
export function DeliveredCard({ shift, booking }: { shift: Shift; booking: Booking }) {
  const done = (): void => {
    shift.desk.value = deliveredSeen(shift.desk.value);
  };
  useEffect(() => {
    window.scrollTo({ top: 0 });
    const timer = setTimeout(done, SHOWN_MS);
    return () => clearTimeout(timer);
  }, []);
  const { payment } = booking;
  return (
    <Card label="Delivered" class="delivered-card stack">
      <span class="delivered-mark">
        <Icon name="check" size={32} />
      </span>
      <div class="stack-tight" role="status">
        <h2 class="text-title">Job done</h2>
        <p class="soft">
          {booking.bookingNumber} is delivered
          {payment?.method === 'COD' ? `, ${money(payment)} collected.` : '.'}
        </p>
      </div>
      <Button wide onClick={done}>
        Close
      </Button>
    </Card>
  );
}
