import { useMemo, useState } from 'preact/hooks';
import type { LatLng } from '../../contract/geo.js';
import type { Booking } from '../../contract/shapes.js';
import type { PagesConfig } from '../../contract/page-shapes.js';
import { Button, Field } from '../kit/controls.js';
import { coordinates } from '../kit/format.js';
import { Map, type MapMarker } from '../kit/map.js';
import { Card, Notice } from '../kit/surfaces.js';
import { stepOf } from './desk.js';
import { placeError, type Axis } from './place-words.js';
import type { Shift } from './shift.js';

/** Where the pilot is: on the map, from the device, or typed. */
export function PlaceCard({ shift, config }: { shift: Shift; config: PagesConfig }) {
  const { position } = shift;
  const place = position.place.value;
  const device = position.device.value;
  return (
    <Card label="Your position" class="stack place-card">
      <div class="row">
        <h2 class="text-heading grow">Your position</h2>
        {place !== null && <p class="text-caption soft text-number">{coordinates(place)}</p>}
      </div>
      {place !== null && <PlaceMap shift={shift} config={config} place={place} />}
      <p class="text-caption soft">Drag your marker or tap the map to move.</p>
      <Button
        wide
        icon="navigate"
        busy={device === 'asking'}
        aria-pressed={device === 'watching'}
        onClick={() => position.useDevice()}
      >
        {device === 'watching' ? 'Following your position' : 'Use my position'}
      </Button>
      <div aria-live="polite">
        {position.trouble.value !== '' && (
          <Notice tone="warning" icon="pin">
            {position.trouble.value}
          </Notice>
        )}
      </div>
      <details class="place-typed">
        <summary class="text-small text-strong">Type coordinates</summary>
        {place !== null && <TypedPlace place={place} onTyped={(typed) => position.moveTo(typed)} />}
      </details>
    </Card>
  );
}

function PlaceMap({ shift, config, place }: { shift: Shift; config: PagesConfig; place: LatLng }) {
  const { job, pilot } = shift.desk.value;
  const online = pilot?.online === true;
  const markers = useMemo(
    (): MapMarker[] => [
      {
        id: 'me',
        at: place,
        kind: 'me',
        label: 'You',
        pulse: online && job === null,
        onMove: (at) => shift.position.moveTo(at),
      },
      ...(job === null ? [] : stopsOf(job)),
    ],
    [place, job, online],
  );
  return (
    <Map
      config={config}
      label="Map of where you are"
      center={place}
      zoom={14}
      markers={markers}
      fit={job !== null}
      keepInSight={place}
      onPick={(at) => shift.position.moveTo(at)}
      class="place-map"
      {...(job === null ? {} : { route: [place, ...stopsOf(job).map((stop) => stop.at)] })}
    />
  );
}

/** The stops that are still to come. */
function stopsOf(job: Booking): MapMarker[] {
  const { pickup, dropoff } = job;
  const stops: MapMarker[] = [
    { id: 'pickup', at: pickup, kind: 'pickup', label: `Pickup: ${pickup.address}` },
    { id: 'dropoff', at: dropoff, kind: 'dropoff', label: `Drop-off: ${dropoff.address}` },
  ];
  return stepOf(job) < 2 ? stops : stops.slice(1);
}

function TypedPlace({ place, onTyped }: { place: LatLng; onTyped: (place: LatLng) => void }) {
  const [typed, setTyped] = useState<Record<Axis, string> | null>(null);
  const [checked, setChecked] = useState(false);
  const shown = typed ?? { lat: place.lat.toFixed(5), lng: place.lng.toFixed(5) };
  const errorOf = (axis: Axis): string => (checked ? placeError(axis, shown[axis]) : '');
  const submit = (event: Event): void => {
    event.preventDefault();
    setChecked(true);
    if (placeError('lat', shown.lat) !== '' || placeError('lng', shown.lng) !== '') return;
    onTyped({ lat: Number(shown.lat), lng: Number(shown.lng) });
    setTyped(null);
    setChecked(false);
  };
  const field = (axis: Axis, label: string) => (
    <Field label={label} error={errorOf(axis)}>
      {(wiring) => (
        <input
          {...wiring}
          class="input text-number"
          inputMode="text"
          autocomplete="off"
          value={shown[axis]}
          onInput={(event) => setTyped({ ...shown, [axis]: event.currentTarget.value })}
        />
      )}
    </Field>
  );
  return (
    <form class="place-form" onSubmit={submit} noValidate>
      {field('lat', 'Latitude')}
      {field('lng', 'Longitude')}
      <Button type="submit" tone="primary" icon="pin" class="place-set">
        Set position
      </Button>
    </form>
  );
}
