import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Clock } from '../../../protocols/ports.ts';
import { systemClock } from '../../../provisioning/platform/clock.ts';
import type { Fault as SimulatedFault, Simulator } from '../simulator.ts';
import {
  type Camera,
  type CameraTraits,
  Motor,
  type Position,
  type Profile,
  somePresets,
  someProfiles,
} from './camera.ts';
import { anonymousOperations, deviceService } from './device-service.ts';
import { startDiscovery } from './discovery.ts';
import { createEventService, type EventService } from './event-service.ts';
import { type CameraIdentity, identityOf } from './identity.ts';
import { mediaService } from './media-service.ts';
import { ptzService } from './ptz-service.ts';
import { drawScene } from './scene.ts';
import { createEventBrokers, type EventBrokers } from './sensing/event-brokers.ts';
import { imagingService } from './sensing/imaging-service.ts';
import { ioService } from './sensing/io-service.ts';
import {
  type CameraEvent,
  createSenses,
  inputEvent,
  motionEvent,
  type Rule,
  ruleEvent,
  type Senses,
  senseTraits,
  tamperEvent,
} from './sensing/senses.ts';
import { type Credentials, createSignIn, type SignIn, type SignInMode } from './sign-in.ts';
import { Fault, faultEnvelope, parseRequest } from './soap.ts';
import { accountsService, administratorOperations } from './upkeep/accounts-service.ts';
import { type Incoming, pack, unpack } from './upkeep/multipart.ts';
import { oldSecurityService, securityService } from './upkeep/security-service.ts';
import { systemService, takeImage } from './upkeep/system-service.ts';
import { createUpkeep, pause, type Upkeep, type UpkeepOptions } from './upkeep/upkeep.ts';

/** One exchange, for tests that judge what went over the wire. */
export interface Exchange {
  readonly path: string;
  readonly request: string;
  readonly status: number;
  readonly answer: string;
}

export interface OnvifCameraOptions extends Partial<CameraTraits>, UpkeepOptions {
  /** Decides who it is; one seed is one camera. */
  readonly seed?: number;
  /** Another loopback address (127.0.10.11) makes each camera a host of its own. */
  readonly host?: string;
  readonly port?: number;
  readonly clock?: Clock;
  /** `null` is a camera that lets everybody in. */
  readonly credentials?: Credentials | null;
  readonly signIn?: SignInMode;
  readonly basicPictures?: boolean;
  readonly digestStyle?: 'modern' | 'plain';
  readonly nonceUses?: number;
  readonly clockSkewMs?: number;
  readonly profiles?: readonly Profile[];
  readonly presets?: Camera['presets'];
  readonly relays?: Senses['relays'];
  readonly inputs?: Senses['inputs'];
  readonly rules?: readonly Rule[];
  /**
   * UDP port of WS-Discovery; its TCP port unless given, so that a search needs only the list of addresses and ports.
   * `false` switches it off.
   */
  readonly discoveryPort?: number | false;
  /** Joins the multicast group on this interface address; only in a network namespace of its own. */
  readonly multicastInterface?: string;
  readonly onExchange?: (exchange: Exchange) => void;
}

export interface OnvifCamera extends Simulator {
  readonly host: string;
  readonly port: number;
  readonly identity: CameraIdentity;
  readonly credentials: Credentials | undefined;
  /** Where it looks now; setting it moves it at once, as a hand does. */
  position: Position;
  readonly isMoving: boolean;
  readonly signInFailures: number;
  readonly pullPoints: number;
  readonly requests: number;
  readonly senses: Senses;
  /** Accounts, time, host name, certificates and firmware, as they are now. */
  readonly upkeep: Upkeep;
  readonly firmware: string;
  readonly presets: Camera['presets'];
  /** Where it publishes its events. */
  readonly eventBrokers: Pick<EventBrokers, 'known' | 'publishRaw' | 'reconnect' | 'remove'>;
  setInput(token: string, isActive: boolean): void;
  /** Something crosses a line, is in a field or is counted. */
  detect(rule: string, value: number): void;
  sendEvent(event: CameraEvent): void;
  setMotion(isMotion: boolean): void;
  setTampered(isTampered: boolean): void;
  setFirmware(version: string): void;
  setClockSkew(skewMs: number): void;
  /** Loses its pull points, as after a restart. */
  forgetPullPoints(): void;
}

