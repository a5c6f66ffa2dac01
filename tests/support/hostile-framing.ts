/** One message of a device as it went over the wire: what is inside, and how another inside is wrapped as validly. */
export interface Framed {
  readonly body: Buffer;
  wrap(body: Buffer): Buffer;
}

/** Cuts what a device sends into messages, so that a lie can have a true frame around it and reach the reader behind. */
export interface Framing {
  push(chunk: Buffer): readonly Framed[];
}

type Mode = 'unknown' | 'raw' | 'http' | 'websocket';

/** HTTP/1.1 answers (RFC 9112), WebSocket after an upgrade (RFC 6455), and for all other wires each chunk as one message. */
export function createFraming(): Framing {
  let mode: Mode = 'unknown';
  let pending: Buffer = Buffer.alloc(0);
  const next = (): Framed | undefined => {
    const cut = mode === 'http' ? cutHttp(pending) : cutWebSocket(pending);
    if (!cut) return undefined;
    pending = pending.subarray(cut.length);
    if (cut.isUpgrade) mode = 'websocket';
    return cut.framed;
  };
  return {
    push: (chunk) => {
      if (mode === 'unknown') mode = chunk.toString('latin1', 0, 5) === 'HTTP/' ? 'http' : 'raw';
      if (mode === 'raw') return [{ body: chunk, wrap: (body) => body }];
      pending = Buffer.concat([pending, chunk]);
      const out: Framed[] = [];
      for (let framed = next(); framed; framed = next()) out.push(framed);
      return out;
    },
  };
}

interface Cut {
  readonly length: number;
  readonly framed: Framed;
  readonly isUpgrade?: boolean;
}

function cutHttp(bytes: Buffer): Cut | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end);
  if (/^HTTP\/1.1 101/.test(head)) {
    const whole = Buffer.from(bytes.subarray(0, end + 4));
    return { length: end + 4, framed: { body: whole, wrap: (body) => body }, isUpgrade: true };
  }
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? bytes.length - end - 4);
  if (bytes.length < end + 4 + length) return undefined;
  const without = head.replace(/\r\n(content-length|transfer-encoding):[^\r\n]*/gi, '');
  return {
    length: end + 4 + length,
    framed: {
      body: Buffer.from(bytes.subarray(end + 4, end + 4 + length)),
      wrap: (body) =>
        Buffer.concat([Buffer.from(`${without}\r\nContent-Length: ${body.length}\r\n\r\n`, 'latin1'), body]),
    },
  };
}

function cutWebSocket(bytes: Buffer): Cut | undefined {
  const short = (bytes[1] ?? 0) & 0x7f;
  const headLength = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < headLength) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  if (bytes.length < headLength + length) return undefined;
  const first = bytes[0] ?? 0x81;
  const body = Buffer.from(bytes.subarray(headLength, headLength + length));
  return {
    length: headLength + length,
    framed: { body, wrap: (other) => Buffer.concat([headOf(first, other.length), other]) },
  };
}

function headOf(first: number, length: number): Buffer {
  if (length < 126) return Buffer.from([first, length]);
  if (length <= 0xffff) return Buffer.from([first, 126, length >> 8, length & 0xff]);
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}
