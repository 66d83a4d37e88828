// A pilot's phone as a process of its own, that a test may freeze: `phone.cjs <url>`, its token in PHONE_TOKEN. It comes
// back by itself, and prints each event it receives as one line of JSON.
const { io } = require('socket.io-client');

const socket = io(process.argv[2], {
  auth: { token: process.env.PHONE_TOKEN },
  transports: ['websocket'],
  reconnectionDelay: 100,
  reconnectionDelayMax: 500,
});
const say = (msg, payload) => process.stdout.write(`${JSON.stringify({ level: 30, msg, payload })}\n`);
socket.on('connect', () => say('connected', {}));
socket.on('disconnect', (reason) => say('disconnected', { reason }));
socket.onAny((event, payload) => say(event, payload));
