import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What one machine tells of itself when everybody is asked. Written from RFC 1035, 6762 and UPnP, without our codecs. */

export interface AnnouncerPlace {
  readonly host: string;
  /** That of the wire unless given; 0 takes a free one. */
  readonly port?: number;
  /** Joins the group of the wire on the interface with this address; without it only who asks directly is answered. */
  readonly isMember?: boolean;
}

export interface Announcer extends AsyncDisposable {
  readonly port: number;
}

export interface PrinterWords {
  readonly instance: string;
  readonly type?: string;
  readonly port?: number;
  readonly text?: readonly string[];
}

/** Answers questions for one service of DNS-SD, all its records in one message. */
export async function startPrinterAnnouncer(place: AnnouncerPlace, words: PrinterWords): Promise<Announcer> {
  const { type = '_ipp._tcp' } = words;
  return await start(place, { group: '224.0.0.251', port: 5353 }, (question) => {
    const wanted = Buffer.concat([labels([...type.split('.'), 'local']), Buffer.from([0])]);
    return question.length > 12 && (question[2] ?? 0) < 0x80 && question.includes(wanted)
      ? [serviceMessage(words, question.subarray(0, 2))]
      : [];
  });
}

export interface RootDeviceWords {
  readonly uuid: string;
  readonly types: readonly string[];
  readonly server: string;
  /** Names its place by `AL`, as Redfish does, or by `LOCATION`. */
  readonly header?: 'AL' | 'LOCATION';
  /** A foreign place that it claims; that of its own description unless given. */
  readonly location?: string;
  readonly description?: string;
}

/** Answers searches of SSDP, and has a description at its own address. */
export async function startRootDevice(place: AnnouncerPlace, words: RootDeviceWords): Promise<Announcer> {
  const http = createServer((_request, response) => {
    response.writeHead(words.description === undefined ? 404 : 200, { 'content-type': 'text/xml' });
    response.end(words.description ?? '');
  });
  http.listen(0, place.host);
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const { uuid, types, server, header = 'LOCATION', location = `http://${place.host}:${port}/description.xml` } = words;
  const announcer = await start(place, { group: '239.255.255.250', port: 1900 }, (question) => {
    const text = question.toString();
    const target = /^ST: *(.*?)\r$/m.exec(text)?.[1] ?? '';
    if (!text.startsWith('M-SEARCH * HTTP/1.1\r\n') || !/^MAN: *"ssdp:discover"\r$/m.test(text)) return [];
    const told = target === 'ssdp:all' ? types : types.filter((type) => type === target);
    return told.map((type) =>
      Buffer.from(
        `HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nEXT:\r\n${header}: ${location}\r\nSERVER: ${server}\r\n` +
          `ST: ${type}\r\nUSN: uuid:${uuid}::${type}\r\n\r\n`,
      ),
    );
  });
  return {
    port: announcer.port,
    [Symbol.asyncDispose]: async () => {
      await announcer[Symbol.asyncDispose]();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** Answers whatever comes with bytes that a test gives. */
export async function startLiar(
  place: AnnouncerPlace & { readonly group: string; readonly port: number },
  lies: readonly Buffer[],
) {
  return await start(place, place, () => lies);
}

async function start(
  { host, port: ownPort, isMember = false }: AnnouncerPlace,
  wire: { readonly group: string; readonly port: number },
  answer: (question: Buffer) => readonly Buffer[],
): Promise<Announcer> {
  const port = ownPort ?? wire.port;
  // Answers leave from the machine's own address; what comes to the group arrives at a socket of all addresses.
  const mouth = await open(host, port);
  const ear = isMember ? await open(undefined, port) : mouth;
  if (isMember) ear.addMembership(wire.group, host);
  ear.on('message', (question, from) => {
    for (const bytes of answer(question)) mouth.send(bytes, from.port, from.address);
  });
  return {
    port: mouth.address().port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of new Set([mouth, ear])) await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

async function open(host: string | undefined, port: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.bind(port, host);
  await once(socket, 'listening');
  return socket;
}

function labels(name: readonly string[]): Buffer {
  return Buffer.concat(
    name.map((label) => Buffer.concat([Buffer.from([Buffer.byteLength(label)]), Buffer.from(label)])),
  );
}

/** PTR, SRV and TXT; the names after the first one refer to it. */
function serviceMessage({ instance, type = '_ipp._tcp', port = 631, text = [] }: PrinterWords, id: Buffer): Buffer {
  const head = Buffer.concat([id, Buffer.from([0x84, 0, 0, 0, 0, 1, 0, 0, 0, 2])]);
  const service = Buffer.concat([labels([...type.split('.'), 'local']), Buffer.from([0])]);
  const pointerData = Buffer.concat([labels([instance]), Buffer.from([0xc0, 12])]);
  const instanceAt = head.length + service.length + 10;
  const reference = Buffer.from([0xc0 | (instanceAt >> 8), instanceAt & 0xff]);
  const record = (name: Buffer, kind: number, data: Buffer) => {
    const fields = Buffer.from([0, kind, 0, 1, 0, 0, 0, 120, data.length >> 8, data.length & 0xff]);
    return Buffer.concat([name, fields, data]);
  };
  const serviceData = Buffer.concat([
    Buffer.from([0, 0, 0, 0, port >> 8, port & 0xff]),
    labels(['NPI8D2F3A', 'local']),
    Buffer.from([0]),
  ]);
  return Buffer.concat([
    head,
    record(service, 12, pointerData),
    record(reference, 33, serviceData),
    record(reference, 16, labels(text.length > 0 ? text : ['txtvers=1'])),
  ]);
}
