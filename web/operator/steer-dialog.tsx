import { useEffect, useState } from 'preact/hooks';
import type { OperatedVehicleType } from '../../contract/operator-shapes.js';
import { wordsOf } from '../door/api.js';
import { Button, Field } from '../kit/controls.js';
import { Dialog } from '../kit/dialog.js';
import { Badge } from '../kit/surfaces.js';
import type { Desk } from './desk.js';
import { ReasonField, whyOf } from './reason-field.js';
import { Wrong } from './work-dialogs.js';

/** Pauses and resumes dispatch for a vehicle type, and sets a pilot offline; each with a reason, which is kept. */
export function SteerDialog({ desk }: { desk: Desk }) {
  const [types, setTypes] = useState<readonly OperatedVehicleType[]>([]);
  const [reason, setReason] = useState('');
  const { busy, wrong, setWrong, done, act } = useSteps(desk);
  useEffect(() => {
    desk.session.api.get<{ items: OperatedVehicleType[] }>('/admin/vehicle-types').then(
      ({ items }) => setTypes(items),
      (error: unknown) => setWrong(wordsOf(error)),
    );
  }, [done]);
  const why = whyOf(reason);
  const close = (): void => void (desk.steering.value = false);
  return (
    <Dialog title="Dispatch" onClose={close} class="steer">
      <ReasonField reason={reason} onReason={setReason} />
      <Types types={types} busy={busy} onAct={(path, said) => act(path, why, said)} />
      <Offline desk={desk} busy={busy} onAct={(path, said) => act(path, why, said)} />
      <Wrong words={wrong} />
      <div class="dialog-actions">
        <Button onClick={close}>Close</Button>
      </div>
    </Dialog>
  );
}

/** One call at a time; the dialog stays open, and counts what was done. */
function useSteps(desk: Desk): {
  busy: boolean;
  wrong: string;
  setWrong: (words: string) => void;
  done: number;
  act: (path: string, body: object, said: string) => void;
} {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState('');
  const [done, setDone] = useState(0);
  const act = (path: string, body: object, said: string): void => {
    setBusy(true);
    setWrong('');
    desk.session.api
      .post(path, body)
      .then(
        () => void (desk.said.value = said),
        (error: unknown) => setWrong(wordsOf(error)),
      )
      .finally(() => {
        setBusy(false);
        setDone((before) => before + 1);
        desk.anew();
      })
      .catch(() => undefined);
  };
  return { busy, wrong, setWrong, done, act };
}

type OnAct = (path: string, said: string) => void;

function Types({
  types,
  busy,
  onAct,
}: {
  types: readonly OperatedVehicleType[];
  busy: boolean;
  onAct: OnAct;
}) {
  return (
    <ul class="steer-types" aria-label="Vehicle types">
      {types.map(({ id, name, paused }) => (
        <li key={id} class="row">
          <span class="grow cut">{name}</span>
          {paused && <Badge tone="warning">Paused</Badge>}
          <Button
            busy={busy}
            aria-label={`${paused ? 'Resume' : 'Pause'} ${name}`}
            onClick={() =>
              onAct(
                `/admin/vehicle-types/${id}/${paused ? 'resume' : 'pause'}`,
                paused ? `${name}: offers are made again.` : `${name}: no new offers are made.`,
              )
            }
          >
            {paused ? 'Resume' : 'Pause'}
          </Button>
        </li>
      ))}
    </ul>
  );
}

function Offline({ desk, busy, onAct }: { desk: Desk; busy: boolean; onAct: OnAct }) {
  const [pilotId, setPilotId] = useState('');
  const online = desk.pilots.value;
  return (
    <div class="assign-find">
      <Field label="Pilot who is online">
        {(wiring) => (
          <select
            {...wiring}
            class="input"
            value={pilotId}
            onChange={(event) => setPilotId(event.currentTarget.value)}
          >
            <option value="">Choose</option>
            {online.map((pilot) => (
              <option key={pilot.id} value={pilot.id}>
                {pilot.name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Button
        tone="error"
        busy={busy}
        disabled={pilotId === ''}
        onClick={() => onAct(`/admin/pilots/${pilotId}/offline`, 'The pilot is offline.')}
      >
        Set offline
      </Button>
    </div>
  );
}
