/** What stands where a secret stood. */
export const scrubbed = 'scrubbed';

/** Shorter ones would be found everywhere by chance; they are taken out where a wire is known to carry them. */
const shortestBytes = 3;
/** A piece of Base64 that is shorter says too little to be found by. */
const shortestBase64 = 4;

export interface Scrubber {
  /** Where secrets stand in `stream`, each character of which is a byte, and what takes their place. */
  readonly edits: (stream: string) => readonly { readonly from: number; readonly to: number; readonly by: string }[];
  /** `text` without any secret, in none of its written forms. */
  text(text: string): string;
  /** The same for bytes. What is no text keeps its length, because it may count it. */
  bytes(bytes: Uint8Array): Uint8Array;
}

/** Takes `secrets` out wherever they occur: plain, in Base64, hex, URL, XML and JSON. */
export function createScrubber(secrets: Iterable<string>): Scrubber {
  const forms = [...new Set([...secrets].flatMap(formsOf))].sort((a, b) => b.length - a.length);
  if (forms.length === 0) return { edits: () => [], text: (text) => text, bytes: (bytes) => bytes };
  const pattern = new RegExp(forms.map(escapePattern).join('|'), 'g');
  const replacement = (stream: string): ((found: string) => string) =>
    isText(Buffer.from(stream, 'latin1')) ? () => scrubbed : fill;
  const clean = (bytes: Uint8Array): Buffer => {
    const stream = Buffer.from(bytes).toString('latin1');
    return Buffer.from(stream.replace(pattern, replacement(stream)), 'latin1');
  };
  return {
    edits: (stream) => {
      const by = replacement(stream);
      return [...stream.matchAll(pattern)].map(({ index, 0: found }) => ({
        from: index,
        to: index + found.length,
        by: by(found),
      }));
    },
    text: (text) => clean(Buffer.from(text)).toString(),
    bytes: clean,
  };
}

/** As long as what it stands for. */
function fill(found: string): string {
  return scrubbed.repeat(Math.ceil(found.length / scrubbed.length)).slice(0, found.length);
}

/** Whether bytes are lines of text that a person could read. */
export function isText(bytes: Uint8Array): boolean {
  if (bytes.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    // Not UTF-8: no text of anybody whom we know.
    return false;
  }
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** Every way in which a secret is written, each as bytes of one character. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  if (bytes.length < shortestBytes) return [];
  const hex = bytes.toString('hex');
  const json = JSON.stringify(secret).slice(1, -1);
  const written = [
    secret,
    hex,
    hex.toUpperCase(),
    encodeURIComponent(secret),
    encodeURIComponent(secret).replaceAll('%20', '+'),
    [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
    ...[/[&<]/g, /[&<>]/g, /[&<>"]/g, /[&<>"']/g].map((risky) => escapeXml(secret, risky)),
    json,
    json.replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`),
  ].map((form) => Buffer.from(form).toString('latin1'));
  return [...written, Buffer.from(secret, 'utf16le').toString('latin1'), ...base64Forms(bytes)];
}

function escapeXml(secret: string, risky: RegExp): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&apos;',
  };
  return secret.replace(risky, (character) => names[character] ?? character);
}

/** Base64 of the secret inside something longer: its characters depend on where in a group of three it begins. */
function base64Forms(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const padded = text.replace(/=+$/, '');
    // The first characters hold bits of what stands before, the last ones of what follows.
    const from = Math.ceil((before * 4) / 3);
    const to = Math.floor(((before + bytes.length) * 4) / 3);
    const core = padded.slice(from, to);
    return core.length < shortestBase64 ? [] : [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
