import { randomBytes } from 'node:crypto';
import { createScrubber, isText, type Scrubber, scrubbed } from '../probe/secrets.ts';
import type { WireContent } from '../probe/wire-event.ts';
import { type BundleConnection, toStored } from './bundle.ts';
import { Pseudonyms } from './pseudonyms.ts';
import type { RecordedConnection, RecordedFrame } from './recorder.ts';
import { type Edit, editOccurrences, rewriteChunks, rewriteText } from './rewrite.ts';
import { documentSecrets, scrubHeaders } from './wires/http.ts';
import { isReader, tagEdits } from './wires/llrp.ts';
import { pjlinkSecrets } from './wires/pjlink.ts';
import { isLibrary, libraryEdits } from './wires/sip2.ts';
import { scrubSnmp } from './wires/snmp.ts';

/** What must not be in a bundle. */
export interface Confidential {
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Secrets of the settings. */
  readonly others: readonly string[];
  /** Serial numbers and MAC addresses that the device has told; empty when they are to stay. */
  readonly serials: readonly string[];
  readonly macs: readonly string[];
  /** What tags hold, and ids of items, that the settings name. */
  readonly tags: readonly string[];
  readonly items: readonly string[];
}

/** Shorter ones would be found by chance all over the bytes of a device; where their field is known, they are taken out all the same. */
const shortestSerial = 4;
const macShape = /\b[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}\b/g;

/** Takes out of one capture what must not leave the school; the same thing gets the same name everywhere in it. */
export class BundleScrubber {
  readonly #confidential: Confidential;
  readonly #secrets: Scrubber;
  readonly #pseudonyms: Pseudonyms;
  readonly #keepsSerials: boolean;
  #aliases: readonly (readonly [string, string])[] = [];

  constructor(confidential: Confidential, keepsSerials: boolean, key: Uint8Array = randomBytes(32)) {
    const { username, password, others, tags, items } = confidential;
    this.#confidential = confidential;
    this.#keepsSerials = keepsSerials;
    this.#secrets = createScrubber([username, password, ...others].filter((secret) => secret !== undefined));
    this.#pseudonyms = new Pseudonyms(key);
    for (const tag of tags) this.#pseudonyms.tag(tag.toLowerCase());
    for (const item of items) this.#pseudonyms.text(item);
  }

