import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Actor, Scope } from '../../hub/access/index.ts';
import { createEnrolment, type Enrolment } from '../../hub/enrolment/index.ts';
import { createBus } from '../../hub/events/bus.ts';
import { createGateway, type Gateway } from '../../hub/gateway/index.ts';
import { createOrganisation, type Organisation } from '../../hub/organisation/index.ts';
import { createRegistry, type Registry } from '../../hub/registry/index.ts';
import { createSealer } from '../../hub/store/index.ts';
import {
  type EnrolResponse,
  enrolResponseSchema,
  type MachineFingerprint,
  renewResponseSchema,
} from '../../protocols/fleet/enrolment.ts';
import { silentLog } from '../../protocols/ports.ts';
import { type Authority, openAuthority } from '../../provisioning/authority/index.ts';
import { enrol, renew } from '../../provisioning/enrolment/enrol.ts';
import { formatVoucherCode, namesRoot, parseVoucherCode } from '../../provisioning/enrolment/voucher-code.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { createRequest } from '../support/certificate-request.ts';
import { createFakeClock } from '../support/clock.ts';
import { openTestStore, type TestStore } from '../support/hub-store.ts';

const day = 24 * 3600 * 1000;
// TLS itself looks at the machine's clock: what is old was made in the past, and what counts happens now.
const clock = createFakeClock(Date.now());
const whole: Scope = { paths: ['/'] };
const actor: Actor = { id: 'user-1', name: 'Someone', scopeFor: () => whole };
const audited: { action: string; subject: string; origin?: string; detail?: unknown }[] = [];
const pictures: { agentId: string; commandId: string; contentType: string; size: number }[] = [];

let folder: string;
let database: TestStore;
let authority: Authority;
let organisation: Organisation;
let registry: Registry;
let enrolment: Enrolment;
let gateway: Gateway;
let port: number;
let root: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edufleet-enrolment-'));
  database = await openTestStore(clock);
  authority = await openAuthority({ folder, clock });
  const { store } = database;
  organisation = createOrganisation({ store });
  await organisation.load();
  root = await organisation.ensureRoot('Tỉnh Quảng Ngãi');
  registry = createRegistry({
    store,
    organisation,
    clock,
    bus: createBus(silentLog),
    log: silentLog,
    sealer: createSealer(Buffer.alloc(32)),
  });
  await registry.load();
  enrolment = createEnrolment({
    store,
    authority,
    organisation,
    registry,
    clock,
    log: silentLog,
    urls: { mqttUrl: 'mqtts://hub.example:8883', gatewayUrl: 'https://hub.example:8443' },
    audit: { append: async (entry) => audited.push(entry) },
  });
  const server = await authority.serverIdentity(['localhost', '127.0.0.1']);
  gateway = createGateway({
    tls: { ...server, clientTrustPems: authority.clientTrustPems },
    enrolment,
    commands: {
      storePicture: async (agentId, commandId, contentType, bytes) =>
        void pictures.push({ agentId, commandId, contentType, size: bytes.length }),
    },
    pictures: { maxBytes: 4 * 1024 * 1024, types: ['image/jpeg', 'image/png'] },
    log: silentLog,
  });
  port = await gateway.listen(0);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
  await organisation[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  audited.length = 0;
  pictures.length = 0;
  // A window of tries later.
  await clock.advance(61_000);
  clock.setWall(Date.now());
});

interface Answer {
  readonly status: number;
  readonly body: { code?: string; message?: string; retryable?: boolean } & Record<string, unknown>;
}
interface Call {
  readonly method?: string;
  readonly path: string;
  readonly body: unknown;
  readonly cert?: string;
  readonly key?: string;
  readonly type?: string;
}

const call = ({ method = 'POST', path, body, cert, key, type = 'application/json' }: Call) =>
  new Promise<Answer>((resolve, reject) => {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const request = httpsRequest(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        ca: authority.rootPem,
        agent: false,
        ...(cert && key ? { cert, key } : {}),
        headers: { 'content-type': type, 'content-length': bytes.length },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, body: text ? JSON.parse(text) : {} });
        });
      },
    );
    request.on('error', reject);
    request.end(bytes);
  });

