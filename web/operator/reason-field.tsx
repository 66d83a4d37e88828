import { TEXT_LIMITS } from '../../contract/limits.js';
import { Field } from '../kit/controls.js';

/** Why an operator does something; it goes into the audit. */
export function ReasonField({ reason, onReason }: { reason: string; onReason: (words: string) => void }) {
  return (
    <Field label="Reason (optional)" hint="Kept in the audit with what you do.">
      {(wiring) => (
        <input
          {...wiring}
          class="input"
          maxLength={TEXT_LIMITS.reason}
          value={reason}
          onInput={(event) => onReason(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** The body's part with the reason: none where nothing was written. */
export function whyOf(reason: string): { reason?: string } {
  return reason.trim() === '' ? {} : { reason: reason.trim() };
}
