import { effect, useSignal, type ReadonlySignal } from '@preact/signals';
import type L from 'leaflet';
import { useEffect, useRef } from 'preact/hooks';
import type { LatLng } from '../../contract/geo.js';
import { wordsOf } from '../door/api.js';
import { Button } from '../kit/controls.js';
import { createMap } from '../kit/map.js';
import { Card } from '../kit/surfaces.js';
import { readColours, watchColours } from './colours.js';
import type { Desk } from './desk.js';
import { FleetLayer } from './fleet-layer.js';
import { PILOT_WORDS } from './words.js';

const MONTREAL: LatLng = { lat: 45.5088, lng: -73.554 };
const MORE_PILOTS = 20;

/** Where the pilots and the searches are. */
export function FleetMap({ desk }: { desk: Desk }) {
  const element = useRef<HTMLDivElement>(null);
  const map = useRef<L.Map | null>(null);
  useEffect(() => {
    if (element.current === null) return undefined;
    const made = createMap(element.current, desk.session.config, MONTREAL, 12);
    map.current = made;
    const end = drawFleet(desk, made, element.current);
    return () => {
      end();
      map.current = null;
      made.remove();
    };
  }, [desk]);
  return (
    <Card class="panel fleet" label="Map">
      <div class="panel-title row">
        <h2 class="text-heading grow">Pilots and searches</h2>
        {desk.session.config.demo && <AddPilots desk={desk} map={map} />}
      </div>
      <div ref={element} class="map fleet-map" role="region" aria-label="Map of pilots and searches" />
      <Legend />
    </Card>
  );
}

/** Keeps the map as the desk says; answers how to stop. */
function drawFleet(desk: Desk, map: L.Map, element: HTMLElement): () => void {
  const layer = new FleetLayer(map, readColours(element), (id) => (desk.selected.value = id));
  let fitted = false;
  const fitOnce = (): void => {
    if (fitted || desk.searches.peek() === null || desk.pilots.peek().length === 0) return;
    fitted = true;
    layer.fit();
  };
  const watcher = new ResizeObserver(() => map.invalidateSize());
  watcher.observe(element);
  const ends = [
    drawn(desk.pilots, (pilots) => {
      layer.showPilots(pilots);
      fitOnce();
    }),
    drawn(desk.searches, (searches) => {
      layer.showSearches(searches ?? []);
      layer.mark(desk.selected.peek());
      fitOnce();
    }),
    drawn(desk.selected, (selected) => layer.mark(selected)),
    watchColours(() => layer.recolour(readColours(element))),
    () => watcher.disconnect(),
  ];
  return () => ends.forEach((end) => end());
}

/** Draws each value in a frame of its own, so that no task has to draw the list and the map. */
function drawn<T>(source: ReadonlySignal<T>, draw: (value: T) => void): () => void {
  let frame = 0;
  const end = effect(() => {
    const { value } = source;
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => draw(value));
  });
  return () => {
    cancelAnimationFrame(frame);
    end();
  };
}

function Legend() {
  return (
    <ul class="legend text-caption" aria-label="Legend">
      {Object.entries(PILOT_WORDS).map(([state, words]) => (
        <li key={state}>
          <span class={`legend-dot legend-${state}`} aria-hidden="true" />
          {words}
        </li>
      ))}
      <li>
        <span class="legend-ring legend-searching" aria-hidden="true" />
        Search
      </li>
      <li>
        <span class="legend-ring legend-failed" aria-hidden="true" />
        Failed search
      </li>
      <li>
        <span class="legend-ring legend-assigned" aria-hidden="true" />
        Assigned search
      </li>
    </ul>
  );
}

/** The demo: more pilots around what is seen. */
function AddPilots({ desk, map }: { desk: Desk; map: { current: L.Map | null } }) {
  const busy = useSignal(false);
  const add = async (): Promise<void> => {
    const { lat, lng } = map.current?.getCenter().wrap() ?? MONTREAL;
    busy.value = true;
    try {
      const body = { count: MORE_PILOTS, lat, lng };
      const { added } = await desk.session.api.post<{ added: number }>('/demo/pilots', body);
      desk.said.value = added === 1 ? '1 pilot was added.' : `${added} pilots were added.`;
      desk.anew();
    } catch (error) {
      desk.said.value = `No pilots were added: ${wordsOf(error)}`;
    } finally {
      busy.value = false;
    }
  };
  return (
    <Button icon="plus" class="add-pilots" busy={busy.value} onClick={() => void add()}>
      Add 20 pilots
    </Button>
  );
}
