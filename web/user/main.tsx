import { openPage } from '../kit/shell.js';
import { UserPage } from './page.js';

void openPage('user', (given) => <UserPage {...given} />);
