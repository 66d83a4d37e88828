import { useState } from 'preact/hooks';
import { TEXT_LIMITS } from '../../contract/limits.js';
import type { Booking } from '../../contract/shapes.js';
import { Button, Field } from '../kit/controls.js';
import { Dialog } from '../kit/dialog.js';
import type { Shift } from './shift.js';

/** Why the job is given back; without a reason it is not. */
export function ReleaseDialog({ shift, job, onDone }: { shift: Shift; job: Booking; onDone: () => void }) {
  const [reason, setReason] = useState('');
  const [error, setError] = useState('');
  const giveBack = (event: Event): void => {
    event.preventDefault();
    if (reason.trim() === '') setError('Say why you give it back.');
    else void shift.release(job, reason.trim()).finally(onDone);
  };
  return (
    <Dialog title="Give the job back?" onClose={onDone}>
      <p>Another pilot is looked for at once. You stay online.</p>
      <form class="stack" onSubmit={giveBack} noValidate>
        <Field label="Reason" error={error} hint="For the operators.">
          {(wiring) => (
            <textarea
              {...wiring}
              class="input"
              rows={3}
              required
              maxLength={TEXT_LIMITS.reason}
              value={reason}
              onInput={(event) => {
                setReason(event.currentTarget.value);
                setError('');
              }}
            />
          )}
        </Field>
        <div class="dialog-actions">
          <Button onClick={onDone}>Keep it</Button>
          <Button type="submit" tone="error" look="solid" busy={shift.busy.value === 'release'}>
            Give it back
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
