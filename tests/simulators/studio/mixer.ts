import { createHash, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Address } from '../../../agent/platform/network.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { Port } from '../endpoint.ts';
import { encodeMosaic } from '../onvif-camera/jpeg.ts';
import type { Fault, Simulator } from '../simulator.ts';

export interface MixerOptions {
  readonly clock: Clock;
  readonly host?: string;
  readonly port?: number;
  /** None unless given. */
  readonly password?: string;
}

type Data = Record<string, unknown>;

interface Client {
  readonly socket: WebSocket;
  readonly raw: Socket;
  readonly challenge: string;
  isIdentified: boolean;
}

const statusLagMs = 300;
const salt = randomBytes(32).toString('base64');
const sha256 = (text: string) => createHash('sha256').update(text).digest('base64');
const requests = [
  'GetVersion',
  'GetStats',
  'GetSceneList',
  'SetCurrentProgramScene',
  'GetRecordStatus',
  'StartRecord',
  'StopRecord',
  'PauseRecord',
  'ResumeRecord',
  'GetStreamStatus',
  'StartStream',
  'StopStream',
  'GetInputList',
  'GetInputVolume',
  'GetVirtualCamStatus',
  'StartVirtualCam',
  'StopVirtualCam',
  'GetSourceScreenshot',
  'GetInputMute',
  'SetInputMute',
  'GetRecordDirectory',
];

/** As the real one says it of inputs without sound, and on a computer without a loopback device. */
const backdrop = 'Ảnh nền';
const noSound = { status: 604, comment: 'The specified input does not support audio.' };
const noVirtualCamera = { status: 604, comment: 'VirtualCam is not available.' };
/** A test card: bars from white to black, each in its tint. */
const still = encodeMosaic(
  160,
  90,
  (column) => {
    const bar = Math.floor(column / 20);
    return [235 - 30 * bar, 128 + 14 * (bar % 4), 128 - 14 * (bar % 3)];
  },
  'simulated OBS',
);

/** What a request is answered with: data, or a status. */
type Reply = Data | { readonly status: number; readonly comment?: string } | undefined;

/** OBS made of software: it speaks obs-websocket 5.1.0 as the real one was seen to, on the framing of an independent library. */
export class MixerSimulator implements Simulator {
  scenes = ['Toàn cảnh', 'Bài giảng', 'Chờ'];
  current = 'Toàn cảnh';
  record: 'stopped' | 'recording' | 'paused' = 'stopped';
  stream: 'stopped' | 'live' = 'stopped';
  freeMegabytes = 80_000;
  /** Undefined where its computer has none. */
  virtualCamera: boolean | undefined = false;
  readonly muted = new Map<string, boolean>([['Micro', false]]);
  /** Requests that it answers with success without doing anything. */
  readonly ignores = new Set<string>();
  /** Its stream starts and ends at once, as without a server to send to. */
  streamFails = false;
  readonly received: string[] = [];
  readonly #options: MixerOptions;
  readonly #clients = new Set<Client>();
  readonly #port: Port;
  readonly #stop = new AbortController();
  #fault: Fault | undefined;
  #files = 0;

  private constructor(options: MixerOptions) {
    this.#options = options;
    this.#port = new Port(() => this.#server(), options);
  }

  static async start(options: MixerOptions): Promise<MixerSimulator> {
    const mixer = new MixerSimulator(options);
    await mixer.#port.open();
    return mixer;
  }

  get address(): Address {
    return this.#port.address;
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    const wasAway = this.#fault === 'reboot';
    this.#fault = fault;
    if (fault === 'reboot') await this.#port.close();
    else if (wasAway) await this.#port.open();
  }

  /** Someone works in its window. */
  async press(request: string, data: Data = {}): Promise<void> {
    await this.#obey(request, data);
  }

  /** The recording ends by itself, as on a full disk. */
  breakOff(): void {
    this.record = 'stopped';
    this.#tellRecord('STOPPED', `/srv/studio/lesson-${this.#files}.mkv`);
  }

