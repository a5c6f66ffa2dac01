import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Exchange, type OnvifCamera, startOnvifCamera } from '../../simulators/onvif-camera/index.ts';
import { openSchemas, schemaAbsence } from './onvif-schema.ts';

// The two clients that others wrote, on how a camera is looked after, as far as they speak of it: accounts, time and names.

type Data = { readonly data: unknown };

interface NodeOnvifDevice {
  init(): Promise<unknown>;
  readonly services: {
    readonly device: {
      getUsers(): Promise<Data>;
      createUsers(params: { readonly User: readonly object[] }): Promise<Data>;
      setUser(params: { readonly User: readonly object[] }): Promise<Data>;
      deleteUsers(params: { readonly User: readonly object[] }): Promise<Data>;
      getNTP(): Promise<Data>;
      setNTP(params: { readonly FromDHCP: boolean; readonly NTPManual?: object }): Promise<Data>;
      getHostname(): Promise<Data>;
      setHostname(params: { readonly Name: string }): Promise<Data>;
      getDNS(): Promise<Data>;
      getNetworkDefaultGateway(): Promise<Data>;
      getNetworkProtocols(): Promise<Data>;
      reboot(): Promise<Data>;
    };
  };
}

interface AgshUser {
  readonly username: string;
  readonly password?: string;
  readonly userLevel: string;
}

interface AgshCam {
  getUsers(done: Callback<readonly AgshUser[]>): void;
  createUsers(users: readonly AgshUser[], done: Callback<readonly AgshUser[]>): void;
  setUsers(users: readonly AgshUser[], done: Callback<readonly AgshUser[]>): void;
  deleteUsers(users: readonly string[], done: Callback<readonly AgshUser[]>): void;
  getNTP(done: Callback<unknown>): void;
  setNTP(options: object, done: Callback<unknown>): void;
  setSystemDateAndTime(options: object, done: Callback<Date>): void;
  getHostname(done: Callback<{ readonly name: string }>): void;
  getDNS(done: Callback<unknown>): void;
  getNetworkDefaultGateway(done: Callback<unknown>): void;
}

type Callback<T> = (error: Error | null, value: T) => void;

const require = createRequire(import.meta.url);
const { OnvifDevice } = require('node-onvif') as {
  OnvifDevice: new (params: Record<string, string>) => NodeOnvifDevice;
};
const { Cam } = require('onvif') as {
  Cam: new (options: object, done: (this: AgshCam, error: Error | null) => void) => AgshCam;
};

const credentials = { username: 'admin', password: 'Strong-Enough-1' };
const exchanges = new Map<string, string>();
const onExchange = ({ request, status, answer }: Exchange) => {
  if (request.startsWith('<') && answer.startsWith('<')) exchanges.set(`${exchanges.size} ${status}`, answer);
};

