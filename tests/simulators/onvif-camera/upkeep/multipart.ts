/** A request as it came: the envelope, and what was attached to it. Written apart from the product's own codec. */
export interface Incoming {
  readonly envelope: Buffer;
  readonly attachments: ReadonlyMap<string, Buffer>;
}

const boundary = 'simulated--boundary';

export function unpack(contentType: string | undefined, body: Buffer): Incoming {
  const given = /^multipart\/related;.*boundary="?([^";]+)"?/i.exec(contentType ?? '')?.[1];
  if (given === undefined) return { envelope: body, attachments: new Map() };
  const text = body.toString('latin1');
  const parts = text.split(`--${given}`).slice(1, -1);
  const read = parts.map((part) => {
    const [head = '', ...rest] = part.split('\r\n\r\n');
    const id = /content-id: <([^>]+)>/i.exec(head)?.[1] ?? '';
    return { id, bytes: Buffer.from(rest.join('\r\n\r\n').replace(/\r\n$/, ''), 'latin1') };
  });
  if (!text.endsWith(`--${given}--\r\n`) || read.length < 2) throw new Error('a multipart message that is none');
  const [root, ...others] = read;
  return { envelope: root?.bytes ?? Buffer.alloc(0), attachments: new Map(others.map(({ id, bytes }) => [id, bytes])) };
}

export function pack(envelope: string, attachment: Buffer): { readonly type: string; readonly body: Buffer } {
  const part = (type: string, id: string) => `Content-Type: ${type}\r\nContent-ID: <${id}>\r\n\r\n`;
  const root = part('application/xop+xml; charset=UTF-8; type="application/soap+xml"', 'root@sim');
  return {
    type: `multipart/related; type="application/xop+xml"; start="<root@sim>"; start-info="application/soap+xml"; boundary="${boundary}"`,
    body: Buffer.concat([
      // A preamble is allowed, and some cameras send one.
      Buffer.from(`This is a multipart message.\r\n--${boundary}\r\n${root}${envelope}\r\n--${boundary}\r\n`),
      Buffer.from(part('application/octet-stream', 'log@sim')),
      attachment,
      Buffer.from(`\r\n--${boundary}--`),
    ]),
  };
}
