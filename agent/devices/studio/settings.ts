import { z } from 'zod';
import { atemPort } from '../../../protocols/atem/packet.ts';
import { hyperdeckPort } from '../../../protocols/hyperdeck/line.ts';
import { obsPort } from '../../../protocols/obs-websocket/message.ts';
import { viscaUdpPort } from '../../../protocols/visca/ip-header.ts';
import { viscaTcpPort } from '../../../protocols/visca/message.ts';
import { vmixPort } from '../../../protocols/vmix/message.ts';

const part = z.string().min(1).max(80);
const seconds = z.number().min(0.1).max(60);

const place = {
  /** What people call it; commands and scenes name it so. */
  name: part,
  /** The address of the device unless given. */
  host: z.string().min(1).max(255).optional(),
  port: z.int().min(1).max(65_535).optional(),
};

const member = z.discriminatedUnion('kind', [
  /** OBS Studio with its WebSocket server; the password is that of the device. */
  z.strictObject({
    kind: z.literal('obs'),
    ...place,
    /** Go on with an OBS that asks for no password although one is configured. */
    allowUnauthenticated: z.boolean().default(false),
  }),
  /** A camera that speaks VISCA. */
  z.strictObject({
    kind: z.literal('camera'),
    ...place,
    /** `tcp` raw messages, as PTZOptics and most makers; `udp` with Sony's header, for which `host` is an IPv4 address. */
    transport: z.enum(['tcp', 'udp']).default('tcp'),
    presets: z
      .array(z.strictObject({ number: z.int().min(0).max(127), name: z.string().min(1).max(80) }))
      .max(64)
      .default([]),
    /** Motor steps from the middle to the end, and from wide to tele; they differ from model to model. */
    limits: z
      .strictObject({
        pan: z.int().min(1).max(32_767).default(2_448),
        tilt: z.int().min(1).max(32_767).default(1_296),
        zoom: z.int().min(1).max(32_767).default(16_384),
      })
      .prefault({}),
  }),
  /** A HyperDeck recorder. */
  z.strictObject({ kind: z.literal('recorder'), ...place }),
  /** vMix. It has no password: whoever reaches its port commands it. */
  z.strictObject({ kind: z.literal('switcher'), ...place }),
  /** An ATEM switcher, for which `host` is an IPv4 address. It has no password: whoever reaches its port commands it. */
  z.strictObject({ kind: z.literal('atem'), ...place }),
]);

const step = z.discriminatedUnion('do', [
  /** Show a prepared picture of a mixer or switcher. */
  z.strictObject({ do: z.literal('show'), part, scene: z.string().min(1).max(200) }),
  /** Send a camera to a preset by its number. */
  z.strictObject({ do: z.literal('preset'), part, preset: z.int().min(0).max(127) }),
  z.strictObject({ do: z.literal('record'), part, on: z.boolean() }),
  z.strictObject({ do: z.literal('stream'), part, on: z.boolean() }),
  /** Mute or open an input of OBS. */
  z.strictObject({ do: z.literal('mute'), part, input: z.string().min(1).max(200), muted: z.boolean() }),
  /** Turn a camera on or into standby. */
  z.strictObject({ do: z.literal('power'), part, on: z.boolean() }),
  z.strictObject({ do: z.literal('wait'), seconds }),
]);

/** What each kind of step can be asked of. */
const doers: Readonly<Record<z.infer<typeof step>['do'], readonly z.infer<typeof member>['kind'][]>> = {
  show: ['obs', 'switcher', 'atem'],
  preset: ['camera'],
  record: ['obs', 'recorder', 'switcher', 'atem'],
  stream: ['obs', 'switcher', 'atem'],
  mute: ['obs'],
  power: ['camera'],
  wait: [],
};

/** Settings of one studio. */
export const settingsSchema = z
  .strictObject({
    pollSeconds: z.int().min(5).max(300).default(10),
    members: z.array(member).min(1).max(16),
    /** Buttons: steps that are carried out in this order. Those that cannot be taken back (the end of a recording) belong last. */
    scenes: z
      .array(
        z.strictObject({
          id: z.string().regex(/^[a-z0-9-]{1,40}$/),
          name: z.string().min(1).max(80),
          steps: z.array(step).min(1).max(32),
        }),
      )
      .max(32)
      .default([]),
    /** A recording does not start with less than this left. */
    reserve: z
      .strictObject({
        megabytes: z.int().min(0).max(10_000_000).default(2_000),
        minutes: z.int().min(0).max(1_440).default(10),
      })
      .prefault({}),
  })
  .superRefine(({ members, scenes }, context) => {
    const kinds = new Map(members.map(({ name, kind }) => [name, kind]));
    if (kinds.size < members.length) context.addIssue({ code: 'custom', message: 'two members have the same name' });
    if (new Set(scenes.map(({ id }) => id)).size < scenes.length) {
      context.addIssue({ code: 'custom', message: 'two scenes have the same id' });
    }
    for (const scene of scenes) {
      for (const [index, one] of scene.steps.entries()) {
        if (one.do === 'wait') continue;
        const kind = kinds.get(one.part);
        if (kind !== undefined && doers[one.do].includes(kind)) continue;
        const message = `step ${index + 1} of scene ${scene.id}: ${one.part} is no member that can ${one.do}`;
        context.addIssue({ code: 'custom', message });
      }
    }
  });

export type Settings = z.infer<typeof settingsSchema>;
export type MemberSettings = Settings['members'][number];
export type MemberOf<K extends MemberSettings['kind']> = Extract<MemberSettings, { kind: K }>;
export type Step = Settings['scenes'][number]['steps'][number];

/** Where a member listens unless its settings say otherwise. */
export function defaultPortOf(settings: MemberSettings): number {
  switch (settings.kind) {
    case 'obs':
      return obsPort;
    case 'camera':
      return settings.transport === 'tcp' ? viscaTcpPort : viscaUdpPort;
    case 'recorder':
      return hyperdeckPort;
    case 'switcher':
      return vmixPort;
    case 'atem':
      return atemPort;
  }
}
