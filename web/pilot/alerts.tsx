import { IconButton } from '../kit/controls.js';
import { sound, toggle, vibration } from './alarm.js';

/** Whether an offer is heard and felt on this device. */
export function Alerts() {
  return (
    <div class="alerts" role="group" aria-label="How offers call you">
      <IconButton
        label="Sound"
        icon={sound.value ? 'bell' : 'bellOff'}
        aria-pressed={sound.value}
        onClick={() => toggle(sound)}
      />
      <IconButton
        label="Vibration"
        icon={vibration.value ? 'vibrate' : 'vibrateOff'}
        aria-pressed={vibration.value}
        onClick={() => toggle(vibration)}
      />
    </div>
  );
}
