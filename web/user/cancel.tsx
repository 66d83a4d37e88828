import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Booking } from '../../contract/shapes.js';
import { wordsOf } from '../door/api.js';
import { Button } from '../kit/controls.js';
import { Confirm } from '../kit/dialog.js';
import { Notice } from '../kit/surfaces.js';
import type { Desk } from './desk.js';
import type { Follower } from './follower.js';

/** Cancels the booking, once it is confirmed. */
export function CancelButton({
  desk,
  follower,
  children,
}: {
  desk: Desk;
  follower: Follower;
  children: ComponentChildren;
}) {
  const asking = useSignal(false);
  const busy = useSignal(false);
  const wrong = useSignal('');
  const cancel = async (): Promise<void> => {
    busy.value = true;
    wrong.value = '';
    try {
      const path = `/bookings/${follower.bookingId}/cancel`;
      const booking = await desk.api.post<Booking>(path, {}, { again: 2 });
      asking.value = false;
      follower.adopt(booking);
    } catch (error) {
      wrong.value = wordsOf(error);
    } finally {
      busy.value = false;
      void follower.sync();
    }
  };
  return (
    <>
      <Button
        tone="error"
        wide
        icon="cross"
        onClick={() => {
          wrong.value = '';
          asking.value = true;
        }}
      >
        {children}
      </Button>
      {asking.value && (
        <Confirm
          title="Cancel this booking?"
          yes="Yes, cancel"
          no="Keep it"
          busy={busy.value}
          onYes={() => void cancel()}
          onNo={() => (asking.value = false)}
        >
          <p class="soft">No driver will come. You can book again at any time.</p>
          {wrong.value !== '' && (
            <Notice tone="error" live>
              Not cancelled. {wrong.value}
            </Notice>
          )}
        </Confirm>
      )}
    </>
  );
}
