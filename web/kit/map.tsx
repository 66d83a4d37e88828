import L from 'leaflet';
import 'leaflet/dist/leaflet.css';
import './map.css';
import { useEffect, useRef } from 'preact/hooks';
import type { LatLng } from '../../contract/geo.js';
import type { PagesConfig } from '../../contract/page-shapes.js';

export type MarkerKind = 'pickup' | 'dropoff' | 'pilot' | 'me';

export interface MapMarker {
  id: string;
  at: LatLng;
  kind: MarkerKind;
  /** Its name, read out and shown on hover. */
  label: string;
  /** A radar pulse around it. */
  pulse?: boolean;
  /** It can be dragged; called with the place where it was dropped. */
  onMove?: (at: LatLng) => void;
}

export interface MapProps {
  config: PagesConfig;
  /** The map's name. */
  label: string;
  /** Where it begins. */
  center: LatLng;
  zoom?: number;
  markers: readonly MapMarker[];
  /** A line through these places. */
  route?: readonly LatLng[];
  /** Keeps all markers in sight when their number or kinds change. */
  fit?: boolean;
  /** This place is brought back into sight when it moves out of it. */
  keepInSight?: LatLng;
  /** A tap on the map. */
  onPick?: (at: LatLng) => void;
  class?: string;
}

const FIT_PADDING_PX = 48;

/** Makes a Leaflet map with the configured tiles, or with a ground of our own where there are none. */
export function createMap(element: HTMLElement, config: PagesConfig, center: LatLng, zoom = 13): L.Map {
  const map = L.map(element, { center, zoom, zoomControl: true, attributionControl: true });
  map.attributionControl.setPrefix(false);
  new GroundLayer({ tileSize: 128 }).addTo(map);
  if (config.mapTilesUrl !== null)
    L.tileLayer(config.mapTilesUrl, {
      maxZoom: 19,
      ...(config.mapAttribution === null ? {} : { attribution: config.mapAttribution }),
    }).addTo(map);
  return map;
}

/** Plain squares: what is seen where tiles are off or do not come. */
class GroundLayer extends L.GridLayer {
  protected override createTile(): HTMLElement {
    return L.DomUtil.create('div', 'map-ground');
  }
}

/** A map with a few markers. */
export function Map(props: MapProps) {
  const element = useRef<HTMLDivElement>(null);
  const map = useRef<L.Map | null>(null);
  const shown = useRef(new globalThis.Map<string, L.Marker>());
  const line = useRef<L.Polyline | null>(null);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    if (element.current === null) return undefined;
    const made = createMap(element.current, props.config, props.center, props.zoom);
    map.current = made;
    made.on('click', (event) => latest.current.onPick?.(plain(event.latlng)));
    const watcher = new ResizeObserver(() => resized(made, latest.current));
    watcher.observe(element.current);
    return () => {
      watcher.disconnect();
      shown.current.clear();
      line.current = null;
      made.remove();
    };
  }, []);

  useEffect(() => {
    if (map.current !== null) placeMarkers(map.current, shown.current, latest);
  }, [props.markers]);
  useEffect(() => {
    line.current?.remove();
    line.current = null;
    if (map.current === null || props.route === undefined || props.route.length < 2) return;
    line.current = L.polyline([...props.route], { className: 'map-route', interactive: false }).addTo(
      map.current,
    );
  }, [JSON.stringify(props.route)]);
  const toFit = props.fit === true ? props.markers.map((marker) => marker.id).join() : '';
  useEffect(() => {
    if (map.current !== null && toFit !== '') fitMarkers(map.current, latest.current);
  }, [toFit]);

  const { lat, lng } = props.keepInSight ?? {};
  useEffect(() => {
    if (map.current === null || lat === undefined || lng === undefined) return;
    if (!map.current.getBounds().pad(-0.1).contains([lat, lng])) map.current.panTo([lat, lng]);
  }, [lat, lng]);

  return <div ref={element} class={`map ${props.class ?? ''}`} role="region" aria-label={props.label} />;
}

function fitMarkers(map: L.Map, { markers }: MapProps): void {
  const { x, y } = map.getSize();
  // A low map has no room for both its places and a wide border.
  const padding: L.PointTuple = [Math.min(FIT_PADDING_PX, x / 5), Math.min(FIT_PADDING_PX, y / 5)];
  const bounds = L.latLngBounds(markers.map((marker) => marker.at));
  map.fitBounds(bounds, { padding, maxZoom: 15, animate: false });
}

/** A map that was made before it was seen, as in a dialog, could not know what fits. */
function resized(map: L.Map, props: MapProps): void {
  const unseen = map.getSize().y === 0;
  map.invalidateSize();
  if (unseen && props.fit === true && props.markers.length > 0) fitMarkers(map, props);
}

function placeMarkers(
  map: L.Map,
  shown: globalThis.Map<string, L.Marker>,
  latest: { current: MapProps },
): void {
  const wanted = new Set(latest.current.markers.map((marker) => marker.id));
  for (const [id, marker] of shown) {
    if (wanted.has(id)) continue;
    marker.remove();
    shown.delete(id);
  }
  for (const marker of latest.current.markers) {
    const known = shown.get(marker.id);
    if (known === undefined) shown.set(marker.id, addMarker(map, marker, latest));
    else {
      known.setLatLng(marker.at);
      known.getElement()?.classList.toggle('map-pulse', marker.pulse === true);
    }
  }
}

function addMarker(map: L.Map, marker: MapMarker, latest: { current: MapProps }): L.Marker {
  const made = L.marker(marker.at, {
    icon: L.divIcon({
      className: `map-marker map-${marker.kind} ${marker.pulse === true ? 'map-pulse' : ''}`,
      iconSize: [28, 28],
    }),
    title: marker.label,
    alt: marker.label,
    draggable: marker.onMove !== undefined,
    keyboard: marker.onMove !== undefined,
    autoPan: true,
  });
  made.on('dragend', () => {
    const now = latest.current.markers.find((one) => one.id === marker.id);
    now?.onMove?.(plain(made.getLatLng()));
  });
  return made.addTo(map);
}

function plain({ lat, lng }: L.LatLng): LatLng {
  const wrapped = L.latLng(lat, lng).wrap();
  return { lat: wrapped.lat, lng: wrapped.lng };
}
