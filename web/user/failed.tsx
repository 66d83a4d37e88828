import { Button } from '../kit/controls.js';
import { Notice } from '../kit/surfaces.js';
import { CancelButton } from './cancel.js';
import type { Desk } from './desk.js';
import type { Follower } from './follower.js';

export function Failed({ desk, follower }: { desk: Desk; follower: Follower }) {
  const again = (): Promise<unknown> =>
    desk.api.post(`/bookings/${follower.bookingId}/retry-assignment`, {}, { again: 1 });
  return (
    <>
      {follower.story.value.retryFailed && (
        <div role="alert">
          <Notice tone="error">Failed to retry. Please try again.</Notice>
        </div>
      )}
      <Button tone="primary" look="solid" wide icon="retry" onClick={() => void follower.retry(again)}>
        Try Again
      </Button>
      <CancelButton desk={desk} follower={follower}>
        Cancel Booking
      </CancelButton>
    </>
  );
}