const newVoucher = (hours = 24) =>
  enrolment.createVoucher(whole, actor, { unit: root, hours, agentName: 'Trường Ba Tơ' });
const secretOf = (code: string) => parseVoucherCode(code).secret;
let machines = 0;
/** A machine that nobody has seen before. */
const newMachine = (): MachineFingerprint => ({ boardSerial: `PF2ABC${++machines}`, macs: [], diskSerials: [] });
const enrolBody = (voucher: string, csr: string, fingerprint: MachineFingerprint = newMachine()) => ({
  voucher,
  csr,
  fingerprint,
  agentVersion: '1.0.0',
  hostname: 'mini-07',
  hostFamily: 'machine',
});

interface Enrolled extends EnrolResponse {
  readonly cert: string;
  readonly key: string;
  readonly fingerprint: string;
}
const agentOf = (granted: { certificate: string; chain: string[] }, key: string) => ({
  cert: granted.certificate + granted.chain.join(''),
  key,
  fingerprint: new X509Certificate(granted.certificate).fingerprint256.replaceAll(':', '').toLowerCase(),
});
async function enrolled(machine = newMachine(), code?: string): Promise<Enrolled> {
  const request = await createRequest({});
  const secret = secretOf(code ?? (await newVoucher()).code);
  const answer = await call({ path: '/enrol', body: enrolBody(secret, request.pem, machine) });
  expect(answer.status, answer.body.message).toBe(200);
  const response = enrolResponseSchema.parse(answer.body);
  return { ...response, ...agentOf(response, request.keyPem) };
}
async function enrolledBefore(days: number): Promise<Enrolled> {
  clock.setWall(Date.now() - days * day);
  const agent = await enrolled();
  clock.setWall(Date.now());
  return agent;
}
const check = (agent: Enrolled) =>
  enrolment.credentials.check({ agentId: agent.agentId, fingerprint: agent.fingerprint, notAfterMs: clock.now() });

describe('enrolment', () => {
  it('turns a voucher into an agent with a name, a device and a certificate', async () => {
    const agent = await enrolled();
    expect(agent).toMatchObject({ name: 'Trường Ba Tơ', hub: { mqttUrl: 'mqtts://hub.example:8883' } });
    expect(registry.agentOf(agent.agentId)).toMatchObject({ unitId: root, status: 'active' });
    expect(registry.devicesOfAgent(agent.agentId)).toMatchObject([{ family: 'machine' }]);
    expect(await check(agent)).toEqual({ ok: true });
    expect(audited.map(({ action }) => action)).toEqual(['voucher.create', 'agent.enrol']);
    const leaf = new X509Certificate(agent.certificate);
    expect(leaf.verify(new X509Certificate(agent.chain[0] ?? '').publicKey)).toBe(true);
    expect(agent.chain[1]).toBe(authority.rootPem);
  });

  it('lets the enrolling machine pin the root by the code alone', async () => {
    const { code } = await newVoucher();
    const presented = await new Promise<string>((resolve, reject) => {
      const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
        let certificate = socket.getPeerCertificate(true);
        while (certificate.issuerCertificate && certificate.issuerCertificate !== certificate)
          certificate = certificate.issuerCertificate;
        resolve(certificate.fingerprint256.replaceAll(':', '').toLowerCase());
        socket.destroy();
      });
      socket.once('error', reject);
    });
    expect(namesRoot(parseVoucherCode(code), presented)).toBe(true);
  });

  it('takes a voucher once, even when two machines race for it', async () => {
    const { code } = await newVoucher();
    const requests = await Promise.all([createRequest({}), createRequest({}), createRequest({})]);
    const answers = await Promise.all(
      requests.map(({ pem }) => call({ path: '/enrol', body: enrolBody(secretOf(code), pem) })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 410, 410]);
    expect(answers.find(({ status }) => status === 410)?.body).toMatchObject({
      code: 'voucher-used',
      retryable: false,
    });
  });

  it('says of each bad voucher what is wrong with it, and consumes nothing', async () => {
    const request = await createRequest({});
    const attempt = async (voucher: string, csr = request.pem) =>
      (await call({ path: '/enrol', body: enrolBody(voucher, csr) })).body.code;
    expect(await attempt('0'.repeat(32))).toBe('voucher-wrong');
    const revoked = await newVoucher();
    await enrolment.revokeVouchers(whole, actor, { vouchers: [revoked.id] });
    expect(await attempt(secretOf(revoked.code))).toBe('voucher-revoked');
    const short = await newVoucher(1);
    await clock.advance(3600 * 1000);
    expect(await attempt(secretOf(short.code))).toBe('voucher-expired');
    const good = await newVoucher();
    const liar = await createRequest({ signedByAnother: true });
    expect(await attempt(secretOf(good.code), liar.pem)).toBe('bad-request');
    expect(await attempt(secretOf(good.code))).toBeUndefined();
    expect(audited.filter(({ action }) => action === 'agent.enrol-refused')).toHaveLength(4);
  });

  it('bounds guesses by address, and lets the next minute in', async () => {
    const request = await createRequest({});
    const attempt = () => call({ path: '/enrol', body: enrolBody('1'.repeat(32), request.pem) });
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push((await attempt()).status);
    expect(answers).toEqual([403, 403, 403, 403, 403, 429]);
    await clock.advance(60_000);
    expect((await attempt()).status).toBe(403);
  });

  it('gives vouchers only where the person may', async () => {
    const nowhere: Scope = { paths: ['/999/'] };
    await expect(enrolment.createVoucher(nowhere, actor, { unit: root, hours: 1 })).rejects.toMatchObject({
      code: 'invalid-input',
    });
    await expect(enrolment.createVoucher(whole, actor, { unit: 12345, hours: 1 })).rejects.toMatchObject({
      code: 'invalid-input',
    });
    const { id } = await newVoucher();
    await expect(enrolment.revokeVouchers(nowhere, actor, { vouchers: [id] })).rejects.toMatchObject({
      code: 'not-found',
    });
    const { rows } = { rows: await database.store.db.selectFrom('voucher').selectAll().where('id', '=', id).execute() };
    expect(JSON.stringify(rows)).not.toContain(secretOf((await newVoucher()).code));
  });
});