  /** Everyone is told `type`, whatever it is. */
  tell(type: string, eventData: Data): void {
    for (const client of this.#clients) {
      if (client.isIdentified) this.#send(client, 5, { eventType: type, eventIntent: 64, eventData });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#port.close();
  }

  #server(): Server {
    const server = createServer((_, response) => response.writeHead(426).end());
    const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'obswebsocket.json' });
    server.on('upgrade', (request, socket, head) => {
      if (this.#fault === 'silence') return;
      if (this.#fault === 'hang-up') socket.destroy();
      else if (this.#fault === 'garbage') socket.write('\u0001\u0002 no http\r\n\r\n');
      else if (this.#fault === 'half-frame') socket.write('HTTP/1.1 101 Switching Pro');
      else sockets.handleUpgrade(request, socket, head, (client) => this.#accept(client, socket as Socket));
    });
    return server;
  }

  #accept(socket: WebSocket, raw: Socket): void {
    const client: Client = { socket, raw, challenge: randomBytes(32).toString('base64'), isIdentified: false };
    this.#clients.add(client);
    socket.on('close', () => this.#clients.delete(client));
    socket.on('error', () => {});
    socket.on('message', (data) => void this.#take(client, data.toString()));
    const authentication =
      this.#options.password === undefined ? {} : { authentication: { challenge: client.challenge, salt } };
    this.#send(client, 0, { obsWebSocketVersion: '5.1.0', rpcVersion: 1, ...authentication });
  }

  async #take(client: Client, text: string): Promise<void> {
    const { op, d } = JSON.parse(text) as { op: number; d: Data };
    if (this.#fault === 'hang-up') client.raw.destroy();
    if (op === 1) {
      this.#identify(client, d);
      return;
    }
    const {
      requestType = '',
      requestId,
      requestData,
    } = d as { requestType?: string; requestId?: string; requestData?: Data };
    this.received.push(requestType);
    // Answers overtake each other.
    if (requestType === 'GetStats') await new Promise((resolve) => setImmediate(resolve));
    const reply =
      this.#fault === 'busy'
        ? { status: 207, comment: 'OBS is not ready' }
        : await this.#obey(requestType, requestData ?? {});
    const isRefused = reply !== undefined && typeof reply['status'] === 'number';
    const { status = 100, comment } = (isRefused ? reply : {}) as { status?: number; comment?: string };
    this.#send(client, 7, {
      requestType,
      requestId,
      requestStatus: { result: status === 100, code: status, ...(comment ? { comment } : {}) },
      ...(reply && !isRefused ? { responseData: reply } : {}),
    });
  }

  #identify(client: Client, { authentication }: Data): void {
    const { password } = this.#options;
    const proof = password === undefined ? undefined : sha256(sha256(password + salt) + client.challenge);
    if (this.#fault === 'wrong-password' || proof !== authentication) {
      client.socket.close(4009, 'Authentication failed.');
      return;
    }
    client.isIdentified = true;
    this.#send(client, 2, { negotiatedRpcVersion: 1 });
  }

  async #obey(request: string, data: Data): Promise<Reply> {
    if (!requests.includes(request)) return { status: 204, comment: `Your request type is not valid.` };
    if (this.ignores.has(request)) return undefined;
    return this.#ask(request, data) ?? this.#set(request, data);
  }

  #ask(request: string, data: Data): Reply {
    const isActive = this.record !== 'stopped';
    switch (request) {
      case 'GetVersion':
        return {
          obsVersion: '29.0.2',
          obsWebSocketVersion: '5.1.0',
          rpcVersion: 1,
          availableRequests: requests,
          platform: 'debian',
          platformDescription: 'Debian GNU/Linux 12 (bookworm)',
        };
      case 'GetStats':
        return {
          cpuUsage: 7.8,
          memoryUsage: 216,
          availableDiskSpace: this.freeMegabytes,
          renderSkippedFrames: 0,
          renderTotalFrames: 6_121,
        };
      case 'GetSceneList':
        return {
          currentPreviewSceneName: null,
          currentProgramSceneName: this.current,
          scenes: this.scenes.toReversed().map((sceneName, sceneIndex) => ({ sceneIndex, sceneName })),
        };
      case 'GetRecordStatus':
        return {
          outputActive: isActive,
          outputPaused: this.record === 'paused',
          outputDuration: isActive ? 2_233 : 0,
          outputBytes: 0,
        };
      case 'GetStreamStatus':
        return {
          outputActive: this.stream === 'live',
          outputReconnecting: false,
          outputDuration: 0,
          outputSkippedFrames: 1,
          outputTotalFrames: this.stream === 'live' ? 200 : 0,
        };
      case 'GetInputList':
        return {
          inputs: [backdrop, ...this.muted.keys()].map((inputName) => ({ inputName, inputKind: 'simulated' })),
        };
      case 'GetInputVolume':
        return this.#soundOf(data, () => ({ inputVolumeMul: 0.5, inputVolumeDb: -6.02 }));
      case 'GetVirtualCamStatus':
        return this.virtualCamera === undefined ? noVirtualCamera : { outputActive: this.virtualCamera };
      case 'GetSourceScreenshot':
        return this.scenes.includes(String(data['sourceName']))
          ? { imageData: `data:image/jpg;base64,${still.toString('base64')}` }
          : { status: 600, comment: 'No source was found.' };
      case 'GetRecordDirectory':
        return { recordDirectory: '/srv/studio' };
      case 'GetInputMute':
        return this.#soundOf(data, (inputMuted) => ({ inputMuted }));
      default:
        return undefined;
    }
  }

  #set(request: string, data: Data): Reply {
    switch (request) {
      case 'SetCurrentProgramScene': {
        const scene = String(data['sceneName']);
        if (!this.scenes.includes(scene))
          return { status: 600, comment: `No source was found by the name of \`${scene}\`.` };
        this.current = scene;
        this.#later(50, () => this.tell('CurrentProgramSceneChanged', { sceneName: scene }));
        return undefined;
      }
      case 'SetInputMute':
        this.#mute(String(data['inputName']), data['inputMuted'] === true);
        return undefined;
      case 'StartVirtualCam':
      case 'StopVirtualCam':
        return this.#switchVirtualCamera(request === 'StartVirtualCam');
      case 'StartRecord':
        return this.#startRecord();
      case 'StopRecord':
        return this.#stopRecord();
      case 'PauseRecord':
        return this.#pause('recording', 'paused', 502, 'PAUSED');
      case 'ResumeRecord':
        return this.#pause('paused', 'recording', 503, 'RESUMED');
      case 'StartStream':
        return this.#startStream();
      default:
        return this.#stopStream();
    }
  }

  #soundOf({ inputName }: Data, tell: (muted: boolean) => Reply): Reply {
    const muted = this.muted.get(String(inputName));
    if (muted !== undefined) return tell(muted);
    if (inputName === backdrop) return noSound;
    return { status: 600, comment: `No source was found by the name of \`${String(inputName)}\`.` };
  }

  #mute(inputName: string, inputMuted: boolean): void {
    this.muted.set(inputName, inputMuted);
    this.#later(50, () => this.tell('InputMuteStateChanged', { inputName, inputMuted }));
  }

  #switchVirtualCamera(on: boolean): Reply {
    if (this.virtualCamera === undefined) return noVirtualCamera;
    if (this.virtualCamera === on) return { status: on ? 500 : 501 };
    this.virtualCamera = on;
    const outputState = `OBS_WEBSOCKET_OUTPUT_${on ? 'STARTED' : 'STOPPED'}`;
    this.#later(50, () => this.tell('VirtualcamStateChanged', { outputActive: on, outputState }));
    return undefined;
  }

  #startRecord(): Reply {
    if (this.record !== 'stopped') return { status: 500 };
    const outputPath = `/srv/studio/lesson-${++this.#files}.mkv`;
    this.#later(0, () => this.#tellRecord('STARTING', null));
    this.#later(200, () => {
      this.record = 'recording';
      this.#tellRecord('STARTED', outputPath);
    });
    return undefined;
  }

  #stopRecord(): Reply {
    if (this.record === 'stopped') return { status: 501 };
    const outputPath = `/srv/studio/lesson-${this.#files}.mkv`;
    this.#later(0, () => this.#tellRecord('STOPPING', null));
    this.#later(200, () => {
      // The real one was seen to say this while its status is still that of a running output, and refuses a start so long.
      this.#tellRecord('STOPPED', outputPath);
      this.#later(statusLagMs, () => {
        this.record = 'stopped';
      });
    });
    return { outputPath };
  }

  #pause(from: 'recording' | 'paused', to: 'recording' | 'paused', refusal: number, state: string): Reply {
    if (this.record !== from) return { status: this.record === 'stopped' ? 501 : refusal };
    this.record = to;
    this.#later(0, () => this.#tellRecord(state, null));
    return undefined;
  }

  #startStream(): Reply {
    if (this.stream === 'live') return { status: 500 };
    this.#later(0, () => this.#tellStream('STARTING'));
    this.#later(400, () => {
      if (!this.streamFails) this.stream = 'live';
      this.#tellStream(this.streamFails ? 'STOPPED' : 'STARTED');
    });
    return undefined;
  }

  #stopStream(): Reply {
    if (this.stream !== 'live') return { status: 501 };
    this.stream = 'stopped';
    this.#later(0, () => this.#tellStream('STOPPING'));
    this.#later(100, () => this.#tellStream('STOPPED'));
    return undefined;
  }

  #tellRecord(state: string, outputPath: string | null): void {
    const outputActive = this.record !== 'stopped';
    this.tell('RecordStateChanged', { outputActive, outputPath, outputState: `OBS_WEBSOCKET_OUTPUT_${state}` });
  }

  #tellStream(state: string): void {
    this.tell('StreamStateChanged', {
      outputActive: this.stream === 'live',
      outputState: `OBS_WEBSOCKET_OUTPUT_${state}`,
    });
  }

  #later(delayMs: number, work: () => void): void {
    this.#options.clock.wait(delayMs, this.#stop.signal).then(work, () => {});
  }

  #send(client: Client, op: number, d: Data): void {
    const fault = this.#fault;
    const text = JSON.stringify({ op, d });
    if (fault === 'silence' || client.socket.readyState !== client.socket.OPEN) return;
    if (fault === 'garbage') client.socket.send('this is no JSON');
    // The header of a frame of 100 bytes, and some of them.
    else if (fault === 'half-frame')
      client.raw.write(Buffer.concat([Buffer.from([0x81, 100]), Buffer.from(text.slice(0, 20))]));
    else if (fault === 'slow') this.#later(2_000, () => client.socket.send(text));
    else client.socket.send(text);
  }
}
