import { SaxesParser } from 'saxes';
import { ProtocolError } from '../bytes/error.ts';

export const maxDescriptionBytes = 64 * 1_024;
const maxDepth = 16;
const maxTextLength = 200;

/** Who a root device says it is (UPnP Device Architecture 2.0 section 2.3); the devices inside it are left out. */
export interface DeviceDescription {
  readonly deviceType?: string;
  readonly friendlyName?: string;
  readonly manufacturer?: string;
  readonly modelName?: string;
  readonly modelNumber?: string;
  readonly serialNumber?: string;
}

const wanted: ReadonlySet<string> = new Set([
  'deviceType',
  'friendlyName',
  'manufacturer',
  'modelName',
  'modelNumber',
  'serialNumber',
]);

/** Reads a device description. Throws ProtocolError `oversize` or `malformed`; a document type is refused. */
export function parseDescription(bytes: Uint8Array): DeviceDescription {
  if (bytes.length > maxDescriptionBytes) throw new ProtocolError('oversize', `a description of ${bytes.length} bytes`);
  const path: string[] = [];
  const found = new Map<string, string>();
  const parser = new SaxesParser();
  parser.on('doctype', () => {
    throw new ProtocolError('malformed', 'a description with a document type is not read');
  });
  parser.on('error', (error) => {
    throw new ProtocolError('malformed', `the description is no XML: ${error.message.slice(0, maxTextLength)}`);
  });
  parser.on('opentag', ({ name }) => {
    path.push(name.replace(/^.*:/, ''));
    if (path.length > maxDepth) throw new ProtocolError('oversize', `a description deeper than ${maxDepth}`);
  });
  parser.on('closetag', () => void path.pop());
  const take = (text: string) => {
    const [root, device, field = '', ...deeper] = path;
    if (root !== 'root' || device !== 'device' || deeper.length > 0 || !wanted.has(field)) return;
    found.set(field, `${found.get(field) ?? ''}${text}`.slice(0, maxTextLength));
  };
  parser.on('text', take);
  parser.on('cdata', take);
  parser.write(new TextDecoder().decode(bytes)).close();
  if (found.size === 0) throw new ProtocolError('malformed', 'the document describes no device');
  return Object.fromEntries([...found].flatMap(([key, text]) => (text.trim() === '' ? [] : [[key, text.trim()]])));
}