describe('renewal', () => {
  const renew = async (agent: Enrolled): Promise<{ status: number; body: Answer['body']; agent?: Enrolled }> => {
    const request = await createRequest({});
    const { status, body } = await call({
      path: '/renew',
      body: { csr: request.pem },
      cert: agent.cert,
      key: agent.key,
    });
    if (status !== 200) return { status, body };
    const granted = renewResponseSchema.parse(body);
    return { status, body, agent: { ...agent, ...granted, ...agentOf(granted, request.keyPem) } };
  };

  it('is for later, and then gives a new certificate for the same agent', async () => {
    expect(await renew(await enrolled())).toMatchObject({ status: 409, body: { code: 'renewal-early' } });
    const agent = await enrolledBefore(41);
    const next = (await renew(agent)).agent;
    expect(next && new X509Certificate(next.certificate).subject).toContain(agent.agentId);
    // Until the new one is used, both are accepted; then the old one is not.
    expect(await check(agent)).toEqual({ ok: true });
    expect(next && (await check(next))).toEqual({ ok: true });
    expect(await check(agent)).toMatchObject({ ok: false });
    expect(await enrolment.credentials.withdrawn()).toContain(agent.fingerprint);
  });

  it('works again when its answer was lost, and the lost certificate is worth nothing', async () => {
    const agent = await enrolledBefore(41);
    const lost = (await renew(agent)).agent;
    const kept = (await renew(agent)).agent;
    expect(lost && (await check(lost))).toMatchObject({ ok: false });
    expect(kept && (await check(kept))).toEqual({ ok: true });
  });

  it('ends the old certificate after seven days in any case', async () => {
    const agent = await enrolledBefore(41);
    await renew(agent);
    await clock.advance(7 * day + 1);
    expect(await check(agent)).toMatchObject({ ok: false });
  });

  it('brings back a machine that was off over the summer', async () => {
    const agent = await enrolledBefore(150);
    const picture = {
      method: 'PUT',
      path: '/v1/pictures/x',
      body: Buffer.from([0xff, 0xd8, 0xff]),
      type: 'image/jpeg',
    };
    expect(await call({ ...picture, cert: agent.cert, key: agent.key })).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining('Renew') },
    });
    const back = (await renew(agent)).agent;
    expect(back && (await check(back))).toEqual({ ok: true });
    expect(await renew(await enrolledBefore(300))).toMatchObject({ status: 403, body: { code: 'credential-refused' } });
  });

  it('is not for those without a certificate, with a foreign one, or withdrawn', async () => {
    const request = await createRequest({});
    expect(await call({ path: '/renew', body: { csr: request.pem } })).toMatchObject({
      status: 401,
      body: { code: 'certificate-required' },
    });
    const other = await mkdtemp(join(tmpdir(), 'edufleet-forger-'));
    const forger = await openAuthority({ folder: other, clock });
    const forged = await forger.issueAgentCertificate('ag-0000000000', request.pem);
    expect(
      await call({
        path: '/renew',
        body: { csr: request.pem },
        cert: forged.certificatePem + forger.deviceCaPem,
        key: request.keyPem,
      }),
    ).toMatchObject({ status: 403, body: { message: 'This certificate was not issued by this hub.' } });
    await rm(other, { recursive: true });
    const agent = await enrolledBefore(41);
    await enrolment.setAccess(whole, actor, agent.agentId, 'revoked', 'máy đã thanh lý');
    expect(await renew(agent)).toMatchObject({ status: 403 });
  });
});

