import { Commands, Hyperdeck } from 'hyperdeck-connection';
import OBSWebSocket from 'obs-websocket-js/json';
import { describe, expect, it } from 'vitest';
import { CameraSimulator } from '../../../simulators/studio/camera.ts';
import { MixerSimulator } from '../../../simulators/studio/mixer.ts';
import { DeckSimulator } from '../../../simulators/studio/recorder.ts';
import { createFastClock } from '../../../support/clock.ts';
import { hasPythonJudges, runPython } from '../../../support/judges.ts';

const clock = createFastClock(1);

/** visca_over_ip 0.5.2; each answer of the camera is what it makes of it. */
const viscaProgram = `
import json, sys, time
from visca_over_ip import Camera
from visca_over_ip.exceptions import ViscaException

camera = Camera(sys.argv[1], int(sys.argv[2]))
out = {}
camera.recall_preset(1)
time.sleep(1.5)
out['preset'] = camera.get_pantilt_position()
out['zoom'] = camera.get_zoom_position()
camera.pantilt(24, 20, pan_position=-400, tilt_position=200)
time.sleep(1.5)
out['moved'] = camera.get_pantilt_position()
camera.zoom_to(0.25)
time.sleep(1)
out['zoomed'] = camera.get_zoom_position()
camera.zoom(7)
time.sleep(0.2)
camera.zoom(0)
out['zoomedOn'] = camera.get_zoom_position() > 4096
try:
    camera.set_focus_mode('auto')
    out['focus'] = camera.get_focus_mode()
except ViscaException as failure:
    out['refused'] = failure.description
camera.close_connection()
print(json.dumps(out))
`;

describe('the simulated studio, to those who know the devices', () => {
  it('is OBS to obs-websocket-js', async () => {
    await using mixer = await MixerSimulator.start({ clock, password: 'open sesame' });
    const url = `ws://127.0.0.1:${mixer.address.port}`;
    const stranger = new OBSWebSocket();
    await expect(stranger.connect(url, 'wrong')).rejects.toMatchObject({ code: 4009 });
    const obs = new OBSWebSocket();
    expect(await obs.connect(url, 'open sesame')).toMatchObject({
      obsWebSocketVersion: '5.1.0',
      negotiatedRpcVersion: 1,
    });
    const scene = new Promise((resolve) => obs.once('CurrentProgramSceneChanged', resolve));
    await obs.call('SetCurrentProgramScene', { sceneName: 'Bài giảng' });
    expect(await scene).toEqual({ sceneName: 'Bài giảng' });
    await expect(obs.call('SetCurrentProgramScene', { sceneName: 'nope' })).rejects.toMatchObject({ code: 600 });
    await expect(obs.call('StopRecord')).rejects.toMatchObject({ code: 501 });
    const states: string[] = [];
    const isRecording = new Promise<void>((resolve) => {
      obs.on('RecordStateChanged', ({ outputState }) => {
        states.push(outputState);
        if (states.length === 2) resolve();
      });
    });
    await obs.call('StartRecord');
    await isRecording;
    expect(states).toEqual(['OBS_WEBSOCKET_OUTPUT_STARTING', 'OBS_WEBSOCKET_OUTPUT_STARTED']);
    expect(await obs.call('GetRecordStatus')).toMatchObject({ outputActive: true, outputPaused: false });
    const [stats, scenes] = await Promise.all([obs.call('GetStats'), obs.call('GetSceneList')]);
    expect([stats.availableDiskSpace, scenes.currentProgramSceneName]).toEqual([80_000, 'Bài giảng']);
    await obs.disconnect();
  });

  it('is a HyperDeck to hyperdeck-connection', async () => {
    await using deck = await DeckSimulator.start({ clock });
    const client = new Hyperdeck({ pingPeriod: 0 });
    const connected = new Promise((resolve) => client.once('connected', resolve));
    client.connect(deck.address.host, deck.address.port);
    expect(await connected).toEqual({ protocolVersion: 1.11, model: 'HyperDeck Studio HD Mini' });
    expect(await client.sendCommand(new Commands.TransportInfoCommand())).toMatchObject({
      status: 'preview',
      slotId: 1,
      videoFormat: '1080p25',
    });
    expect(await client.sendCommand(new Commands.SlotInfoCommand(1))).toMatchObject({
      status: 'mounted',
      volumeName: 'Lessons',
      recordingTime: 5_400,
    });
    const notice = new Promise((resolve) => client.once('notify.transport', resolve));
    const notify = new Commands.NotifySetCommand();
    notify.transport = true;
    await client.sendCommand(notify);
    await client.sendCommand(new Commands.RecordCommand());
    expect(await notice).toMatchObject({ status: 'record' });
    await client.sendCommand(new Commands.StopCommand());
    await expect.poll(() => deck.status).toBe('stopped');
    deck.isRemote = false;
    await expect(client.sendCommand(new Commands.RecordCommand())).rejects.toMatchObject({ code: 111 });
    await client.disconnect();
  });

  it.runIf(hasPythonJudges || process.env['CI'] !== undefined)('is a camera to visca_over_ip', async () => {
    // The client binds the camera's port on its own side, so the camera is another host of loopback.
    await using camera = await CameraSimulator.start({ clock, host: '127.0.7.9' });
    const { host, port } = camera.udpAddress;
    expect(await runPython(viscaProgram, host, String(port))).toEqual({
      preset: [1_200, 100],
      zoom: 4_096,
      moved: [-400, 200],
      zoomed: 4_096,
      zoomedOn: true,
      refused: 'Syntax error',
    });
  });
});
