import { z } from 'zod';
import { readSettings, type Settings, type SettingsSources } from '../provisioning/platform/settings.ts';
import { privateNetworks } from './platform/network-policy.ts';

const host = z.string().min(1).max(255);

/** Every setting of the agent, with its default. Durations are in seconds here, because people write them. */
const schema = z.strictObject({
  dataDir: z
    .string()
    .min(1)
    .default('.edufleet/agent')
    .describe('folder of identity, outbox and the last desired document'),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info') }).prefault({}),
  machine: z
    .strictObject({
      serial: z
        .string()
        .min(4)
        .max(120)
        .optional()
        .describe('what this agent is known by where several share one machine, in place of its serial numbers'),
    })
    .prefault({}),
  network: z
    .strictObject({
      allow: z
        .array(host)
        .default([...privateNetworks])
        .describe('CIDR blocks, addresses and host names of devices that may be reached'),
      deny: z.array(host).default([]).describe('blocks and addresses that are refused although allowed above'),
      ports: z.array(z.string()).default([]).describe('ports and ranges such as 8000-8099; empty allows every port'),
      broadcast: z.boolean().default(true).describe('whether devices may be searched by broadcast and multicast'),
    })
    .prefault({}),
  discovery: z
    .strictObject({
      enabled: z.boolean().default(true).describe('whether the agent looks for devices by itself'),
      targets: z
        .array(z.strictObject({ host, port: z.int().min(1).max(65_535).optional() }))
        .max(1_000)
        .default([])
        .describe('addresses that are asked directly'),
      ranges: z
        .array(z.string().max(18))
        .max(64)
        .default([])
        .describe('IPv4 blocks such as 192.168.7.0/24 whose usual device ports are looked at, 1024 addresses a round'),
      communities: z
        .array(z.string().min(1).max(64))
        .max(4)
        .default(['public'])
        .describe('SNMP communities that targets are asked with, to read who they are'),
      intervalSeconds: z.int().min(60).max(604_800).default(3_600).describe('time between two rounds'),
    })
    .prefault({}),
  outbox: z
    .strictObject({
      maxMebibytes: z
        .int()
        .min(1)
        .max(65_536)
        .default(256)
        .describe('most that waits for the hub before samples are given up'),
    })
    .prefault({}),
  localBroker: z
    .strictObject({
      enabled: z.boolean().default(true).describe('whether devices may connect to this agent by MQTT'),
      host: host.default('0.0.0.0').describe('address to listen on, while a device needs it'),
      port: z.int().min(1).max(65_535).default(1_883).describe('TCP port to listen on'),
      advertisedHost: host
        .optional()
        .describe('what devices are told to connect to; the route to them tells unless given'),
      maxPacketKibibytes: z
        .int()
        .min(16)
        .max(4_096)
        .default(256)
        .describe('largest message of a device; a bridge with many devices may need more'),
      welcome: z
        .strictObject({
          username: z.string().min(1).max(200).describe('user name that new MQTT devices sign in with to be found'),
          password: z.string().min(8).max(200).describe('password that new MQTT devices sign in with to be found'),
        })
        .optional()
        .describe('lets MQTT devices that nobody has adopted sign in, only to be proposed; nobody unless given'),
    })
    .prefault({}),
  hub: z
    .strictObject({
      returnSpreadSeconds: z
        .number()
        .min(1)
        .max(300)
        .default(15)
        .describe('after a lost session all agents come back within this time, not at once'),
    })
    .prefault({}),
});

export type AgentConfig = z.output<typeof schema>;

/** Reads the agent's configuration; see readSettings for what it throws. */
export function readAgentConfig(sources: SettingsSources): Settings<AgentConfig> {
  return readSettings(schema, sources);
}