describe('the client of the agent', () => {
  const hubUrl = () => `https://127.0.0.1:${port}`;
  const machine = {
    fingerprint: { macs: [], diskSerials: [] },
    agentVersion: '1.0.0',
    hostname: 'mini-07',
    hostFamily: 'machine',
    clock: systemClock,
  };

  it('enrols and renews, and trusts only the hub of its voucher', async () => {
    clock.setWall(Date.now() - 41 * day);
    const { code } = await newVoucher(24 * 90);
    const agent = await enrol({ ...machine, hubUrl: hubUrl(), voucher: code });
    clock.setWall(Date.now());
    const renewed = await renew({
      gatewayUrl: hubUrl(),
      agentId: agent.agentId,
      credentials: { key: agent.keyPem, certificate: agent.certificate + agent.chain.join('') },
      authorities: [authority.rootPem],
      clock: systemClock,
      signal: AbortSignal.timeout(10_000),
    });
    expect(new X509Certificate(renewed.certificate).subject).toContain(agent.agentId);
    const foreign = formatVoucherCode('0'.repeat(32), 'f'.repeat(64));
    await expect(enrol({ ...machine, hubUrl: hubUrl(), voucher: foreign })).rejects.toMatchObject({
      code: 'hub-not-trusted',
    });
    await expect(enrol({ ...machine, hubUrl: hubUrl(), voucher: code })).rejects.toMatchObject({
      code: 'voucher-used',
    });
  });
});

describe('withdrawal', () => {
  it('is heard at once, and what is revoked stays revoked', async () => {
    const agent = await enrolled();
    const heard: string[] = [];
    await using _listening = await enrolment.onWithdrawn((agentId) => heard.push(agentId));
    await enrolment.setAccess(whole, actor, agent.agentId, 'quarantined', 'nghi trùng máy');
    expect(await check(agent)).toMatchObject({ ok: false, message: expect.stringMatching(/quarantine/) });
    await enrolment.setAccess(whole, actor, agent.agentId, 'active', 'đã kiểm tra');
    expect(await check(agent)).toEqual({ ok: true });
    await enrolment.setAccess(whole, actor, agent.agentId, 'revoked', 'mất máy');
    expect(registry.agentOf(agent.agentId)?.status).toBe('revoked');
    await expect(enrolment.setAccess(whole, actor, agent.agentId, 'active', 'nhầm')).rejects.toMatchObject({
      code: 'invalid-input',
    });
    await expect(enrolment.setAccess({ paths: [] }, actor, agent.agentId, 'revoked', 'x')).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect.poll(() => heard).toEqual([agent.agentId, agent.agentId]);
    expect(audited.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['agent.quarantine', 'agent.release', 'agent.revoke']),
    );
  });
});

