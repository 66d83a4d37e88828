/** Before each test file: makes this process known, so that it ends should Jest itself be killed. */
import { registerProcess } from '../../tools/test-services/run-folder.js';

registerProcess(process.pid);
