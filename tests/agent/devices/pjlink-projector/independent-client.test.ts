import { describe, expect, it } from 'vitest';
import { ProjectorSimulator } from '../../../simulators/pjlink-projector.ts';
import { createFastClock } from '../../../support/clock.ts';
import { hasPythonJudges, runPython } from '../../../support/judges.ts';

/** `aiopjlink`, a client of PJLink that shares no line with ours. */
const script = `
import asyncio, json, sys
from aiopjlink import PJLink, PJLinkPassword, PJLinkERR3, Mute, Sources

async def main(port, password):
    out = {}
    async with PJLink('127.0.0.1', port, password) as link:
        out['power'] = (await link.power.get()).name
        out['model'] = await link.info.product_name()
        out['class'] = (await link.info.pjlink_class()).value
        out['serial'] = await link.info.serial_number()
        out['software'] = await link.info.software_version()
        out['errors'] = {k.value: v.name for k, v in (await link.errors.query()).items()}
        out['lamps'] = [[h, s.name] for h, s in await link.lamps.status()]
        out['sources'] = [[m.name, i, n] for m, i, n in await link.sources.available_with_names()]
        out['resolution'] = await link.sources.resolution()
        await link.sources.set(Sources.Mode.NETWORK, 'A', '2')
        await link.mute.video(True)
        out['mute'] = await link.mute.status()
        await link.freeze.set(True)
        await link.speaker.turn_up()
        await link.power.turn_off()
        out['cooling'] = (await link.power.get()).name
        try:
            await link.power.turn_on()
        except PJLinkERR3:
            out['refused'] = True
    try:
        async with PJLink('127.0.0.1', port, 'wrong'):
            pass
    except PJLinkPassword:
        out['wrongPassword'] = True
    print(json.dumps(out))

asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
`;

describe('simulated projector', () => {
  it.runIf(hasPythonJudges || process.env['CI'])('is one to an independent client', async () => {
    const clock = createFastClock(1);
    await using projector = await ProjectorSimulator.start({
      clock,
      password: 'JBMIAProjectorLink',
      coolDownMs: 60_000,
    });
    projector.state.errors = '001000';
    const seen = await runPython(script, String(projector.address.port), 'JBMIAProjectorLink');
    expect(seen).toEqual({
      power: 'ON',
      model: 'EB-2250U',
      class: '2',
      serial: 'X4HX6500112',
      software: '1.10',
      errors: { fan: 'OK', lamp: 'OK', temperature: 'WARN', cover: 'OK', filter: 'OK', other: 'OK' },
      lamps: [[1234, 'ON']],
      sources: [
        ['RGB', '1', 'Computer'],
        ['DIGITAL', '1', 'HDMI 1'],
        ['DIGITAL', '2', 'HDMI 2'],
        ['NETWORK', 'A', 'LAN'],
      ],
      resolution: [1920, 1080],
      mute: [true, false],
      cooling: 'COOLING',
      refused: true,
      wrongPassword: true,
    });
    expect(projector.state).toMatchObject({ input: '5A', videoMuted: true, frozen: true, volume: 11 });
  });
});
