import { createHmac } from 'node:crypto';

/** The length of the serial number in a tag of GS1, at its end [GS1 TDS, SGTIN-96 and GRAI-96]. */
const serialBits = 38n;
/** Tries until an alias has the sums of its name; one in a thousand has. */
const maxAttempts = 5_000;
const gs1 = /^(30|33)[0-9a-f]{22}$/;

/**
 * Names that stand for names: the same for the same within one capture, and worth nothing outside of it, because the key is
 * made for it and thrown away. Lengths and kinds of characters stay, so that every wire and every rule still reads them.
 */
export class Pseudonyms {
  readonly #key: Uint8Array;
  readonly #known = new Map<string, string>();
  /** Given out before: what is an alias already stays as it is. */
  readonly #aliases = new Set<string>();

  /** `key` is random and used for one capture. */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** Each spelling that was met, and what stands for it. */
  get known(): ReadonlyMap<string, string> {
    return this.#known;
  }

  /** A serial number or an id: digits become digits, letters letters, hex hex, the rest stays. */
  text(name: string): string {
    const found = this.#known.get(name);
    if (found !== undefined || this.#aliases.has(name)) return found ?? name;
    return this.#remember(name, this.#aliasFor(name, 0));
  }

  /**
   * The same for a name that travels in frames with a checksum: its alias has the same sum and the same exclusive-or, by which
   * nearly all of them are made. That tells a little of the name, so it is done where it must be.
   */
  summed(name: string): string {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const alias = this.#aliasFor(name, attempt);
      if (alias !== name && isSameSum(name, alias)) return this.#remember(name, alias);
    }
    const mixed = this.#mixed(name);
    return mixed === name ? this.text(name) : this.#remember(name, mixed);
  }

  /** The characters of a name in another order: for one whose sums no other name of its kind has. */
  #mixed(name: string): string {
    const order = this.#bytes(`order ${name}`, name.length);
    const places = [...name].map((character, at) => [order[at] ?? 0, at, character] as const);
    const mixed = places.sort(([a, atA], [b, atB]) => a - b || atA - atB).map(([, , character]) => character);
    return mixed.join('') === name ? mixed.reverse().join('') : mixed.join('');
  }

  #aliasFor(name: string, attempt: number): string {
    const bytes = this.#bytes(`${attempt} ${name.toLowerCase()}`, name.length);
    const letters = /^([0-9a-f]+|[0-9A-F]+)$/.test(name) ? 6 : 26;
    return [...name].map((character, at) => aliasOf(character, bytes[at] ?? 0, letters)).join('');
  }

  #remember(name: string, alias: string): string {
    this.#known.set(name, alias);
    this.#aliases.add(alias);
    return alias;
  }

  /** Six pairs of hex: the maker stays, the card does not. */
  mac(mac: string): string {
    const hex = mac.replace(/[^0-9a-fA-F]/g, '').toLowerCase();
    if (this.#aliases.has(`mac ${hex}`)) return mac;
    const alias = hex.slice(0, 6) + Buffer.from(this.#bytes(`mac ${hex}`, 3)).toString('hex');
    this.#aliases.add(`mac ${alias}`);
    let at = 0;
    return mac.replace(/[0-9a-fA-F]/g, (digit) => {
      const next = alias[at++] ?? '0';
      return /[A-F]/.test(digit) || /[A-F]/.test(mac) ? next.toUpperCase() : next;
    });
  }

  /**
   * The content of a tag in lower hex. With it, every id that a rule may read out of it becomes known: its hex, its number,
   * its text, and the serial number of GS1, which keeps its count of digits.
   */
  tag(epc: string): string {
    const found = this.#known.get(epc);
    if (found !== undefined) return found;
    const alias = gs1.test(epc) ? this.#gs1(epc) : this.#plain(epc);
    this.#known.set(epc, alias);
    this.#known.set(epc.toUpperCase(), alias.toUpperCase());
    this.#known.set(BigInt(`0x${epc}`).toString(), BigInt(`0x${alias}`).toString());
    const [text, aliasText] = [epc, alias].map((hex) => Buffer.from(hex, 'hex').toString('latin1').replace(/\0+$/, ''));
    if (text && aliasText && /^[ -~]+$/.test(text)) this.#known.set(text, aliasText);
    return alias;
  }

  /** The id of an item: as its tag says where one was seen, else a name of its own. */
  item(id: string): string {
    const whole = this.#known.get(id);
    if (whole !== undefined) return whole;
    const ending = [...this.#known.keys()].filter((name) => name.length >= 3 && id.endsWith(name));
    const longest = ending.sort((a, b) => b.length - a.length)[0];
    if (longest === undefined) return this.text(id);
    return id.slice(0, id.length - longest.length) + this.#known.get(longest);
  }

  #gs1(epc: string): string {
    const mask = (1n << serialBits) - 1n;
    const whole = BigInt(`0x${epc}`);
    const serial = (whole & mask).toString();
    const least = serial.length === 1 ? 0n : 10n ** BigInt(serial.length - 1);
    const most = serial.length === 12 ? mask : 10n ** BigInt(serial.length) - 1n;
    const random = BigInt(`0x${Buffer.from(this.#bytes(`tag ${epc}`, 16)).toString('hex')}`);
    const alias = least + (random % (most - least + 1n));
    this.#known.set(serial, alias.toString());
    return ((whole & ~mask) | alias).toString(16).padStart(epc.length, '0');
  }

  #plain(epc: string): string {
    const bytes = Buffer.from(epc, 'hex');
    const random = this.#bytes(`tag ${epc}`, bytes.length);
    const isText = /^[ -~]+\0*$/.test(bytes.toString('latin1'));
    const alias = bytes.map((byte, at) => {
      if (isText) return aliasOf(String.fromCharCode(byte), random[at] ?? 0).charCodeAt(0);
      // The first byte says what kind of tag it is.
      return at === 0 ? byte : (random[at] ?? 0);
    });
    return Buffer.from(alias).toString('hex');
  }

  #bytes(name: string, count: number): Uint8Array {
    const blocks = Math.ceil(count / 32);
    return Buffer.concat(
      Array.from({ length: blocks }, (_, at) => createHmac('sha256', this.#key).update(`${at} ${name}`).digest()),
    ).subarray(0, count);
  }
}

function isSameSum(name: string, alias: string): boolean {
  const sums = [name, alias].map((text) => {
    const bytes = Buffer.from(text, 'latin1');
    return [bytes.reduce((sum, byte) => (sum + byte) % 256, 0), bytes.reduce((sum, byte) => sum ^ byte, 0)].join();
  });
  return sums[0] === sums[1];
}

/** A character of the same kind, of the first `letters` of the alphabet. */
function aliasOf(character: string, random: number, letters = 26): string {
  if (/[0-9]/.test(character)) return String(random % 10);
  if (/[a-z]/.test(character)) return String.fromCharCode(0x61 + (random % letters));
  if (/[A-Z]/.test(character)) return String.fromCharCode(0x41 + (random % letters));
  return character;
}
