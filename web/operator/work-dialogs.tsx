import { useState } from 'preact/hooks';
import { TEXT_LIMITS } from '../../contract/limits.js';
import { wordsOf } from '../door/api.js';
import { Field } from '../kit/controls.js';
import { Confirm } from '../kit/dialog.js';
import { Notice } from '../kit/surfaces.js';
import { AssignDialog } from './assign-dialog.js';
import type { Desk, Work } from './desk.js';
import { StoryDialog } from './story-dialog.js';

/** The dialog of the action that was chosen, if one was. */
export function WorkDialog({ desk }: { desk: Desk }) {
  const work = desk.work.value;
  if (work === null) return null;
  if (work.kind === 'story') return <StoryDialog key={work.bookingId} desk={desk} {...work} />;
  if (work.kind === 'assign') return <AssignDialog key={work.bookingId} desk={desk} {...work} />;
  return <ReasonDialog key={`${work.kind} ${work.bookingId}`} desk={desk} {...work} kind={work.kind} />;
}

type Reasoned = Exclude<Work, 'assign' | 'story'>;

const TEXTS: Readonly<
  Record<Reasoned, { title: string; about: string; yes: string; done: string; path: (id: string) => string }>
> = {
  retry: {
    title: 'Search again for',
    about: 'A new search begins, with all pilots and a new time.',
    yes: 'Search again',
    done: 'a new search begins.',
    path: (id) => `/bookings/${id}/retry-assignment`,
  },
  cancel: {
    title: 'Cancel',
    about: 'The customer and a pilot who has it are told. It cannot be taken back.',
    yes: 'Cancel booking',
    done: 'cancelled.',
    path: (id) => `/bookings/${id}/cancel`,
  },
  release: {
    title: 'Take back the job of',
    about: 'The pilot loses the job, and a new search begins at once without that pilot.',
    yes: 'Take job back',
    done: 'taken back; a new search begins.',
    path: (id) => `/admin/bookings/${id}/release`,
  },
};

function ReasonDialog({
  desk,
  kind,
  bookingId,
  bookingNumber,
}: {
  desk: Desk;
  kind: Reasoned;
  bookingId: string;
  bookingNumber: string;
}) {
  const { title, about, yes, done, path } = TEXTS[kind];
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  const { busy, wrong, act } = useAct(desk, `${bookingNumber}: ${done}`);
  const onYes = (): void => {
    const given = reason.trim();
    setMissing(kind === 'release' && given === '');
    if (kind === 'release' && given === '') return;
    act(path(bookingId), given === '' ? {} : { reason: given });
  };
  return (
    <Confirm
      title={`${title} ${bookingNumber}?`}
      yes={yes}
      no="Not now"
      tone={kind === 'retry' ? 'primary' : 'error'}
      busy={busy}
      onYes={onYes}
      onNo={() => (desk.work.value = null)}
    >
      <p class="text-small">{about}</p>
      <Field
        label={kind === 'release' ? 'Reason' : 'Reason (optional)'}
        error={missing ? 'Say why.' : undefined}
      >
        {(wiring) => (
          <input
            {...wiring}
            class="input"
            maxLength={TEXT_LIMITS.reason}
            value={reason}
            required={kind === 'release'}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        )}
      </Field>
      <Wrong words={wrong} />
    </Confirm>
  );
}

/** What was refused, in words. */
export function Wrong({ words }: { words: string }) {
  return (
    <div role="alert">
      {words !== '' && (
        <Notice tone="error" icon="alert">
          {words}
        </Notice>
      )}
    </div>
  );
}

/** Calls once at a time; closes the dialog when it is done, else says why not. */
export function useAct(
  desk: Desk,
  done: string,
): { busy: boolean; wrong: string; act: (path: string, body: object, said?: string) => void } {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState('');
  const act = (path: string, body: object, said = done): void => {
    setBusy(true);
    setWrong('');
    desk.session.api
      .post(path, body)
      .then(
        () => {
          desk.said.value = said;
          desk.work.value = null;
        },
        (error: unknown) => setWrong(wordsOf(error)),
      )
      .finally(() => {
        setBusy(false);
        desk.anew();
      })
      .catch(() => undefined);
  };
  return { busy, wrong, act };
}
