import { useMemo, useState } from 'preact/hooks';
import { Button, Field } from '../kit/controls.js';
import { Dialog } from '../kit/dialog.js';
import { distance } from '../kit/format.js';
import { candidatesFor, named, type Candidate } from './candidates.js';
import type { Desk } from './desk.js';
import { ReasonField, whyOf } from './reason-field.js';
import { useAct, Wrong } from './work-dialogs.js';

const SHOWN_AT_MOST = 50;

/** Gives a booking to a pilot of the operator's choice. The order stays as it was when it was opened. */
export function AssignDialog({
  desk,
  bookingId,
  bookingNumber,
}: {
  desk: Desk;
  bookingId: string;
  bookingNumber: string;
}) {
  const [search] = useState(() => desk.searchOf(bookingId));
  const [ranked, setRanked] = useState(0);
  const [words, setWords] = useState('');
  const [reason, setReason] = useState('');
  const [chosen, setChosen] = useState<Candidate | null>(null);
  const all = useMemo(
    () =>
      search === undefined ? [] : candidatesFor(search.pickup, search.vehicleTypeId, desk.pilots.peek()),
    [ranked],
  );
  const found = named(all, words);
  const { busy, wrong, act } = useAct(desk, '');
  const close = (): void => void (desk.work.value = null);
  const assign = (): void => {
    if (chosen === null) return;
    const { id, name } = chosen.pilot;
    act(
      `/admin/bookings/${bookingId}/assign`,
      { pilotId: id, ...whyOf(reason) },
      `${bookingNumber}: given to ${name}.`,
    );
  };
  return (
    <Dialog title={`Assign ${bookingNumber}`} onClose={close} class="assign">
      <p class="text-small soft">
        Free pilots with the booking’s vehicle, nearest to {search?.pickup.address ?? 'the pickup'} first. The
        one you choose gets the job without being asked.
      </p>
      <Find words={words} onWords={setWords} onLookAgain={() => setRanked(ranked + 1)} />
      <Candidates found={found} chosen={chosen} onChoose={setChosen} />
      <ReasonField reason={reason} onReason={setReason} />
      <Wrong words={wrong} />
      <div class="dialog-actions">
        <Button onClick={close}>Not now</Button>
        <Button tone="primary" look="solid" busy={busy} disabled={chosen === null} onClick={assign}>
          {chosen === null ? 'Choose a pilot' : `Assign ${chosen.pilot.name}`}
        </Button>
      </div>
    </Dialog>
  );
}

function Find({
  words,
  onWords,
  onLookAgain,
}: {
  words: string;
  onWords: (words: string) => void;
  onLookAgain: () => void;
}) {
  return (
    <div class="assign-find">
      <Field label="Find by name">
        {(wiring) => (
          <input
            {...wiring}
            type="search"
            class="input"
            value={words}
            onInput={(event) => onWords(event.currentTarget.value)}
          />
        )}
      </Field>
      <Button icon="retry" onClick={onLookAgain}>
        Look again
      </Button>
    </div>
  );
}

function Candidates({
  found,
  chosen,
  onChoose,
}: {
  found: readonly Candidate[];
  chosen: Candidate | null;
  onChoose: (candidate: Candidate) => void;
}) {
  if (found.length === 0) return <p class="text-small">No free pilot is like this.</p>;
  return (
    <fieldset class="candidates">
      <legend class="text-small text-strong">
        {found.length > SHOWN_AT_MOST
          ? `The nearest ${SHOWN_AT_MOST} of ${found.length}`
          : `Pilots: ${found.length}`}
      </legend>
      {found.slice(0, SHOWN_AT_MOST).map((candidate) => (
        <label key={candidate.pilot.id} class="candidate">
          <input
            type="radio"
            name="pilot"
            checked={candidate.pilot.id === chosen?.pilot.id}
            onChange={() => onChoose(candidate)}
          />
          <span class="grow cut">{candidate.pilot.name}</span>
          <span class="soft text-small text-number">{distance(candidate.km)}</span>
        </label>
      ))}
    </fieldset>
  );
}