const slowMs = 2_000;
const maxRequestBytes = 256 * 1024;
const maxImageBytes = 64 * 1024 * 1024;
/** Between the answer to a restart and the end of all connections. */
const leaveMs = 1_500;

/** A camera made of software that speaks true ONVIF: SOAP over HTTP, both sign-ins, events, pictures and discovery. */
export async function startOnvifCamera(options: OnvifCameraOptions = {}): Promise<OnvifCamera> {
  const ending = new AbortController();
  const credentials =
    options.credentials === undefined
      ? { username: 'admin', password: 'p&<w "đ"' }
      : (options.credentials ?? undefined);
  const camera = createCamera(options, credentials, ending.signal);
  const signIn = createSignIn({
    credentials,
    passwordOf: (username) => camera.upkeep.users.find(({ name }) => name === username)?.password,
    mode: options.signIn ?? 'either',
    basicPictures: options.basicPictures ?? false,
    digestStyle: options.digestStyle ?? 'modern',
    nonceUses: options.nonceUses ?? 1_000,
    now: () => camera.clock.now() + camera.clockSkewMs,
  });
  const events = createEventService(camera);
  const brokers = createEventBrokers(camera, options.host ?? '127.0.0.1');
  camera.senses.tell = (event) => {
    events.notify(event);
    brokers.publish(event);
  };
  const state: ServerState = {
    camera,
    signIn,
    events,
    brokers,
    fault: undefined,
    requests: 0,
    ending,
    options,
  };
  const server = createServer((request, response) => {
    void serve(state, request, response).catch(() => response.destroy());
  });
  const host = options.host ?? '127.0.0.1';
  const listen = async (port: number) => {
    server.listen(port, host);
    await once(server, 'listening');
  };
  await listen(options.port ?? 0);
  const bound = server.address();
  const port = typeof bound === 'object' && bound ? bound.port : 0;
  camera.baseUrl = `http://${options.advertisedHost ?? host}:${port}`;
  const discovery =
    options.discoveryPort === false
      ? undefined
      : await startDiscovery(camera, {
          host,
          port: options.discoveryPort ?? port,
          ...(options.multicastInterface === undefined ? {} : { multicastInterface: options.multicastInterface }),
          isAwake: () => state.fault !== 'reboot' && state.fault !== 'silence',
        });
  const close = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
  };

  const setFault = async (fault: SimulatedFault | undefined) => {
    state.fault = fault;
    signIn.isRefusing = fault === 'wrong-password';
    if (fault === 'reboot') {
      events.forget();
      await close();
    } else if (!server.listening) {
      await listen(port);
    }
  };
  const restart = async (change: () => void) => {
    const { upkeep, clock } = camera;
    upkeep.isLeaving = true;
    if (!(await pause(clock, leaveMs, ending.signal))) return;
    await setFault('reboot');
    if (!(await pause(clock, upkeep.options.downTimeSeconds * 1_000, ending.signal))) return;
    change();
    upkeep.restarts += 1;
    upkeep.isLeaving = false;
    await setFault(undefined);
  };
  camera.upkeep.restart = (change) => void restart(change);

  return {
    address: { host, port },
    host,
    port,
    identity: camera.identity,
    credentials,
    get position() {
      return camera.motor.position;
    },
    set position(position) {
      camera.motor.place(position);
    },
    get isMoving() {
      return camera.motor.isMoving;
    },
    get signInFailures() {
      return signIn.failures;
    },
    get pullPoints() {
      return events.pullPoints;
    },
    get requests() {
      return state.requests;
    },
    senses: camera.senses,
    upkeep: camera.upkeep,
    get firmware() {
      return camera.firmware;
    },
    get presets() {
      return camera.presets;
    },
    eventBrokers: brokers,
    setInput: (token, isActive) => {
      const input = camera.senses.inputs.find((candidate) => candidate.token === token);
      if (!input) throw new Error(`no input ${token}`);
      input.isActive = isActive;
      camera.senses.tell(inputEvent(input));
    },
    detect: (name, value) => {
      const rule = camera.senses.rules.find((candidate) => candidate.name === name);
      if (!rule) throw new Error(`no rule ${name}`);
      rule.value = value;
      camera.senses.tell(ruleEvent(rule));
    },
    sendEvent: (event) => camera.senses.tell(event),
    setMotion: (isMotion) => {
      camera.isMotion = isMotion;
      camera.senses.tell(motionEvent(camera));
    },
    setTampered: (isTampered) => {
      camera.isTampered = isTampered;
      camera.senses.tell(tamperEvent(camera));
    },
    setFirmware: (version) => {
      camera.firmware = version;
    },
    setClockSkew: (skewMs) => {
      camera.clockSkewMs = skewMs;
    },
    forgetPullPoints: () => events.forget(),
    setFault,
    [Symbol.asyncDispose]: async () => {
      state.ending.abort(new Error('simulator ends'));
      await discovery?.[Symbol.asyncDispose]();
      await brokers[Symbol.asyncDispose]();
      await close();
    },
  };
}

