import { FatalError } from '../../../protocols/errors.ts';
import { type DriverContext, defineDriver } from '../driver.ts';
import type { Controller } from './controller.ts';
import { recogniseControllers, redfishPort, redfishTarget } from './discovery.ts';
import { IpmiController } from './ipmi/ipmi-controller.ts';
import { family } from './mapping.ts';
import { RedfishController } from './redfish/redfish-controller.ts';
import { type BmcMemory, BmcSession, createMemory } from './session.ts';
import { type Settings, settingsSchema } from './settings.ts';

/** A context lives as long as its device is wanted with these settings, so what it remembers spans its connections. */
const memories = new WeakMap<DriverContext<Settings>, BmcMemory>();

/** Management controllers of servers (iDRAC, iLO, XClarity, OpenBMC, …): by Redfish, or by IPMI where they know nothing better. */
export const serverBmc = defineDriver<Settings>({
  family,
  label: { vi: 'Máy chủ (BMC)', en: 'Server (BMC)' },
  settings: settingsSchema,
  defaultPort: undefined,
  capabilities: ['identity', 'firmware', 'power', 'temperature', 'sensors', 'diagnostics'],
  needs: ({ wire }) => (wire === 'ipmi' ? [{ kind: 'program', program: 'ipmitool' }] : []),
  connect: async (context) => {
    context.signal.throwIfAborted();
    const memory = memories.get(context) ?? createMemory();
    memories.set(context, memory);
    const session = new BmcSession(context, controllerFor(context), memory);
    try {
      await session.poll(context.signal);
      return session;
    } catch (thrown) {
      await session[Symbol.asyncDispose]();
      throw thrown;
    }
  },
  traces: { searchTargets: [redfishTarget], ports: [redfishPort] },
  recognise: recogniseControllers,
});

function controllerFor(context: DriverContext<Settings>): Controller {
  const { address } = context.device;
  if (!address)
    throw new FatalError('missing-address', 'a server needs the address of its controller; set it on the device');
  return context.settings.wire === 'ipmi'
    ? new IpmiController(context, address)
    : new RedfishController(context, address);
}
