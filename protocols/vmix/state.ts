import { SaxesParser } from 'saxes';
import { ProtocolError } from '../bytes/error.ts';
import { toError } from '../errors.ts';

/** The state of vMix as its XML tells it [vMix User Guide 28, XML]; what we do not use is left out. */
export interface VmixState {
  readonly version: string;
  readonly edition: string;
  readonly inputs: readonly VmixInput[];
  /** Number of the input that is on air; undefined when none is. */
  readonly active: number | undefined;
  readonly preview: number | undefined;
  readonly isRecording: boolean;
  /** On the way to the internet. */
  readonly isStreaming: boolean;
}

export interface VmixInput {
  /** Stays the same when inputs are moved. */
  readonly key: string;
  readonly number: number;
  readonly title: string;
}

const maxInputs = 1_000;
/** `vmix`, `inputs`, `input`, `text`: deeper is no vMix. */
const maxDepth = 16;

/** Reads the data of a response to `XML`. Throws ProtocolError `malformed`. */
export function parseState(xml: string): VmixState {
  const values = new Map<string, string>();
  const inputs: VmixInput[] = [];
  const path: string[] = [];
  const parser = new SaxesParser({ xmlns: false as const });
  parser.on('doctype', () => {
    throw new ProtocolError('malformed', 'the state of vMix has no document type');
  });
  parser.on('opentag', ({ name, attributes }) => {
    path.push(name);
    if (path.length > maxDepth) throw new ProtocolError('malformed', 'the state of vMix is not that deep');
    if (path.join('/') === 'vmix/inputs/input' && inputs.length < maxInputs) {
      const number = wholeNumber(attributes['number']);
      if (number !== undefined) inputs.push({ key: attributes['key'] ?? '', number, title: attributes['title'] ?? '' });
    }
  });
  parser.on('text', (text) => {
    const [root, name, deeper] = path;
    if (root === 'vmix' && name !== undefined && deeper === undefined)
      values.set(name, (values.get(name) ?? '') + text);
  });
  parser.on('closetag', () => void path.pop());
  try {
    parser.write(xml).close();
  } catch (thrown) {
    if (thrown instanceof ProtocolError) throw thrown;
    throw new ProtocolError('malformed', `this is no XML: ${toError(thrown).message.slice(0, 200)}`, { cause: thrown });
  }
  const value = (name: string) => values.get(name)?.trim();
  if (value('version') === undefined) throw new ProtocolError('malformed', 'no state of vMix is without its version');
  return {
    version: value('version') ?? '',
    edition: value('edition') ?? '',
    inputs,
    active: wholeNumber(value('active')),
    preview: wholeNumber(value('preview')),
    isRecording: value('recording') === 'True',
    isStreaming: value('streaming') === 'True',
  };
}

/** Numbers of inputs count from 1. */
function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,4}$/.test(text) ? Number(text) : undefined;
}