interface ServerState {
  readonly camera: Camera;
  readonly signIn: SignIn;
  readonly events: EventService;
  readonly brokers: EventBrokers;
  readonly options: OnvifCameraOptions;
  readonly ending: AbortController;
  fault: SimulatedFault | undefined;
  requests: number;
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly challenges?: readonly string[];
  /** The SOAP envelope, where the body is more than that. */
  readonly envelope?: string;
}

function createCamera(options: OnvifCameraOptions, credentials: Credentials | undefined, ending: AbortSignal): Camera {
  const seed = options.seed ?? 1;
  const identity = identityOf(seed);
  const clock = options.clock ?? systemClock;
  return {
    identity,
    traits: {
      hasPtz: options.hasPtz ?? identity.hasPtz,
      hasEvents: options.hasEvents ?? true,
      hasPullPoints: options.hasPullPoints ?? true,
      knowsRenew: options.knowsRenew ?? true,
      hasMedia2: options.hasMedia2 ?? true,
      isMedia2Broken: options.isMedia2Broken ?? false,
      knowsGetServices: options.knowsGetServices ?? true,
      tellsPosition: options.tellsPosition ?? true,
      isPictureBroken: options.isPictureBroken ?? false,
      isStuck: options.isStuck ?? false,
      usesReferenceParameters: options.usesReferenceParameters ?? false,
      advertisedHost: options.advertisedHost,
      ...senseTraits(options),
    },
    clock,
    seed,
    profiles: options.profiles ?? someProfiles,
    presets: options.presets ?? somePresets,
    firmware: identity.firmware,
    clockSkewMs: options.clockSkewMs ?? 0,
    motor: new Motor(clock),
    senses: createSenses(options),
    upkeep: createUpkeep(options, { credentials, hostname: identity.hostname, host: options.host ?? '127.0.0.1' }),
    ending,
    isMotion: false,
    isTampered: false,
    pictures: 0,
    baseUrl: '',
  };
}

