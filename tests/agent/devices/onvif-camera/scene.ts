import { expect } from 'vitest';
import type { Driver, DriverCommand, DriverSession } from '../../../../agent/devices/driver.ts';
import { onvifCamera } from '../../../../agent/devices/onvif-camera/index.ts';
import type { BrokerPort } from '../../../../agent/platform/broker.ts';
import { createLocalBroker } from '../../../../agent/platform/local-broker.ts';
import type { CapabilityName } from '../../../../protocols/fleet/capabilities/index.ts';
import { silentLog } from '../../../../protocols/ports.ts';
import { type OnvifCamera, type OnvifCameraOptions, startOnvifCamera } from '../../../simulators/onvif-camera/index.ts';
import { createFastClock, type FastClock } from '../../../support/clock.ts';
import { createTestContext, type TestContext } from '../../../support/driver-context.ts';

const driver: Driver = onvifCamera;
const credentials = { username: 'admin', password: 'Lớp & học <7>' };

/** One simulated camera, and what its driver says about it. */
export interface Scene extends AsyncDisposable {
  readonly clock: FastClock;
  readonly camera: OnvifCamera;
  readonly test: TestContext<unknown>;
  connect(): Promise<DriverSession>;
  run(session: DriverSession, capability: CapabilityName, name: string, args: DriverCommand['args']): Promise<unknown>;
  /** Waits, in the clock of the driver, until `check` passes. */
  eventually(check: () => void): Promise<void>;
}

interface SceneOptions extends OnvifCameraOptions {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly broker?: BrokerPort;
}

export async function openScene({ settings, broker, ...options }: SceneOptions = {}): Promise<Scene> {
  const clock = createFastClock(20);
  await using cleanup = new AsyncDisposableStack();
  const camera = cleanup.use(await startOnvifCamera({ seed: 1, clock, credentials, discoveryPort: false, ...options }));
  const test = createTestContext({
    family: 'onvif-camera',
    // A scene with a broker is about the way through it; the default writes nothing into a camera.
    settings: driver.settings.parse({ timeoutMs: 30_000, ...(broker ? { events: 'auto' } : {}), ...settings }),
    clock,
    address: camera.address,
    credentials: options.credentials ?? credentials,
    ...(broker ? { broker } : {}),
  });
  cleanup.defer(() => test.stop());
  const all = cleanup.move();
  return {
    clock,
    camera,
    test,
    connect: async () => all.use(await driver.connect(test.context)),
    run: (session, capability, name, args) =>
      session.execute({ id: 'command-1', capability, name, args }, test.context.signal),
    eventually: async (check) => {
      for (let left = 300; ; left -= 1) {
        try {
          return check();
        } catch (thrown) {
          if (left === 0) throw thrown;
          await clock.wait(100);
        }
      }
    },
    [Symbol.asyncDispose]: async () => {
      await all.disposeAsync();
      expect(clock.pending, 'timers left').toBe(0);
    },
  };
}

/** The agent's real broker on a loopback address, in the time of the machine. */
export function openBroker(clock = createFastClock(1)): BrokerPort & AsyncDisposable {
  const policy = { allow: ['127.0.0.0/8'], deny: [], ports: [], broadcast: false };
  return createLocalBroker({ host: '127.0.0.1', port: 0, policy, clock, log: silentLog });
}
