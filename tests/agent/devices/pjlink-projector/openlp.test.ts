import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ProjectorSimulator } from '../../../simulators/pjlink-projector.ts';
import { createFastClock } from '../../../support/clock.ts';
import { hasOpenlp, runOpenlp } from '../../../support/judges.ts';

/**
 * OpenLP as it runs in a hall: it listens for notices, connects when the projector says that its link is up, reads all that it
 * shows of a projector, chooses an input and switches off. It shares no line with ours.
 */
const script = `
import json, logging, sys, time
logging.disable()
from types import SimpleNamespace
from PyQt5.QtCore import QCoreApplication
from openlp.core.common.registry import Registry
app = QCoreApplication([])
Registry.create()
Registry().register('settings', SimpleNamespace(value=lambda key: True))
from openlp.core.projectors.constants import S_ON, S_COOLDOWN, STATUS_CODE
from openlp.core.projectors.pjlink import PJLink, PJLinkUDP

host, port, pin, listen = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
entry = SimpleNamespace(id=1, ip=host, port=port, pin=pin, name='hall', location='', notes='', mac_adx=None, pjlink_class=None,
                        manufacturer=None, model=None, other=None, serial_no=None, sw_version=None, model_filter=None, model_lamp=None)
link = PJLink(entry)
# It has met this projector before; a stranger's notices of class 2 it does not take.
link.pjlink_class = '2'
heard = []
udp = PJLinkUDP(listen)
def on_notice(sender, _, text):
    heard.append(text.strip())
    link.get_buffer(sender, port, text)
udp.data_received.connect(on_notice)

def until(is_true):
    end = time.monotonic() + 15
    while not is_true() and time.monotonic() < end:
        app.processEvents()
        time.sleep(0.01)
    return is_true()

until(lambda: link.model_lamp and link.lamp and link.source and link.source_available and link.sw_version)
out = dict(manufacturer=link.manufacturer, model=link.model, name=link.pjlink_name, serial=link.serial_no, software=link.sw_version,
           lampModel=link.model_lamp, filterModel=link.model_filter, lamp=link.lamp,
           source=link.source, sources=link.source_available, shutter=link.shutter, mute=link.mute, isOn=link.power == S_ON,
           pjlinkClass=link.pjlink_class)
until(lambda: any('ERST=010000' in text for text in heard))
until(lambda: link.projector_errors)
out['errors'] = {part: STATUS_CODE[level] for part, level in (link.projector_errors or {}).items()}
link.send_command('INPT', opts='32')
out['selected'] = until(lambda: link.source == '32')
link.send_command('POWR', opts='0')
out['coolsDown'] = until(lambda: link.power == S_COOLDOWN)
out['heard'] = sorted({text.split('=')[0] for text in heard})
link.disconnect_from_host()
print(json.dumps(out))
`;

async function freePort(): Promise<number> {
  const probe = createSocket('udp4').bind(0);
  await once(probe, 'listening');
  const { port } = probe.address();
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return port;
}

describe('simulated projector', () => {
  it.runIf(hasOpenlp || process.env['CI'])(
    'is one to OpenLP, its notices included',
    async () => {
      const clock = createFastClock(1);
      const password = 'JBMIAProjectorLink';
      const listen = await freePort();
      await using projector = await ProjectorSimulator.start({
        clock,
        password,
        coolDownMs: 60_000,
        notifies: { host: '127.0.0.1', port: listen },
      });
      const { host, port } = projector.address;
      let isJudged = false;
      const judging = runOpenlp(script, host, String(port), password, String(listen)).finally(() => {
        isJudged = true;
      });
      // Its link comes up, again and again until it is heard; then its lamp begins to fail.
      while (!isJudged && projector.connections === 0) {
        await projector.linkUp();
        await clock.wait(100);
      }
      await clock.wait(500);
      await projector.setErrors('010000');
      expect(await judging).toEqual({
        manufacturer: 'EPSON',
        model: 'EB-2250U',
        name: 'Phòng 7',
        serial: 'X4HX6500112',
        software: '1.10',
        lampModel: 'ELPLP96',
        filterModel: 'ELPAF56',
        lamp: [{ Hours: 1234, On: true }],
        source: '31',
        sources: ['11', '31', '32', '5A'],
        shutter: false,
        mute: false,
        isOn: true,
        pjlinkClass: '2',
        errors: { Lamp: 'E_WARN' },
        selected: true,
        coolsDown: true,
        heard: ['%2ERST', '%2INPT', '%2LKUP', '%2POWR'],
      });
      expect(projector.state.input).toBe('32');
    },
    60_000,
  );
});