describe('the gateway', () => {
  const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(1000)]);
  const put = (agent: Enrolled | undefined, body: Buffer, type = 'image/jpeg') =>
    call({
      method: 'PUT',
      path: '/v1/pictures/command-1',
      body,
      type,
      ...(agent ? { cert: agent.cert, key: agent.key } : {}),
    });

  it('takes pictures of agents only', async () => {
    const agent = await enrolled();
    expect((await put(agent, jpeg)).status).toBe(204);
    expect(pictures).toEqual([
      { agentId: agent.agentId, commandId: 'command-1', contentType: 'image/jpeg', size: jpeg.length },
    ]);
    expect((await put(undefined, jpeg)).status).toBe(401);
    expect((await put(agent, jpeg, 'application/json')).status).toBe(415);
    await enrolment.setAccess(whole, actor, agent.agentId, 'revoked', 'mất máy');
    expect((await put(agent, jpeg)).status).toBe(403);
    expect(pictures).toHaveLength(1);
  });

  it('refuses a body above its cap without reading all of it', async () => {
    const agent = await enrolled();
    const answer = await put(agent, Buffer.alloc(4 * 1024 * 1024 + 1)).catch(() => ({ status: 413 }));
    expect(answer.status).toBe(413);
    expect(
      (await call({ path: '/enrol', body: Buffer.alloc(40_000, 0x20) }).catch(() => ({ status: 413 }))).status,
    ).toBe(413);
  });

  it('answers nonsense in the words of the contract', async () => {
    expect(await call({ path: '/enrol', body: '{' })).toMatchObject({ status: 400, body: { code: 'bad-request' } });
    expect(await call({ path: '/enrol', body: {} })).toMatchObject({
      status: 400,
      body: { code: 'bad-request', message: expect.stringContaining('voucher') },
    });
    expect(await call({ path: '/enrol', body: 'a=b', type: 'application/x-www-form-urlencoded' })).toMatchObject({
      status: 415,
    });
    expect(await call({ path: '/nothing', body: {} })).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect(await call({ path: '/v1/pictures/..%2f..%2fenrol', body: {} })).toMatchObject({ status: 404 });
  });

  it('resumes no session, so that every connection proves its certificate', async () => {
    const agent = await enrolled();
    const dial = (session?: Buffer) =>
      new Promise<{ session: Buffer | undefined; reused: boolean }>((resolve, reject) => {
        let ticket: Buffer | undefined;
        const socket = connectTls(
          {
            host: '127.0.0.1',
            port,
            ca: authority.rootPem,
            cert: agent.cert,
            key: agent.key,
            ...(session ? { session } : {}),
          },
          () => {
            setTimeout(() => {
              resolve({ session: ticket ?? socket.getSession(), reused: socket.isSessionReused() });
              socket.destroy();
            }, 100);
          },
        );
        socket.on('session', (fresh) => {
          ticket = fresh;
        });
        socket.once('error', reject);
      });
    const first = await dial();
    const second = await dial(first.session);
    expect(second.reused).toBe(false);
  });

  it('lets nobody hold a connection by saying little', async () => {
    const socket = connectTls({ host: '127.0.0.1', port, ca: authority.rootPem });
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    socket.write('POST /enrol HTTP/1.1\r\n');
    expect((await enrolled()).agentId).toMatch(/^ag-/);
    socket.destroy();
  });
});