  /** Connections in their order, before anything else is asked: tags are read before the questions about them. */
  connections(recorded: readonly RecordedConnection[]): readonly BundleConnection[] {
    const streams = recorded.map((connection) => this.#structured(connection));
    const items = streams.map(({ connection, frames }) => ({
      connection,
      frames: this.#withItems(connection, frames),
    }));
    for (const serial of this.#confidential.serials) if (isCounted(serial, recorded)) this.#pseudonyms.summed(serial);
    this.#aliases = this.#serialAliases();
    return items.map(({ connection, frames }) => this.#stored(connection, frames));
  }

  /** Any value without secrets, as JSON knows values. */
  value<T>(value: T): T {
    return this.#deep(value, '', (text) => text) as T;
  }

  /** Settings, whose members may be secrets by their names. */
  settings(settings: Readonly<Record<string, unknown>>): unknown {
    return this.#deep(settings, '', (text, key) => (isSecretName(key) ? placeholderFor(text) : text));
  }

  text(text: string): string {
    const clean = this.#secrets.text(rewriteText(text, documentSecrets));
    return this.#keepsSerials ? clean : rewriteText(clean, (stream) => this.#serialEdits(stream));
  }

  #deep(value: unknown, key: string, hide: (text: string, key: string) => string): unknown {
    if (typeof value === 'string') return this.#member(hide(value, key), key);
    if (Array.isArray(value)) return value.map((item) => this.#deep(item, key, hide));
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([name, item]) => [this.#itemOr(name), this.#deep(item, name, hide)]);
    return Object.fromEntries(members);
  }

  #member(value: string, key: string): string {
    if (/^item$/i.test(key)) return this.#pseudonyms.item(value);
    if (!this.#keepsSerials && /serial/i.test(key) && !/^(serial|tag|epc)$/.test(value))
      return this.#pseudonyms.text(value);
    return this.text(this.#itemOr(value));
  }

  /** What the settings say of tags and items. */
  #itemOr(text: string): string {
    const { tags, items } = this.#confidential;
    return tags.includes(text) || items.includes(text) ? (this.#pseudonyms.known.get(text) ?? scrubbed) : text;
  }

  /** What each wire is known to carry. */
  #structured(connection: RecordedConnection): { connection: RecordedConnection; frames: readonly RecordedFrame[] } {
    const frames = connection.frames.map((frame) => ({ ...frame, content: scrubMessage(frame.content) }));
    if (connection.port === 'udp') return this.#datagrams(connection, frames);
    if (connection.port !== 'tcp') return { connection, frames };
    const incoming = bytesOf(frames, 'in');
    // Behind a gap nobody knows where a message of a reader begins, and it may name tags.
    if (connection.dropped > 0 && !isReadableLine(incoming))
      return { connection: cut(connection, frames.length), frames: [] };
    const reader = isReader(incoming);
    const tagged = reader
      ? rewriteFrames(frames, 'in', (stream) => tagEdits(Buffer.from(stream, 'latin1'), this.#pseudonyms))
      : frames;
    return { connection, frames: bothWays(tagged, pjlinkSecrets) };
  }

  #datagrams(connection: RecordedConnection, frames: readonly RecordedFrame[]) {
    const { password } = this.#confidential;
    const kept = frames.flatMap((frame) => {
      const { content } = frame;
      if (content.kind !== 'datagram') return [frame];
      const bytes = scrubSnmp(content.bytes, password, placeholderFor(password ?? ''));
      return bytes ? [{ ...frame, content: { ...content, bytes } }] : [];
    });
    return { connection: cut(connection, frames.length - kept.length), frames: kept };
  }

  #withItems(connection: RecordedConnection, frames: readonly RecordedFrame[]): readonly RecordedFrame[] {
    if (connection.port !== 'tcp') return frames;
    const said = [...bytesOf(frames, 'out'), ...bytesOf(frames, 'in')];
    const isAboutItems = isLibrary(Buffer.from(said).toString('latin1'));
    return isAboutItems ? bothWays(frames, (stream) => libraryEdits(stream, this.#pseudonyms)) : frames;
  }

  /** Known secrets and serial numbers, wherever they stand. */
  #stored(connection: RecordedConnection, frames: readonly RecordedFrame[]): BundleConnection {
    const { id, port, target, isSecure, startedAtMs, isOpened, failure, end, dropped } = connection;
    const hidden = port === 'tcp' ? this.#wholeStreams(frames) : frames;
    return {
      ...{ id, port, isSecure, startedAtMs, isOpened, dropped },
      ...(target ? { target: { ...target } } : {}),
      ...(failure ? { failure: { ...failure, message: this.text(failure.message) } } : {}),
      ...(end ? { end } : {}),
      frames: hidden.map(({ atMs, way, content }) => ({ atMs, way, content: toStored(this.#content(content)) })),
    };
  }

  /** A secret may be cut in two by the chunks of a stream. */
  #wholeStreams(frames: readonly RecordedFrame[]): readonly RecordedFrame[] {
    const serials = (stream: string) => (this.#keepsSerials ? [] : this.#serialEdits(stream));
    return bothWays(bothWays(frames, this.#secrets.edits), serials);
  }

  #content(content: WireContent): WireContent {
    switch (content.kind) {
      case 'bytes':
      case 'datagram':
        return { ...content, bytes: this.#bytes(content.bytes) };
      case 'text':
        return { ...content, text: this.text(content.text) };
      case 'request':
      case 'response':
        return {
          ...content,
          ...('url' in content ? { url: this.text(content.url) } : {}),
          headers: this.value(content.headers),
          body: this.#bytes(content.body),
        };
      case 'call':
        return { ...content, args: content.args.map((arg) => this.text(arg)) };
      case 'result':
        return { ...content, stdout: this.text(content.stdout), stderr: this.text(content.stderr) };
    }
  }

  #bytes(bytes: Uint8Array): Uint8Array {
    const clean = this.#secrets.bytes(bytes);
    if (this.#keepsSerials) return clean;
    return rewriteChunks([clean], (stream) => this.#serialEdits(stream))[0] ?? clean;
  }

  #serialEdits(stream: string): readonly Edit[] {
    const shaped = [...stream.matchAll(macShape)].map((match) => ({
      from: match.index,
      to: match.index + match[0].length,
      by: this.#pseudonyms.mac(match[0]),
    }));
    return [...shaped, ...this.#aliases.flatMap(([name, alias]) => editOccurrences(stream, name, alias))];
  }

  /** Every spelling of a serial number or MAC address; the longest first. */
  #serialAliases(): readonly (readonly [string, string])[] {
    const { serials, macs } = this.#confidential;
    const named = serials.filter(({ length }) => length >= shortestSerial);
    const texts = named.flatMap((serial) => {
      const alias = this.#pseudonyms.text(serial);
      return [
        [serial, alias],
        [serial.toLowerCase(), alias.toLowerCase()],
        [serial.toUpperCase(), alias.toUpperCase()],
        ...binaryAliases(serial, alias),
      ] as const;
    });
    const cards = macs.flatMap((mac) => {
      const alias = this.#pseudonyms.mac(mac);
      return [mac, mac.toUpperCase(), ...['', '-', ' '].flatMap((mark) => joined(mac, mark))]
        .map((spelling) => [spelling, this.#pseudonyms.mac(spelling)] as const)
        .concat(binaryAliases(mac.replaceAll(':', ''), alias.replaceAll(':', '')))
        .concat(longAddress(mac, alias));
    });
    return [...texts, ...cards].sort(([a], [b]) => b.length - a.length);
  }
}

/** A MAC address inside one of 64 bits, as readers tell it: as it is, and with the universal bit turned [RFC 4291 appendix A]. */
function longAddress(mac: string, alias: string): readonly (readonly [string, string])[] {
  const long = (address: string, isTurned: boolean) => {
    const [first = 0, ...rest] = Buffer.from(address.replaceAll(':', ''), 'hex');
    const bytes = [isTurned ? first ^ 2 : first, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)];
    return Buffer.from(bytes).toString('hex');
  };
  return [false, true].flatMap((isTurned) => {
    const pair = [long(mac, isTurned), long(alias, isTurned)] as const;
    return [pair, pair.map((hex) => hex.toUpperCase()) as [string, string], ...binaryAliases(...pair)];
  });
}

/** Whether a serial number travels in frames that are no text, whose checksums count it. */
function isCounted(serial: string, recorded: readonly RecordedConnection[]): boolean {
  return recorded.some(({ port, frames }) => {
    const bytes = port === 'tcp' ? bytesOf(frames, 'in') : new Uint8Array();
    return !isText(bytes) && Buffer.from(bytes).includes(serial);
  });
}

function joined(mac: string, mark: string): readonly string[] {
  const spelling = mac.replaceAll(':', mark);
  return [spelling, spelling.toUpperCase()];
}

/** A name in hex may travel as the bytes that it means. */
function binaryAliases(name: string, alias: string): readonly (readonly [string, string])[] {
  if (!/^([0-9a-fA-F]{2}){4,}$/.test(name)) return [];
  return [[Buffer.from(name, 'hex').toString('latin1'), Buffer.from(alias, 'hex').toString('latin1')]];
}

/** Members of settings and documents that hold secrets, by their names. */
export function isSecretName(name: string): boolean {
  return /password|passwd|secret|(access|auth|session|api)[-_]?(token|key)|community|passphrase|^pin$|secureon/i.test(
    name,
  );
}

/** What can stand where a secret stood, so that the schema of its family, or a wire that wants a PIN, still takes it. */
export function placeholderFor(secret: string): string {
  if (secret === '') return '';
  return /^(\d{4}|[0-9a-f]{2}([:-][0-9a-f]{2})+)$/i.test(secret) ? secret.replace(/[0-9a-f]/gi, '0') : scrubbed;
}

function scrubMessage(content: WireContent): WireContent {
  switch (content.kind) {
    case 'request':
    case 'response': {
      const [body = content.body] = rewriteChunks([content.body], documentSecrets);
      return { ...content, headers: scrubHeaders(content.headers), body };
    }
    case 'text':
      return { ...content, text: rewriteText(content.text, documentSecrets) };
    default:
      return content;
  }
}

function bytesOf(frames: readonly RecordedFrame[], way: 'out' | 'in'): Uint8Array {
  return Buffer.concat(
    frames.flatMap(({ way: went, content }) => (went === way && content.kind === 'bytes' ? [content.bytes] : [])),
  );
}

function isReadableLine(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x20 || byte === 0x0d || byte === 0x0a || byte === 0x09 || byte === 0);
}

function cut(connection: RecordedConnection, frames: number): RecordedConnection {
  return frames === 0 ? connection : { ...connection, dropped: connection.dropped + frames };
}

function bothWays(frames: readonly RecordedFrame[], rewrite: (stream: string) => readonly Edit[]) {
  return rewriteFrames(rewriteFrames(frames, 'in', rewrite), 'out', rewrite);
}

/** Rewrites the stream that the frames of one way make together. */
function rewriteFrames(
  frames: readonly RecordedFrame[],
  way: 'out' | 'in',
  rewrite: (stream: string) => readonly Edit[],
): readonly RecordedFrame[] {
  const chunks = frames.flatMap(({ way: went, content }) =>
    went === way && content.kind === 'bytes' ? [content.bytes] : [],
  );
  const written = rewriteChunks(chunks, rewrite)[Symbol.iterator]();
  return frames.map((frame) => {
    if (frame.way !== way || frame.content.kind !== 'bytes') return frame;
    return { ...frame, content: { kind: 'bytes', bytes: written.next().value ?? frame.content.bytes } };
  });
}