async function serve(state: ServerState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  state.requests += 1;
  if (state.fault === 'hang-up') return void response.destroy();
  const body = await readBody(request, maxBytesOf(request));
  if (state.fault === 'silence') return;
  if (state.fault === 'slow') await state.camera.clock.wait(slowMs, state.ending.signal);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const incoming = unpack(request.headers['content-type'], body);
  const reply = await answer(state, request, incoming, AbortSignal.any([state.ending.signal, gone.signal]));
  if (state.camera.upkeep.options.isRude && state.camera.upkeep.isLeaving) return void response.destroy();
  const exchange = {
    path: request.url ?? '',
    request: incoming.envelope.subarray(0, maxRequestBytes).toString(),
    status: reply.status,
    answer: reply.envelope ?? String(reply.body),
  };
  state.options.onExchange?.(exchange);
  send(state, response, reply);
}

function send(state: ServerState, response: ServerResponse, reply: Reply): void {
  const bytes = Buffer.from(reply.body);
  response.writeHead(reply.status, {
    'content-type': reply.type,
    'content-length': bytes.length,
    ...(reply.challenges ? { 'www-authenticate': [...reply.challenges] } : {}),
  });
  if (state.fault === 'half-frame') response.write(bytes.subarray(0, bytes.length / 2));
  else response.end(bytes);
}

async function answer(
  state: ServerState,
  request: IncomingMessage,
  incoming: Incoming,
  signal: AbortSignal,
): Promise<Reply> {
  const { fault } = state;
  if (fault === 'garbage') return { status: 200, type: 'text/html', body: '<html><p>Router login<br>\x01\x02&nbsp;' };
  if (fault === 'busy') return { status: 503, type: 'text/plain', body: 'Busy' };
  try {
    if (request.method === 'GET')
      return request.url?.startsWith('/log/') ? log(state, request) : picture(state, request);
    if (request.url?.startsWith('/upload/')) return upload(state, request, incoming.envelope);
    return await soap(state, request, incoming, signal);
  } catch (thrown) {
    const failure = thrown instanceof Fault ? thrown : new Fault(400, 'Sender', ['ter:WellFormed'], String(thrown));
    return { status: failure.status, type: 'application/soap+xml; charset=utf-8', body: faultEnvelope(failure) };
  }
}

async function soap(
  state: ServerState,
  request: IncomingMessage,
  incoming: Incoming,
  signal: AbortSignal,
): Promise<Reply> {
  const { signIn } = state;
  const path = request.url ?? '';
  const question = parseRequest(path, incoming.envelope, incoming.attachments);
  if (!anonymousOperations.has(question.name)) {
    const verdict = signIn.check('POST', path, request.headers, question.header);
    if (verdict === 'challenge') return { status: 401, type: 'text/plain', body: '', challenges: signIn.challenges() };
    if (verdict === 'fault') throw new Fault(400, 'Sender', ['ter:NotAuthorized'], 'Sender not authorized');
    checkLevel(state, question.name);
  }
  const text = await dispatch(state, question, signal);
  if (text === undefined) throw new Fault(500, 'Receiver', ['ter:ActionNotSupported'], `No ${question.name} here`);
  const { upkeep } = state.camera;
  if (upkeep.attachment) {
    const { type, body } = pack(text, upkeep.attachment);
    upkeep.attachment = undefined;
    return { status: 200, type, body, envelope: text };
  }
  return { status: 200, type: 'application/soap+xml; charset=utf-8', body: text };
}

