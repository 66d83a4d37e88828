/** Where the pilot is, as this page knows it, and telling the server. */
import { signal, type Signal } from '@preact/signals';
import type { LatLng } from '../../contract/geo.js';
import type { Line } from '../door/line.js';
import { keep, recall } from '../door/storage.js';

/** Where the demo begins when nothing is known: the old town of Montreal. */
const FIRST_PLACE: LatLng = { lat: 45.5088, lng: -73.554 };
/** Positions go stale after 60 s; with this, one lost message does no harm. */
const REPEAT_MS = 8_000;
/** A moving phone reports many times a second; this is enough for everybody. */
const APART_MS = 900;

interface Report extends LatLng {
  heading?: number;
  speedKph?: number;
}

export class Position {
  /** Null until the server, this device or the demo's first place has said. */
  readonly place: Signal<LatLng | null> = signal(null);
  /** `watching`: the device reports by itself. */
  readonly device: Signal<'off' | 'asking' | 'watching'> = signal('off');
  /** Why the device's own position cannot be had; empty when nothing is wrong. */
  readonly trouble: Signal<string> = signal('');
  private report: Report | null = null;
  private changed = false;
  private sending = false;
  private sentAtMs = -Infinity;
  private watch: number | null = null;
  private readonly key: string;

  constructor(
    private readonly line: Line,
    pilotId: string,
  ) {
    this.key = `pilot-dispatch:position:${pilotId}`;
  }

  /** Begins where the server last saw the pilot, else where this device did. Later calls change nothing. */
  begin(known: LatLng | null): void {
    if (this.place.value !== null) return;
    const { lat, lng } = known ?? recall<LatLng>(() => localStorage, this.key) ?? FIRST_PLACE;
    this.take({ lat, lng });
  }

  /** The pilot was put here by hand; the device no longer says. */
  moveTo(place: LatLng): void {
    this.stopWatching();
    this.take(place);
  }

  /** Asks the device, and follows it until `moveTo`. */
  useDevice(): void {
    this.stopWatching();
    this.trouble.value = '';
    if (!('geolocation' in navigator)) {
      this.trouble.value = 'This device does not tell its position. Use the map or type it.';
      return;
    }
    this.device.value = 'asking';
    this.watch = navigator.geolocation.watchPosition(
      ({ coords }) => {
        this.device.value = 'watching';
        this.trouble.value = '';
        this.take(reportOf(coords));
      },
      (error) => {
        if (this.device.value === 'watching' && error.code !== error.PERMISSION_DENIED) return;
        this.stopWatching();
        this.trouble.value =
          error.code === error.PERMISSION_DENIED
            ? 'The browser may not use your position. Allow it, use the map, or type it.'
            : 'Your position cannot be found now. Use the map or type it.';
      },
      { enableHighAccuracy: true, maximumAge: 5_000, timeout: 15_000 },
    );
  }

  /** Called about every second: sends what changed, and repeats it while `repeat`. */
  tick(repeat: boolean): void {
    const sinceMs = performance.now() - this.sentAtMs;
    if ((this.changed && sinceMs >= APART_MS) || (repeat && sinceMs >= REPEAT_MS)) void this.send();
  }

  /** Sends it now; true when the server has it. */
  async send(): Promise<boolean> {
    if (this.report === null || this.sending) return false;
    this.sending = true;
    this.changed = false;
    this.sentAtMs = performance.now();
    const answer = await this.line.ask('pilot:location', this.report).catch(() => null);
    this.sending = false;
    if (answer === null) this.changed = true;
    return answer?.ok === true;
  }

  close(): void {
    this.stopWatching();
  }

  private take(report: Report): void {
    this.report = report;
    this.place.value = { lat: report.lat, lng: report.lng };
    keep(() => localStorage, this.key, this.place.value);
    this.changed = true;
    this.tick(false);
  }

  private stopWatching(): void {
    if (this.watch !== null) navigator.geolocation.clearWatch(this.watch);
    this.watch = null;
    this.device.value = 'off';
  }
}

function reportOf({ latitude, longitude, heading, speed }: GeolocationCoordinates): Report {
  return {
    lat: latitude,
    lng: longitude,
    ...(heading === null || Number.isNaN(heading) ? {} : { heading }),
    ...(speed === null || speed < 0 ? {} : { speedKph: speed * 3.6 }),
  };
}