describe('the upkeep of a simulated camera', () => {
  let camera: OnvifCamera;
  beforeEach(async () => {
    camera = await startOnvifCamera({
      seed: 1,
      credentials,
      discoveryPort: false,
      digestStyle: 'plain',
      onExchange,
      downTimeSeconds: 0.1,
    });
  });
  afterEach(() => camera[Symbol.asyncDispose]());
  const names = () => camera.upkeep.users.map(({ name, level }) => `${name} ${level}`);

  it('is understood by node-onvif 0.1.7', async () => {
    const xaddr = `http://${camera.host}:${camera.port}/onvif/device_service`;
    const client = new OnvifDevice({ xaddr, user: credentials.username, pass: credentials.password });
    await client.init();
    const { device } = client.services;
    await device.createUsers({ User: [{ Username: 'teacher', Password: 'Enough-7', UserLevel: 'User' }] });
    expect(names()).toEqual(['admin Administrator', 'teacher User']);
    await device.setUser({ User: [{ Username: 'teacher', Password: 'Enough-8', UserLevel: 'Operator' }] });
    expect(JSON.stringify((await device.getUsers()).data)).toMatch(/teacher.*Operator/);
    await device.deleteUsers({ User: [{ Username: 'teacher' }] });
    expect(names()).toEqual(['admin Administrator']);
    await expect(device.deleteUsers({ User: [{ Username: 'admin' }] })).rejects.toThrow(/last administrator/i);

    await device.setNTP({ FromDHCP: false, NTPManual: { Type: 'IPv4', IPv4Address: '192.168.1.1' } });
    // A client that knows SetNTP alone has set servers, and no NTP.
    expect(camera.upkeep).toMatchObject({ ntpServers: ['192.168.1.1'], isNtp: false });
    expect(JSON.stringify((await device.getNTP()).data)).toContain('192.168.1.1');
    await device.setHostname({ Name: 'cam-9' });
    expect(JSON.stringify((await device.getHostname()).data)).toContain('cam-9');
    expect(JSON.stringify((await device.getDNS()).data)).toContain('192.0.2.53');
    expect(JSON.stringify((await device.getNetworkDefaultGateway()).data)).toContain('192.0.2.1');
    expect(JSON.stringify((await device.getNetworkProtocols()).data)).toContain('RTSP');
    await device.reboot();
    await expect.poll(() => camera.upkeep.restarts, { timeout: 5_000 }).toBe(1);
    expect(camera.signInFailures).toBe(0);
  });

  it.each([{ useWSSecurity: true }, { useWSSecurity: false }])('is understood by onvif 0.8.3 %j', async (signIn) => {
    const cam = await new Promise<AgshCam>((resolve, reject) => {
      const options = { hostname: camera.host, port: camera.port, ...credentials, timeout: 5_000, ...signIn };
      const made: AgshCam = new Cam(options, (error) => (error ? reject(error) : resolve(made)));
    });
    const teacher = { username: 'teacher', password: 'Enough-7', userLevel: 'User' };
    await ask<unknown>((done) => cam.createUsers([teacher], done));
    expect(names()).toEqual(['admin Administrator', 'teacher User']);
    const users = await ask<readonly AgshUser[]>((done) => cam.setUsers([{ ...teacher, userLevel: 'Operator' }], done));
    expect(users).toContainEqual({ username: 'teacher', userLevel: 'Operator' });
    await ask<unknown>((done) => cam.deleteUsers(['teacher'], done));
    expect(names()).toEqual(['admin Administrator']);

    const servers = [{ type: 'DNS', DNSname: 'vn.pool.ntp.org' }];
    await ask<unknown>((done) => cam.setNTP({ fromDHCP: false, NTPManual: servers }, done));
    expect(JSON.stringify(await ask<unknown>((done) => cam.getNTP(done)))).toContain('vn.pool.ntp.org');
    const zone = { dateTimeType: 'NTP', daylightSavings: false, timezone: 'ICT-7' };
    await ask<unknown>((done) => cam.setSystemDateAndTime(zone, done));
    expect(camera.upkeep).toMatchObject({ ntpServers: ['vn.pool.ntp.org'], isNtp: true });
    expect((await ask<{ name: string }>((done) => cam.getHostname(done))).name).toBe('es-sim00000001');
    expect(JSON.stringify(await ask<unknown>((done) => cam.getDNS(done)))).toContain('192.0.2.53');
    expect(JSON.stringify(await ask<unknown>((done) => cam.getNetworkDefaultGateway(done)))).toContain('192.0.2.1');
    // Its restart goes to the wrong service (`deviceIO`), which a camera without contacts does not have.
    expect(camera.signInFailures).toBe(0);
  });
});

const absence = schemaAbsence();
describe.skipIf(absence !== undefined)(`answers about upkeep${absence ? ` (skipped: ${absence})` : ''}`, () => {
  afterAll(() => exchanges.clear());
  it("follow ONVIF's own schemas", () => {
    expect(exchanges.size).toBeGreaterThan(40);
    expect(openSchemas().validate(exchanges)).toEqual([]);
  });
});

function ask<T>(question: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    question((error, value) => (error ? reject(error) : resolve(value)));
  });
}
