import { afterEach, describe, expect, it } from 'vitest';
import { AtemSimulator } from '../../../simulators/studio/atem.ts';
import { createFastClock } from '../../../support/clock.ts';
import { hasAtemClient, requireAtemClient } from '../../../support/judges.ts';

/** As much of node-atem-connection 3.10.2 as judges our simulator; it opens a socket of its own and shares no line with ours. */
interface AtemClient {
  readonly state?: {
    readonly info: { readonly apiVersion: number; readonly productIdentifier?: string };
    readonly inputs: Readonly<Record<number, { readonly longName: string; readonly shortName: string } | undefined>>;
    readonly video: { readonly mixEffects: readonly ({ programInput: number; previewInput: number } | undefined)[] };
    readonly recording?: {
      status?: { state: number; error: number; recordingTimeAvailable: number };
      duration?: object;
    };
    readonly streaming?: { status?: { state: number } };
  };
  connect(address: string, port: number): Promise<void>;
  once(event: 'connected' | 'disconnected', listener: () => void): void;
  on(event: 'error' | 'debug', listener: (text: string) => void): void;
  changeProgramInput(source: number): Promise<void>;
  changePreviewInput(source: number): Promise<void>;
  cut(): Promise<void>;
  startRecording(): Promise<void>;
  stopRecording(): Promise<void>;
  startStreaming(): Promise<void>;
  requestRecordingDuration(): Promise<void>;
  destroy(): Promise<void>;
}

const clock = createFastClock(1);
const clients: AtemClient[] = [];

function createClient(): AtemClient {
  const { Atem } = requireAtemClient() as { Atem: new (options: object) => AtemClient };
  const client = new Atem({ disableMultithreaded: true });
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients.splice(0)) await client.destroy();
});

async function connected(client: AtemClient, { address }: AtemSimulator): Promise<void> {
  const isConnected = new Promise<void>((resolve) => client.once('connected', resolve));
  await client.connect(address.host, address.port);
  await isConnected;
}

describe.runIf(hasAtemClient || process.env['CI'])('the simulated switcher, to node-atem-connection', () => {
  it('is an ATEM Mini Pro that does what it is told', async () => {
    await using switcher = await AtemSimulator.start({ clock });
    const client = createClient();
    const errors: string[] = [];
    client.on('error', (text) => errors.push(text));
    client.on('debug', (text) => void (/^Invalid/.test(text) && errors.push(text)));
    await connected(client, switcher);
    expect(client.state?.info).toMatchObject({ apiVersion: 0x0002_001e, productIdentifier: 'ATEM Mini Pro' });
    expect(client.state?.inputs[1]).toMatchObject({ longName: 'Máy quay 1', shortName: 'CAM1' });
    const mixer = () => client.state?.video.mixEffects[0];
    expect(mixer()).toMatchObject({ programInput: 1, previewInput: 2 });
    expect(client.state?.recording?.status).toEqual({ state: 0, error: 2, recordingTimeAvailable: 7_200 });
    expect(client.state?.streaming?.status).toMatchObject({ state: 1 });

    await client.changeProgramInput(2);
    await expect.poll(mixer).toMatchObject({ programInput: 2 });
    await client.changePreviewInput(1);
    await client.cut();
    await expect.poll(mixer).toMatchObject({ programInput: 1, previewInput: 2 });
    await client.startRecording();
    await expect.poll(() => client.state?.recording?.status?.state).toBe(1);
    await client.requestRecordingDuration();
    await expect.poll(() => client.state?.recording?.duration).toMatchObject({ minutes: 1, seconds: 23 });
    await client.startStreaming();
    await expect.poll(() => client.state?.streaming?.status?.state).toBe(4);
    await client.stopRecording();
    await expect.poll(() => client.state?.recording?.status?.state).toBe(0);
    expect(errors).toEqual([]);
  });

  it('keeps a session over a network that loses datagrams, and lets go of a client that is gone', async () => {
    await using switcher = await AtemSimulator.start({ clock });
    let count = 0;
    switcher.loses = () => ++count % 4 === 0;
    const client = createClient();
    await connected(client, switcher);
    await client.changeProgramInput(2);
    expect(switcher.program).toBe(2);
    expect(count).toBeGreaterThan(8);
    await client.destroy();
    clients.length = 0;
    await expect.poll(() => switcher.clients, { timeout: 8_000 }).toBe(0);
  }, 20_000);
});