function dispatch(
  { camera, events, brokers }: ServerState,
  question: ReturnType<typeof parseRequest>,
  signal: AbortSignal,
): Promise<string> | string | undefined {
  const { traits, upkeep } = camera;
  const { name } = question;
  if (name === 'tds:GetServices' && !traits.knowsGetServices) return undefined;
  if (name.startsWith('tr2:') && traits.isMedia2Broken) return '';
  if (name.startsWith('tr2:') && !traits.hasMedia2) return undefined;
  if (name.startsWith('tptz:') && !traits.hasPtz) return undefined;
  if (name.startsWith('tas:'))
    return upkeep.options.hasKeystore ? securityService[name]?.(camera, question) : undefined;
  if (name.startsWith('timg:') && !traits.hasImaging) return undefined;
  if (name === 'wsnt:Renew' && !traits.knowsRenew) return undefined;
  const found =
    deviceService[name] ?? mediaService[name] ?? ptzService[name] ?? imagingService[name] ?? ioService[name];
  const kept = accountsService[name] ?? systemService[name] ?? oldSecurityService[name];
  if (kept) return kept(camera, question);
  if (found) return found(camera, question);
  if (!traits.hasEvents || !(traits.hasPullPoints || traits.maxEventBrokers > 0)) return undefined;
  const published = brokers.answer(question);
  if (published !== undefined || name === 'tev:CreatePullPointSubscription') {
    return published ?? (traits.hasPullPoints ? events.answer(question, signal) : undefined);
  }
  return events.answer(question, signal);
}

function picture({ camera, signIn }: ServerState, request: IncomingMessage): Reply {
  const path = request.url ?? '';
  const token = /^\/snapshot\/(\w+)\.jpg/.exec(path)?.[1];
  const profile = camera.profiles.find((candidate) => candidate.token === token);
  if (!profile) return { status: 404, type: 'text/plain', body: '' };
  if (signIn.checkFetch('GET', path, request.headers) !== 'accepted') {
    return { status: 401, type: 'text/plain', body: '', challenges: signIn.challenges() };
  }
  if (camera.traits.isPictureBroken) return { status: 200, type: 'image/jpeg', body: '<html>No picture</html>' };
  camera.pictures += 1;
  const local = new Date(camera.clock.now() + camera.clockSkewMs + 7 * 3_600_000).toISOString();
  const body = drawScene({
    width: profile.width,
    height: profile.height,
    seed: camera.seed,
    position: camera.motor.position,
    isMoving: camera.isMotion,
    isCovered: camera.isTampered,
    caption: [local.slice(0, 19).replace('T', ' '), `SIM ${camera.identity.name.toUpperCase()}`],
    counter: camera.pictures,
  });
  return { status: 200, type: 'image/jpeg', body };
}

/** Below an administrator there is much that one may not ask. */
function checkLevel({ camera, signIn }: ServerState, operation: string): void {
  if (!administratorOperations.has(operation)) return;
  const level = camera.upkeep.users.find(({ name }) => name === signIn.user)?.level;
  if (camera.upkeep.users.length === 0 || level === 'Administrator') return;
  throw new Fault(400, 'Sender', ['ter:NotAuthorized'], 'The action requires another level');
}

function log({ camera: { upkeep }, signIn }: ServerState, request: IncomingMessage): Reply {
  if (signIn.checkFetch('GET', request.url ?? '', request.headers) !== 'accepted') {
    return { status: 401, type: 'text/plain', body: '', challenges: signIn.challenges() };
  }
  const lines = request.url === '/log/access' ? upkeep.accessLog : upkeep.systemLog;
  return { status: 200, type: 'text/plain', body: `${lines.join('\n')}\n` };
}

function upload({ camera, signIn }: ServerState, request: IncomingMessage, image: Buffer): Reply {
  if (signIn.checkFetch('POST', request.url ?? '', request.headers) !== 'accepted') {
    return { status: 401, type: 'text/plain', body: '', challenges: signIn.challenges() };
  }
  if (camera.upkeep.uploadId === undefined || request.url !== `/upload/${camera.upkeep.uploadId}`) {
    return { status: 404, type: 'text/plain', body: '' };
  }
  if (request.headers['content-type'] !== 'application/octet-stream')
    return { status: 415, type: 'text/plain', body: '' };
  return { status: takeImage(camera, image), type: 'text/plain', body: '' };
}

function maxBytesOf({ url, headers }: IncomingMessage): number {
  const isImage = url?.startsWith('/upload/') || headers['content-type']?.startsWith('multipart/related');
  return isImage ? maxImageBytes : maxRequestBytes;
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new Error('request too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
