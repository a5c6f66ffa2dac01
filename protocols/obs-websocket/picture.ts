import { ProtocolError } from '../bytes/error.ts';

const prefix = /^data:image\/jpe?g;base64,/;
/** A still of 1280 pixels has some 200 kB. */
const maxBytes = 1024 * 1024;

/** The JPEG in `imageData` of GetSourceScreenshot, a data URL. Throws ProtocolError `malformed` | `oversize`. */
export function readPicture(imageData: string): Uint8Array {
  const head = prefix.exec(imageData.slice(0, 40))?.[0];
  if (head === undefined) throw new ProtocolError('malformed', 'the picture of OBS is no JPEG in a data URL');
  if (imageData.length - head.length > (maxBytes * 4) / 3 + 4) {
    throw new ProtocolError('oversize', `the picture of OBS is larger than ${maxBytes} bytes`);
  }
  const bytes = Buffer.from(imageData.slice(head.length), 'base64');
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8 || bytes[2] !== 0xff) {
    throw new ProtocolError('malformed', 'the picture of OBS does not begin as a JPEG');
  }
  return bytes;
}
