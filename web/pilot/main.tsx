import { openPage } from '../kit/shell.js';
import { PilotPage } from './page.js';

void openPage('pilot', (given) => <PilotPage {...given} />);
