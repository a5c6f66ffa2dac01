import { createServer, type Socket } from 'node:net';
import { drivers } from '../../../agent/devices/registry.ts';
import { createNetwork } from '../../../agent/platform/create-network.ts';
import { searchOnce } from '../../../agent/search.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { startLiar, startPrinterAnnouncer, startRootDevice } from '../../simulators/announcer.ts';
import { NetworkDeviceSimulator } from '../../simulators/network-device/index.ts';
import { ReaderSimulator } from '../../simulators/rfid-gate/index.ts';
import { startServerBmc } from '../../simulators/server-bmc/index.ts';
import { createFastClock } from '../../support/clock.ts';
import { createTestAuthority } from '../../support/test-authority.ts';

// Runs in a network namespace of its own, where multicast and well-known ports disturb nobody: a small school, and an agent
// that searches it once. Prints what it proposes, and the bytes that came to the ports that must get none, as JSON.

const clock = createFastClock(6);
const [printerHost, boardHost, readerHost, bmcHost, liarHost, bareHost] = [11, 12, 13, 14, 15, 16].map(
  (n) => `10.99.0.${n}`,
);
const at = (host: string | undefined) => ({ host: host ?? '', isMember: true });

const touched: string[] = [];
async function startSilentPort(host: string, port: number): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', (bytes) => touched.push(`${host}:${port} got ${bytes.length} bytes`));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return {
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const description = `<root xmlns="urn:schemas-upnp-org:device-1-0"><device><deviceType>urn:schemas-upnp-org:device:MediaRenderer:1</deviceType><friendlyName>Bảng phòng 7</friendlyName><manufacturer>Samsung Electronics</manufacturer><modelName>QM65R</modelName></device></root>`;
const authority = await createTestAuthority();

await using scene = new AsyncDisposableStack();
scene.use(
  await startPrinterAnnouncer(at(printerHost), {
    instance: 'HP LaserJet 400',
    text: ['ty=HP LaserJet 400 M401', 'usb_MFG=HP'],
  }),
);
scene.use(await NetworkDeviceSimulator.start(clock, 'printer', 'public', { host: printerHost ?? '', port: 161 }));
scene.use(
  await startRootDevice(at(boardHost), {
    uuid: '0a1b2c3d-0000-1000-8000-00aabbccddee',
    types: ['upnp:rootdevice', 'urn:schemas-upnp-org:device:MediaRenderer:1'],
    server: 'SHP, UPnP/1.0, Samsung UPnP SDK/1.0',
    description,
  }),
);
scene.use(await startSilentPort(boardHost ?? '', 1515));
scene.use(await startSilentPort(bareHost ?? '', 9761));
const reader = scene.use(await ReaderSimulator.start({ clock, host: readerHost ?? '', port: 5084 }));
scene.use(
  await startServerBmc({ clock, host: bmcHost ?? '', port: 443, tls: await authority.serverIdentity([bmcHost ?? '']) }),
);
scene.use(
  await startRootDevice(at(bmcHost), {
    uuid: '00000000-0000-0000-0005-000000000001',
    types: ['urn:dmtf-org:service:redfish-rest:1'],
    server: 'Linux/3.14.28-ltsi Redfish/1.0',
    header: 'AL',
    location: `https://${bmcHost}/redfish/v1`,
  }),
);
// It claims to be a board and sends the agent to another machine for the description; and it answers DNS-SD with noise.
scene.use(
  await startRootDevice(at(liarHost), {
    uuid: 'ffffffff-0000-1000-8000-00aabbccddee',
    types: ['urn:schemas-upnp-org:device:MediaRenderer:1'],
    server: 'LGE_DLNA_SDK/1.6.0',
    location: 'http://10.99.0.16:9761/description.xml',
  }),
);
const circle = Buffer.from('000084000000000100000000c00c000c00010000007800020000', 'hex');
scene.use(
  await startLiar({ host: liarHost ?? '', isMember: true, group: '224.0.0.251', port: 5353 }, [
    circle,
    Buffer.alloc(9_000, 0xc0),
    Buffer.from('HTTP/1.1 200 OK\r\n\r\n'),
  ]),
);

const config = {
  network: { allow: ['10.99.0.0/24'], deny: [], ports: [], broadcast: true },
  discovery: { enabled: true, targets: [], ranges: ['10.99.0.0/27'], communities: ['public'], intervalSeconds: 3_600 },
};
const network = createNetwork({ policy: config.network, clock, log: silentLog });
const searched = drivers.filter(({ recognise }) => recognise);
const signal = new AbortController().signal;
const proposals = await searchOnce({ drivers: searched, config, network, clock, log: silentLog, signal });
console.log(
  JSON.stringify({ proposals, touched, readerViolations: reader.violations, readerLast: reader.received.at(-1)?.type }),
);
