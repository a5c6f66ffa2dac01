import { describe, expect, it } from 'vitest';
import { serverBmc } from '../../../../agent/devices/server-bmc/index.ts';
import { hasIpmi, type IpmiBmc, ipmiCredentials, startIpmiBmc } from '../../../simulators/server-bmc/ipmi-bmc.ts';
import { createFastClock } from '../../../support/clock.ts';
import { driverConformance } from '../../../support/driver-conformance.ts';
import { createTestContext } from '../../../support/driver-context.ts';

const settings = { wire: 'ipmi', cipherSuite: 3 };
const verifyOrders =
  (...orders: readonly string[]) =>
  async (bmc: IpmiBmc) => {
    expect(await bmc.orders()).toEqual(orders);
  };

/** The real `ipmitool` speaks RMCP+ (lanplus) to `ipmi_sim`. */
describe.runIf(hasIpmi)('IPMI 2.0', () => {
  driverConformance<IpmiBmc>({
    driver: serverBmc,
    start: startIpmiBmc,
    settings,
    credentials: ipmiCredentials,
    change: { capability: 'diagnostics', make: (bmc) => bmc.command('sensor_set_value 0x20 0 3 5 0') },
    commands: [
      {
        capability: 'power',
        name: 'on',
        args: {},
        prepare: (bmc) => bmc.setPower(false),
        verify: verifyOrders('power 1'),
      },
      { capability: 'power', name: 'off', args: {}, verify: verifyOrders('shutdown 1') },
      { capability: 'power', name: 'reboot', args: {}, verify: verifyOrders('shutdown 1', 'power 1') },
      { capability: 'power', name: 'reset', args: {}, verify: verifyOrders('reset 1') },
    ],
    without: { 'hang-up': 'IPMI runs over UDP, which has no connection to end' },
  });
});

describe.runIf(hasIpmi)('a controller by IPMI', () => {
  const clock = createFastClock(10);
  const contextFor = (bmc: IpmiBmc, given: object = settings, credentials = ipmiCredentials) =>
    createTestContext({
      family: serverBmc.family,
      settings: serverBmc.settings.parse(given),
      clock,
      address: bmc.address,
      credentials,
    });

  it.each(['lanplus', 'lan'] as const)('tells who it is and what it measures over %s', async (wire) => {
    await using bmc = await startIpmiBmc(clock);
    const test = contextFor(bmc, { ...settings, interface: wire });
    await using _session = await serverBmc.connect(test.context);
    expect(test.reporter.last('identity')).toEqual({
      vendor: 'Contoso',
      model: '3500RX',
      serial: '437XR1138R2',
      firmware: '9.08',
      hardware: '1.10',
    });
    expect(test.reporter.samples[0]).toEqual({
      'temperature.celsius@CPU1-Temp': 45,
      'temperature.celsius@Inlet-Temp': 24,
      'sensors.fan@FAN1': 5_000,
      'sensors.voltage@12V': 12.06,
      'sensors.power@PS1-Input-Power': 180,
    });
    expect(test.reporter.last('power')).toEqual({ state: 'on' });
    expect(test.reporter.last('diagnostics')).toEqual({ faults: [] });
  });

  it('tells limits that are passed, a part that failed, and critical lines of its log once', async () => {
    await using bmc = await startIpmiBmc(clock);
    const test = contextFor(bmc);
    await using session = await serverBmc.connect(test.context);
    await bmc.command('sensor_set_value 0x20 0 1 97 1');
    await bmc.command('sensor_set_bit_clr_rest 0x20 0 6 1 1');
    await bmc.command('sel_add 0x20 0x02 0 0 0 0 0x20 0 4 0x0c 0x53 0x6f 0xa1 0xff 0xff');
    await session.poll(test.context.signal);
    await session.poll(test.context.signal);
    expect(test.reporter.last('diagnostics')).toEqual({
      faults: [
        { part: 'CPU1 Temp', level: 'error' },
        { part: 'PS1 Status', level: 'error', message: 'Failure detected' },
      ],
    });
    expect(test.reporter.last('temperature')).toEqual({ level: 'error' });
    const logged = test.reporter.events.filter(({ name }) => name === 'logged').map(({ data }) => data);
    expect(logged).toEqual([
      { part: 'Temperature CPU1 Temp', message: 'Upper Critical going high, Reading 97 > Threshold 95 degrees C' },
      { part: 'Power Supply PS1 Status', message: 'Failure detected' },
      { part: 'Memory #0x53', message: 'Uncorrectable ECC' },
    ]);
  });

  it.each([
    ['a wrong password', { username: ipmiCredentials.username, password: 'wrong' }],
    ['an unknown user', { username: 'nobody', password: ipmiCredentials.password }],
  ])('says %s by name, over lanplus', async (_name, credentials) => {
    await using bmc = await startIpmiBmc(clock);
    const test = contextFor(bmc, settings, credentials);
    await expect(serverBmc.connect(test.context)).rejects.toMatchObject({ code: 'authentication' });
  });
});
