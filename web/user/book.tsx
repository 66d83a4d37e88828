import { useSignal, type Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { greatCircleKm, type LatLng } from '../../contract/geo.js';
import type { Booking } from '../../contract/shapes.js';
import { Refusal, wordsOf } from '../door/api.js';
import { Button, Choice } from '../kit/controls.js';
import { distance } from '../kit/format.js';
import { Map, type MapMarker } from '../kit/map.js';
import { Card, Notice } from '../kit/surfaces.js';
import type { Desk } from './desk.js';
import * as drafts from './draft.js';
import { PackageFields, PaymentFields, PlaceField, VehicleField } from './fields.js';
import { MONTREAL, placeAt, PLACES } from './places.js';
import { BOOKINGS, bookingAddress, go } from './routes.js';

/** The form, what is wrong with it, and how it is sent. */
export interface Filling {
  draft: Signal<drafts.Draft>;
  wrongs: Signal<drafts.Wrongs>;
  set: (change: Partial<drafts.Draft>) => void;
}

export function BookScreen({ desk, userId }: { desk: Desk; userId: string }) {
  const filling = useFilling(desk, userId);
  const { draft, wrongs } = filling;
  const choosing = useSignal<drafts.End>(draft.value.pickup.at === null ? 'pickup' : 'dropoff');
  const form = useRef<HTMLFormElement>(null);
  const { busy, send } = useSending(desk, userId, filling, form);
  const { pickup, dropoff } = draft.value;
  return (
    <form
      ref={form}
      class="stack"
      noValidate
      aria-label="New booking"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <PickMap desk={desk} filling={filling} choosing={choosing} />
      <Card class="stack">
        <Choice
          legend="A tap on the map sets"
          options={[
            { value: 'pickup', label: 'Pickup', icon: 'pin' },
            { value: 'dropoff', label: 'Drop-off', icon: 'flag' },
          ]}
          value={choosing.value}
          onChoose={(end) => (choosing.value = end)}
        />
        <PlaceField end="pickup" label="Pickup" filling={filling} choosing={choosing} />
        <PlaceField end="dropoff" label="Drop-off" filling={filling} choosing={choosing} />
        {pickup.at !== null && dropoff.at !== null && (
          <p class="text-small soft">{distance(greatCircleKm(pickup.at, dropoff.at))} as the crow flies</p>
        )}
      </Card>
      <VehicleField desk={desk} filling={filling} />
      <PackageFields filling={filling} />
      <PaymentFields filling={filling} />
      {wrongs.value.other !== undefined && (
        <div role="alert">
          <Notice tone="error">{wrongs.value.other}</Notice>
        </div>
      )}
      <Button type="submit" tone="primary" look="solid" wide busy={busy.value} icon="search">
        {busy.value ? 'Booking…' : 'Find a driver'}
      </Button>
      <datalist id="known-places">
        {PLACES.map(({ address }) => (
          <option key={address} value={address} />
        ))}
      </datalist>
    </form>
  );
}

function useFilling(desk: Desk, userId: string): Filling {
  const draft = useSignal<drafts.Draft>(drafts.recallDraft(userId));
  const wrongs = useSignal<drafts.Wrongs>({});
  const set = (change: Partial<drafts.Draft>): void => {
    draft.value = { ...draft.value, ...change };
    // What is being put right is not wrong any more, until it is sent again.
    const right = Object.keys(change).map((field) => [field, undefined]);
    wrongs.value = { ...wrongs.value, ...Object.fromEntries(right), other: undefined } as drafts.Wrongs;
    drafts.keepDraft(userId, draft.value);
  };
  const [first] = desk.vehicles.value;
  useEffect(() => {
    const known = desk.vehicles.value.some(({ id }) => id === draft.value.vehicleTypeId);
    if (first !== undefined && !known) set({ vehicleTypeId: first.id });
  }, [first]);
  return { draft, wrongs, set };
}

function useSending(
  desk: Desk,
  userId: string,
  { draft, wrongs, set }: Filling,
  form: { current: HTMLFormElement | null },
) {
  const busy = useSignal(false);
  const complain = (found: drafts.Wrongs): void => {
    wrongs.value = found;
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  const send = async (): Promise<void> => {
    const body = drafts.bodyOf(draft.value);
    const found = drafts.wrongsOf(draft.value);
    if (body === null || Object.keys(found).length > 0) return complain(found);
    busy.value = true;
    try {
      const headers = { 'idempotency-key': draft.value.key };
      const booking = await desk.api.post<Booking>('/bookings', body, { headers, again: 3 });
      drafts.keepDraft(userId, null);
      go(bookingAddress(booking.id));
    } catch (error) {
      if (error instanceof Refusal && error.status === 422) {
        // An earlier try of this form got through after all, with what it said then.
        set({ key: crypto.randomUUID() });
        complain({
          other: 'Your earlier try was booked already. Look into My bookings before you book again.',
        });
        go(BOOKINGS);
      } else if (error instanceof Refusal && error.fields.length > 0)
        complain(drafts.wrongsOfServer(error.fields));
      else complain({ other: `Not booked yet. ${wordsOf(error)} Please try again.` });
    } finally {
      busy.value = false;
    }
  };
  return { busy, send };
}

function PickMap({
  desk,
  filling: { draft, set },
  choosing,
}: {
  desk: Desk;
  filling: Filling;
  choosing: Signal<drafts.End>;
}) {
  const { pickup, dropoff } = draft.value;
  // Places that were typed are brought into sight; those set on the map are.
  const onMap = useSignal<Partial<Record<drafts.End, string>>>({});
  const place = (end: drafts.End, at: LatLng): void => {
    const { lat, lng, address } = placeAt(at);
    onMap.value = { ...onMap.value, [end]: address };
    set({ [end]: { text: address, at: { lat, lng } } });
  };
  const marker = (end: drafts.End, { at, text }: drafts.Spot): MapMarker[] =>
    at === null
      ? []
      : [
          {
            id: onMap.value[end] === text ? end : `${end} ${at.lat} ${at.lng}`,
            at,
            kind: end,
            label: end === 'pickup' ? 'Pickup' : 'Drop-off',
            onMove: (to) => place(end, to),
          },
        ];
  const typed = (['pickup', 'dropoff'] as const).some(
    (end) => draft.value[end].at !== null && onMap.value[end] !== draft.value[end].text,
  );
  return (
    <Map
      config={desk.session.config}
      label="Map: tap to set the pickup or the drop-off"
      class="user-map"
      center={pickup.at ?? MONTREAL}
      markers={[...marker('pickup', pickup), ...marker('dropoff', dropoff)]}
      {...(pickup.at !== null && dropoff.at !== null ? { route: [pickup.at, dropoff.at] } : {})}
      fit={typed}
      onPick={(at) => {
        place(choosing.value, at);
        if (choosing.value === 'pickup' && draft.value.dropoff.at === null) choosing.value = 'dropoff';
      }}
    />
  );
}