describe('a machine that is known', () => {
  /** But those of machines that raced for one voucher, above. */
  const conflicts = async (state: 'open' | 'resolved' = 'open') =>
    (await enrolment.listConflicts(whole, { limit: 50, state })).rows.filter(({ kind }) => kind !== 'voucher-reused');

  it('stays the agent that it was when it enrols again at its school, and its older certificates end', async () => {
    const machine = newMachine();
    const first = await enrolled(machine);
    const again = await enrolled(machine);
    expect(again).toMatchObject({ agentId: first.agentId, name: first.name });
    expect(await check(again)).toEqual({ ok: true });
    expect(await check(first)).toMatchObject({ ok: false });
    expect(audited.map(({ action }) => action)).toContain('agent.re-enrol');
  });

  it('is refused at another school until a person decides, and then free to enrol there', async () => {
    const school = await organisation.create(whole, { parent: root, kind: 'school', name: `Trường ${machines}` });
    const machine = newMachine();
    const agent = await enrolled(machine);
    const elsewhere = () => enrolment.createVoucher(whole, actor, { unit: school.id, hours: 1 });
    const { pem } = await createRequest({});
    const body = async () => enrolBody(secretOf((await elsewhere()).code), pem, machine);
    expect(await call({ path: '/enrol', body: await body() })).toMatchObject({
      status: 409,
      body: { code: 'machine-elsewhere', message: expect.stringContaining(agent.agentId) },
    });
    const [open] = await conflicts();
    expect(open).toMatchObject({ kind: 'enrolled-elsewhere', agent: { id: agent.agentId }, seen: machine, times: 1 });
    const resolve = (decision: 'accept' | 'revoke') =>
      enrolment.resolveConflict(whole, actor, open?.id ?? '', { decision, reason: 'moved to the other school' });
    await expect(resolve('accept')).rejects.toMatchObject({ code: 'conflict' });
    await resolve('revoke');
    expect(await conflicts()).toEqual([]);
    expect(await check(agent)).toMatchObject({ ok: false });
    const moved = await call({ path: '/enrol', body: await body() });
    expect(moved).toMatchObject({ status: 200 });
    expect(moved.body['agentId']).not.toBe(agent.agentId);
  });

  it('gives its place to new hardware by a voucher for that, even after it was revoked', async () => {
    const old = await enrolled();
    await enrolment.setAccess(whole, actor, old.agentId, 'revoked', 'stolen from the office');
    const foreign = enrolment.createVoucher(whole, actor, { unit: root, hours: 1, replaces: 'ag-0000000000' });
    await expect(foreign).rejects.toMatchObject({ code: 'invalid-input' });
    const { code } = await enrolment.createVoucher(whole, actor, { unit: root, hours: 1, replaces: old.agentId });
    const next = await enrolled(newMachine(), code);
    expect(next).toMatchObject({ agentId: old.agentId, name: old.name });
    expect(registry.agentOf(old.agentId)?.status).toBe('active');
    expect(registry.devicesOfAgent(old.agentId)).toHaveLength(1);
    expect(await check(next)).toEqual({ ok: true });
    expect(await check(old)).toMatchObject({ ok: false });
  });

  it('is told from a copy of its disk: the copy puts the agent into quarantine until a person decides', async () => {
    const machine = newMachine();
    const agent = await enrolled(machine);
    const greet = (seen: MachineFingerprint | undefined) => enrolment.greeted(agent.agentId, seen, '10.1.2.3');
    expect(await greet(machine)).toEqual({ ok: true });
    expect(await greet({ macs: [], diskSerials: [] })).toEqual({ ok: true });
    expect(await greet(undefined)).toEqual({ ok: true });
    expect(await greet({ ...machine, macs: ['00:11:22:33:44:55'] })).toEqual({ ok: true });
    // Its TPM was switched on: learnt, and kept when it does not answer once.
    expect(await greet({ ...machine, tpmKey: 'a'.repeat(64) })).toEqual({ ok: true });
    expect(await greet(machine)).toEqual({ ok: true });
    const copy = newMachine();
    expect(await greet(copy)).toMatchObject({ ok: false });
    expect(await greet(copy)).toMatchObject({ ok: false });
    expect(await check(agent)).toMatchObject({ ok: false });
    const [open] = await conflicts();
    expect(open).toMatchObject({ kind: 'other-machine', seen: copy, times: 2, addresses: ['10.1.2.3'] });
    const decided = { decision: 'accept', reason: 'the board was replaced' } as const;
    await enrolment.resolveConflict(whole, actor, open?.id ?? '', decided);
    await expect(enrolment.resolveConflict(whole, actor, open?.id ?? '', decided)).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await check(agent)).toEqual({ ok: true });
    expect(await greet(copy)).toEqual({ ok: true });
    expect(await greet(machine)).toMatchObject({ ok: false });
    await enrolment.suspected(agent.agentId, ['10.1.2.3', '10.9.9.9']);
    expect((await conflicts()).map(({ kind }) => kind).sort()).toEqual(['other-machine', 'two-sessions']);
    const [first] = await conflicts();
    await enrolment.resolveConflict(whole, actor, first?.id ?? '', { decision: 'dismiss', reason: 'a repair shop' });
    expect(await conflicts()).toEqual([]);
    expect((await conflicts('resolved')).length).toBeGreaterThan(2);
    expect(await check(agent)).toEqual({ ok: true });
  });
});
