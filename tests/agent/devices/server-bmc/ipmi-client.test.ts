import { describe, expect, it } from 'vitest';
import type { ProgramCall, ProgramPort } from '../../../../agent/devices/driver.ts';
import { serverBmc } from '../../../../agent/devices/server-bmc/index.ts';
import { FatalError, RecoverableError } from '../../../../protocols/errors.ts';
import { createFastClock } from '../../../support/clock.ts';
import { createTestContext } from '../../../support/driver-context.ts';
import { loadVectors, type Vector } from '../../../support/vectors.ts';

interface Output extends Vector {
  readonly kind: string;
}
const printed = (name: string) =>
  loadVectors<Output>('ipmi', 'outputs').find((vector) => vector.name === name)?.text ?? '';
const failed = (name: string) => loadVectors('ipmi', 'failures').find((vector) => vector.name === name)?.text ?? '';

const password = 'Bí mật của trường';
const clock = createFastClock(20);

/** What the program prints, by the last words of its arguments. */
function answers(extra: Readonly<Record<string, string | Error>> = {}): Readonly<Record<string, string | Error>> {
  return {
    'mc info': printed('a controller'),
    'fru print 0': printed('an inventory'),
    'chassis status': printed('a chassis that is on'),
    'sdr elist all': printed('sensors within their limits'),
    'sel info': printed('a summary of one entry before the clock was set'),
    'sel elist last 64': printed('a log of one entry'),
    ...extra,
  };
}

/** A driver whose `ipmitool` answers from a list; a failure is what it writes to stderr. */
function start(
  given: () => Readonly<Record<string, string | Error>>,
  options: { host?: string; credentials?: object } = {},
) {
  const calls: ProgramCall[] = [];
  const programs: ProgramPort = {
    run: async (call) => {
      calls.push(call);
      const question = Object.keys(given()).find((words) => call.args.join(' ').endsWith(words));
      const answer = given()[question ?? ''];
      if (answer instanceof FatalError || answer instanceof RecoverableError) throw answer;
      if (answer instanceof Error) return { exitCode: 1, stdout: '', stderr: answer.message };
      return { exitCode: 0, stdout: answer ?? '', stderr: '' };
    },
  };
  const { context, reporter, openSockets } = createTestContext({
    family: serverBmc.family,
    settings: serverBmc.settings.parse({ wire: 'ipmi', presencePing: false }),
    clock,
    address: { host: options.host ?? '127.0.0.1', port: 9 },
    credentials: { username: 'admin', password: 'geheim', ...options.credentials },
  });
  return { context: { ...context, programs }, reporter, openSockets, calls };
}

describe('ipmitool', () => {
  it('gets the password by environment and never as an argument', async () => {
    const test = start(() => answers());
    await using _session = await serverBmc.connect(test.context);
    expect(test.calls.length).toBeGreaterThan(5);
    for (const { args, environment, program } of test.calls) {
      expect(program).toBe('ipmitool');
      expect(args.join(' ')).not.toContain('geheim');
      expect(environment).toEqual({ IPMI_PASSWORD: 'geheim' });
    }
    expect(test.openSockets()).toBe(0);
  });

  it('is asked for the log only when its summary has changed, and each critical line is told once', async () => {
    let now = answers();
    const test = start(() => now);
    await using session = await serverBmc.connect(test.context);
    await session.poll(test.context.signal);
    const reads = () => test.calls.filter(({ args }) => args.includes('last')).length;
    expect(reads()).toBe(1);
    now = answers({
      'sel info': printed('a summary of a bad day'),
      'sel elist last 64': printed('a log of a bad day'),
    });
    await session.poll(test.context.signal);
    await session.poll(test.context.signal);
    expect(reads()).toBe(2);
    const logged = test.reporter.events.filter(({ name }) => name === 'logged');
    expect(logged.map(({ data }) => data['message'])).toEqual([
      'Upper Critical going high, Reading 97 > Threshold 95 degrees C',
      'Lower Critical going low, Reading 400 < Threshold 500 RPM',
      'Lower Non-recoverable going low, Reading 400 < Threshold 400 RPM',
      'Failure detected',
      'Uncorrectable ECC',
      'Upper Critical going high, Reading 46 > Threshold 45 degrees C',
    ]);
  });

  it.each([
    ['a wrong password over lanplus', 'authentication'],
    ['a wrong password over lan', 'authentication'],
    ['nobody there, over lanplus', 'timeout'],
    ['no session free', 'busy'],
    ['a cipher suite that it does not have', 'unsupported'],
  ])('that fails for %s is %s', async (name, code) => {
    const test = start(() => answers({ 'mc info': new Error(failed(name)) }));
    await expect(serverBmc.connect(test.context)).rejects.toMatchObject({ code });
  });

  it('may lack sensors, inventory and log', async () => {
    const none = new Error(failed('a question that it does not know'));
    const test = start(() => answers({ 'sdr elist all': none, 'fru print 0': none, 'sel info': none }));
    await using _session = await serverBmc.connect(test.context);
    expect(test.reporter.last('identity')).toMatchObject({ vendor: 'MontaVista Software, Inc.', firmware: '9.08' });
    expect(Object.keys(test.reporter.descriptors[0]?.capabilities ?? {})).not.toContain('sensors');
  });

  it('that is not installed says so, with the package', async () => {
    const missing = new FatalError('program-missing', 'ipmitool is not installed: apt install ipmitool');
    const test = start(() => answers({ 'mc info': missing }));
    await expect(serverBmc.connect(test.context)).rejects.toBe(missing);
  });

  it('that hangs is a controller that does not answer', async () => {
    const test = start(() => answers({ 'chassis status': new RecoverableError('timeout', 'ipmitool did not end') }));
    await expect(serverBmc.connect(test.context)).rejects.toMatchObject({ code: 'timeout' });
  });
});

describe('the address of a controller by IPMI', () => {
  it.each([
    ['outside the policy', '192.0.2.7'],
    ['a name, which would be resolved past the policy', 'localhost'],
    ['a number in another form', '0177.0.0.1'],
    ['an option of the program', '-E'],
  ])('is refused when it is %s, and no program runs', async (_name, host) => {
    const test = start(() => answers(), { host });
    await expect(serverBmc.connect(test.context)).rejects.toMatchObject({ code: 'address-not-allowed' });
    expect(test.calls).toEqual([]);
    expect(test.openSockets()).toBe(0);
  });

  it('is not asked with a password that IPMI cannot carry', async () => {
    const test = start(() => answers(), { credentials: { password } });
    await expect(serverBmc.connect(test.context)).rejects.toMatchObject({ code: 'authentication' });
    expect(test.calls).toEqual([]);
  });
});
