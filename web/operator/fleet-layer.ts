/** Pilots and searches on one canvas; markers are moved and coloured in place. */
import L from 'leaflet';
import type { PilotState } from '../../contract/words.js';
import { pilotColour, searchColour, type Colours } from './colours.js';
import type { PilotOnMap, SearchView } from '../../contract/page-shapes.js';
import { PILOT_WORDS, STATUS_WORDS } from './words.js';

const PILOT_RADIUS = 5;
const SEARCH_RADIUS = 8;
/** From afar there are more of them to a square centimetre. */
const AFAR_ZOOM = 11;
const AFAR_PART = 0.6;

interface Dot<T> {
  marker: L.CircleMarker;
  /** What it shows; replaced when something else is to be shown. */
  shows: T;
}

export class FleetLayer {
  private readonly renderer = L.canvas({ padding: 0.2, tolerance: 3 });
  private readonly group: L.FeatureGroup;
  private readonly pilots = new Map<string, Dot<PilotOnMap>>();
  private readonly searches = new Map<string, Dot<SearchView>>();
  private readonly words = new WeakMap<L.Layer, () => string>();
  private marked: L.Marker | null = null;

  constructor(
    private readonly map: L.Map,
    private colours: Colours,
    private readonly onSelect: (bookingId: string) => void,
  ) {
    this.group = L.featureGroup()
      .addTo(map)
      .bindTooltip((layer) => this.words.get(layer)?.() ?? '', { direction: 'auto', offset: [8, 0] });
    let afar = map.getZoom() <= AFAR_ZOOM;
    map.on('zoomend', () => {
      if (afar === map.getZoom() <= AFAR_ZOOM) return;
      afar = !afar;
      this.resize();
    });
  }

  showPilots(pilots: readonly PilotOnMap[]): void {
    sync(
      this.pilots,
      pilots,
      ({ id }) => id,
      (pilot) => this.addPilot(pilot),
      (dot, pilot) => {
        if (dot.shows.lat !== pilot.lat || dot.shows.lng !== pilot.lng) dot.marker.setLatLng(pilot);
        if (dot.shows.state !== pilot.state) dot.marker.setStyle(this.pilotStyle(pilot.state));
        dot.shows = pilot;
      },
      (dot) => this.group.removeLayer(dot.marker),
    );
  }

  showSearches(searches: readonly SearchView[]): void {
    sync(
      this.searches,
      searches,
      ({ bookingId }) => bookingId,
      (search) => this.addSearch(search),
      (dot, search) => {
        if (dot.shows.status !== search.status) dot.marker.setStyle(this.searchStyle(search));
        dot.shows = search;
      },
      (dot) => this.group.removeLayer(dot.marker),
    );
  }

  /** A pulse around the selected search; brings it into view when it is not. */
  mark(bookingId: string | null): void {
    const found = bookingId === null ? undefined : this.searches.get(bookingId);
    if (found === undefined) {
      this.marked?.remove();
      this.marked = null;
      return;
    }
    const at = found.marker.getLatLng();
    if (this.marked?.getLatLng().equals(at) === true) return;
    this.marked?.remove();
    const icon = L.divIcon({ className: 'map-marker map-selected map-pulse', iconSize: [18, 18] });
    this.marked = L.marker(at, { icon, interactive: false, keyboard: false }).addTo(this.map);
    if (!this.map.getBounds().contains(at)) this.map.panTo(at);
  }

  /** Everything in view, if there is anything. */
  fit(): void {
    const bounds = this.group.getBounds();
    if (bounds.isValid()) this.map.fitBounds(bounds, { padding: [8, 8], maxZoom: 14, animate: false });
  }

  /** Wears other colours. */
  recolour(colours: Colours): void {
    this.colours = colours;
    for (const { marker, shows } of this.pilots.values()) marker.setStyle(this.pilotStyle(shows.state));
    for (const { marker, shows } of this.searches.values()) marker.setStyle(this.searchStyle(shows));
  }

  private radius(near: number): number {
    return this.map.getZoom() <= AFAR_ZOOM ? near * AFAR_PART : near;
  }

  private resize(): void {
    for (const { marker } of this.pilots.values()) marker.setRadius(this.radius(PILOT_RADIUS));
    for (const { marker } of this.searches.values()) marker.setRadius(this.radius(SEARCH_RADIUS));
  }

  private addPilot(pilot: PilotOnMap): Dot<PilotOnMap> {
    const marker = L.circleMarker(pilot, {
      renderer: this.renderer,
      radius: this.radius(PILOT_RADIUS),
      bubblingMouseEvents: false,
      ...this.pilotStyle(pilot.state),
    });
    const dot = { marker, shows: pilot };
    this.words.set(marker, () => `${dot.shows.name}: ${PILOT_WORDS[dot.shows.state]}`);
    this.group.addLayer(marker);
    marker.bringToBack();
    return dot;
  }

  private addSearch(search: SearchView): Dot<SearchView> {
    const marker = L.circleMarker(search.pickup, {
      renderer: this.renderer,
      radius: this.radius(SEARCH_RADIUS),
      bubblingMouseEvents: false,
      ...this.searchStyle(search),
    });
    const dot = { marker, shows: search };
    this.words.set(marker, () => `${dot.shows.bookingNumber}: ${STATUS_WORDS[dot.shows.status].words}`);
    marker.on('click', () => this.onSelect(dot.shows.bookingId));
    this.group.addLayer(marker);
    return dot;
  }

  private pilotStyle(state: PilotState): L.PathOptions {
    return {
      weight: 1,
      color: this.colours.edge,
      fillColor: pilotColour(state, this.colours),
      fillOpacity: 1,
    };
  }

  private searchStyle(search: SearchView): L.PathOptions {
    const colour = searchColour(search, this.colours);
    return { weight: 2, color: colour, fillColor: colour, fillOpacity: 0.15 };
  }
}

/** Makes what is shown be what is wanted. */
function sync<T>(
  shown: Map<string, Dot<T>>,
  wanted: readonly T[],
  idOf: (one: T) => string,
  add: (one: T) => Dot<T>,
  change: (dot: Dot<T>, one: T) => void,
  remove: (dot: Dot<T>) => void,
): void {
  const ids = new Set<string>();
  for (const one of wanted) {
    const id = idOf(one);
    ids.add(id);
    const dot = shown.get(id);
    if (dot === undefined) shown.set(id, add(one));
    else change(dot, one);
  }
  for (const [id, dot] of shown) {
    if (ids.has(id)) continue;
    remove(dot);
    shown.delete(id);
  }
}
