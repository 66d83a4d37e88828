/** Sound and vibration that call a pilot to an offer. */
import { signal, type Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { keep, recall } from '../door/storage.js';

const KEY = 'pilot-dispatch:alerts';
const REPEAT_MS = 1_800;
const PATTERN_MS = [220, 120, 220];
const TONES = [
  { hertz: 660, atSeconds: 0 },
  { hertz: 880, atSeconds: 0.18 },
];
const TONE_SECONDS = 0.16;
const LOUDNESS = 0.22;
const WAKE_MS = 500;

const kept = recall<{ sound?: boolean; vibration?: boolean }>(() => localStorage, KEY);
/** Wanted on this device. */
export const sound: Signal<boolean> = signal(kept?.sound !== false);
export const vibration: Signal<boolean> = signal(kept?.vibration !== false);

let audio: AudioContext | null = null;

/** Turns one of them on or off, and remembers it. */
export function toggle(which: Signal<boolean>): void {
  which.value = !which.value;
  keep(() => localStorage, KEY, { sound: sound.value, vibration: vibration.value });
  if (which === sound && which.value) void wakeAudio().then(chime);
  if (which === vibration && which.value) vibrate();
}

/** Calls for as long as `on`. */
export function useAlarm(on: boolean): void {
  useEffect(() => {
    // Browsers let a page sound only after it was touched.
    const touched = (): void => void wakeAudio();
    const events = ['pointerdown', 'keydown'] as const;
    for (const event of events) document.addEventListener(event, touched, { once: true });
    return () => {
      for (const event of events) document.removeEventListener(event, touched);
    };
  }, []);
  useEffect(() => {
    if (!on) return undefined;
    call();
    const timer = setInterval(call, REPEAT_MS);
    return () => {
      clearInterval(timer);
      vibrate([]);
    };
  }, [on]);
}

function call(): void {
  const atMs = performance.now();
  // An untouched page may be let sound much later: by then the tones of before are not wanted.
  if (sound.value) void wakeAudio().then(() => performance.now() - atMs < WAKE_MS && chime());
  if (vibration.value) vibrate();
}

function vibrate(pattern: number[] = PATTERN_MS): void {
  // Chromium refuses it, with an error in the console, to a page that was never touched.
  if ('vibrate' in navigator && navigator.userActivation?.hasBeenActive !== false) navigator.vibrate(pattern);
}

async function wakeAudio(): Promise<void> {
  try {
    audio ??= new AudioContext();
    if (audio.state === 'suspended') await audio.resume();
  } catch {
    // A device without sound: the pop-up and the vibration have to do.
  }
}

function chime(): void {
  if (audio === null || audio.state !== 'running') return;
  for (const { hertz, atSeconds } of TONES) {
    const from = audio.currentTime + atSeconds;
    const tone = new OscillatorNode(audio, { type: 'sine', frequency: hertz });
    const volume = new GainNode(audio, { gain: 0 });
    volume.gain.setValueAtTime(0, from);
    volume.gain.linearRampToValueAtTime(LOUDNESS, from + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, from + TONE_SECONDS);
    tone.connect(volume).connect(audio.destination);
    tone.start(from);
    tone.stop(from + TONE_SECONDS);
  }
}
