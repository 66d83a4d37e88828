/** Calls of a gRPC connection: each is an HTTP/2 stream, and begins with one HEADERS frame of the client. */
import { Frames, type Listener } from './taps.js';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const FRAME_HEAD_BYTES = 9;
const HEADERS = 0x1;

/** A listener that is told of each call. */
export function callsOf(called: () => void): Listener {
  let greeted = false;
  const lengthOf = (bytes: Buffer): number | null => {
    if (!greeted) return bytes.length < PREFACE.length ? null : PREFACE.length;
    return bytes.length < FRAME_HEAD_BYTES ? null : bytes.readUIntBE(0, 3) + FRAME_HEAD_BYTES;
  };
  const frames = new Frames(lengthOf, (frame) => {
    if (greeted && frame[3] === HEADERS) called();
    greeted = true;
  });
  return { fromClient: (bytes) => frames.push(bytes), fromServer: () => undefined };
}
