import { openPage } from '../kit/shell.js';
import { OperatorPage } from './page.js';

void openPage('admin', (given) => <OperatorPage {...given} />);
