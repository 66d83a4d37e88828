export { freePort } from '../../tools/test-services/free-port.js';
