import { describe, expect, it } from 'vitest';
import { startServerBmc } from '../../../simulators/server-bmc/index.ts';
import { createFastClock } from '../../../support/clock.ts';
import { hasPythonJudges, runPython } from '../../../support/judges.ts';
import { createTestAuthority } from '../../../support/test-authority.ts';

const credentials = { username: 'operator', password: 'geheim 16' };

/** OpenStack's sushy 5.14.0: signs in, reads everything, resets, and gives its session back. Its resources refuse what lacks a required property. */
const program = `
import json, sys, time
import sushy
from sushy import auth, exceptions

base, username, password = sys.argv[1:4]
out = {}
session = auth.SessionAuth(username, password)
root = sushy.Sushy(base, auth=session, verify=False)
out['version'] = root.redfish_version
system = root.get_system_collection().get_members()[0]
out['system'] = [system.identity, system.manufacturer, system.serial_number, system.bios_version]
out['power'] = system.power_state.value
out['health'] = system.status.health.value
out['allowed'] = sorted(value.value for value in system.get_allowed_reset_system_values())
chassis = root.get_chassis_collection().get_members()[0]
out['temperatures'] = [[one.name, one.reading_celsius] for one in chassis.thermal.temperatures]
out['fans'] = [[one.name, one.reading, one.reading_units.value] for one in chassis.thermal.fans]
out['supplies'] = [[one.name, one.status.health.value] for one in chassis.power.power_supplies]
manager = root.get_manager_collection().get_members()[0]
out['manager'] = [manager.identity, manager.firmware_version, manager.manager_type.value]
inventory = root.get_update_service().firmware_inventory.get_members()
out['firmware'] = [[one.identity, one.version] for one in inventory]
system.reset_system(sushy.RESET_FORCE_OFF)
for _ in range(40):
    system.refresh(force=True)
    if system.power_state == sushy.POWER_STATE_OFF:
        break
    time.sleep(0.1)
out['after'] = system.power_state.value
try:
    root._conn.post('/redfish/v1/Systems/1/Actions/ComputerSystem.Reset', data={'ResetType': 'Nmi'})
except exceptions.BadRequestError as error:
    out['refused'] = error.code
try:
    sushy.Sushy(base, auth=auth.SessionAuth(username, 'wrong'), verify=False)
except exceptions.AccessError as error:
    out['wrong'] = error.status_code
session.close()
print(json.dumps(out))
`;

const seen = {
  version: '1.18.0',
  system: ['1', 'Contoso', '437XR1138R2', 'P79 v1.45'],
  power: 'On',
  health: 'OK',
  allowed: ['ForceOff', 'ForceRestart', 'GracefulRestart', 'GracefulShutdown', 'On'],
  temperatures: [
    ['CPU1 Temp', 46],
    ['Inlet Temp', 24],
  ],
  fans: [
    ['Fan 1', 4_200, 'RPM'],
    ['Fan 2', 4_080, 'RPM'],
  ],
  supplies: [
    ['PSU 1', 'OK'],
    ['PSU 2', 'OK'],
  ],
  manager: ['bmc', '2.10.3', 'BMC'],
  firmware: [['NIC1', '14.32.1010']],
  after: 'Off',
  refused: 'Base.1.18.ActionParameterValueNotInList',
  wrong: 401,
};

describe.runIf(hasPythonJudges)('the simulated controller before sushy', () => {
  it.each(['inline', 'info'] as const)('is a Redfish service, with allowable values %s', async (allowable) => {
    await using bmc = await startServerBmc({ clock: createFastClock(10), credentials, traits: { allowable } });
    const base = `http://127.0.0.1:${bmc.address.port}/redfish/v1`;
    expect(await runPython(program, base, credentials.username, credentials.password)).toEqual(seen);
    expect(bmc.server.orders).toEqual(['ForceOff']);
    expect(bmc.sessions, 'sessions that it was given back').toBe(0);
  });

  it('is one over TLS too', async () => {
    const identity = await (await createTestAuthority()).serverIdentity();
    await using bmc = await startServerBmc({
      clock: createFastClock(10),
      credentials,
      tls: { certificate: identity.certificate, key: identity.key },
    });
    const base = `https://127.0.0.1:${bmc.address.port}/redfish/v1`;
    expect(await runPython(program, base, credentials.username, credentials.password)).toEqual(seen);
  });
});
