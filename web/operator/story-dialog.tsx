import { useEffect, useState } from 'preact/hooks';
import type { Explanation, NearPilot, StoryStep } from '../../contract/operator-shapes.js';
import { wordsOf } from '../door/api.js';
import { Button } from '../kit/controls.js';
import { Dialog } from '../kit/dialog.js';
import { distance, timeOfDay } from '../kit/format.js';
import { Badge, Notice } from '../kit/surfaces.js';
import type { Desk } from './desk.js';
import { lasting, NEAR_WORDS, stepFacts, stepWords } from './story-words.js';
import { Wrong } from './work-dialogs.js';

/** The whole story of a booking: whom each search asked, why not the others, who did what and why. */
export function StoryDialog({
  desk,
  bookingId,
  bookingNumber,
}: {
  desk: Desk;
  bookingId: string;
  bookingNumber: string;
}) {
  const [told, setTold] = useState<Explanation | null>(null);
  const [wrong, setWrong] = useState('');
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    let gone = false;
    desk.session.api.get<Explanation>(`/admin/bookings/${bookingId}/explain`).then(
      (answer) => {
        if (gone) return;
        setTold(answer);
        setWrong('');
      },
      (error: unknown) => gone || setWrong(wordsOf(error)),
    );
    return () => {
      gone = true;
    };
  }, [bookingId, asked]);
  const close = (): void => void (desk.work.value = null);
  return (
    <Dialog title={`Story of ${bookingNumber}`} onClose={close} class="story">
      {told?.paused === true && (
        <Notice tone="warning" icon="alert">
          Dispatch of {told.vehicleTypeId} is paused: no new offers are made.
        </Notice>
      )}
      <div class="story-scroll" tabIndex={0} role="region" aria-label={`Story of ${bookingNumber}`}>
        <ol class="story-steps">
          {(told?.story ?? []).map((step, n) => (
            <Step key={`${n} ${step.at}`} step={step} />
          ))}
        </ol>
        {told === null && wrong === '' && <p class="soft text-small">Reading…</p>}
      </div>
      <Wrong words={wrong} />
      <div class="dialog-actions">
        <Button icon="retry" onClick={() => setAsked(asked + 1)}>
          Look again
        </Button>
        <Button onClick={close}>Close</Button>
      </div>
    </Dialog>
  );
}

function Step({ step }: { step: StoryStep }) {
  const { words, tone } = stepWords(step);
  const facts = stepFacts(step);
  return (
    <li class="story-step">
      <div class="story-head">
        <Badge tone={tone}>{words}</Badge>
        <time class="soft text-caption text-number" dateTime={step.at}>
          {timeOfDay(step.at)} · +{lasting(step.afterMs)}
        </time>
      </div>
      {facts !== '' && <p class="text-small story-facts">{facts}</p>}
      {step.near.length > 0 && <Near near={step.near} />}
    </li>
  );
}

function Near({ near }: { near: readonly NearPilot[] }) {
  return (
    <details>
      <summary class="text-small">Why not others: the nearest {near.length}</summary>
      <ul class="story-near">
        {near.map(({ pilot, distanceKm, reason }) => (
          <li key={pilot.id} class="text-small">
            <span class="grow cut">{pilot.name}</span>
            <span class="soft text-number">{distance(distanceKm)}</span>
            <span>{NEAR_WORDS[reason]}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
