import { Button } from '../kit/controls.js';
import { timeOfDay } from '../kit/format.js';
import { Notice } from '../kit/surfaces.js';
import type { Desk } from './desk.js';

/** Pilots who vanished with a job: what nobody may overlook. */
export function AlertsList({ desk }: { desk: Desk }) {
  return (
    <div class="alerts" role="region" aria-label="Unreachable drivers" aria-live="assertive">
      {desk.alerts.value.map((alert) => {
        const { bookingId, bookingNumber, at } = alert;
        const pilot = desk.searchOf(bookingId)?.pilot?.name;
        return (
          <Notice key={bookingId} tone="error" icon="alert">
            <div class="alert">
              <p class="grow">
                <strong>{bookingNumber}: driver unreachable.</strong> {pilot ?? 'The driver'} has stopped
                sending positions, noticed at {timeOfDay(at)}. Take the job back to find another driver.
              </p>
              <Button
                tone="error"
                look="solid"
                icon="undo"
                onClick={() => (desk.work.value = { kind: 'release', bookingId, bookingNumber })}
              >
                Release
              </Button>
              <Button
                aria-label={`Dismiss the notice of ${bookingNumber}`}
                onClick={() => desk.dismiss(alert)}
              >
                Dismiss
              </Button>
            </div>
          </Notice>
        );
      })}
    </div>
  );
}
