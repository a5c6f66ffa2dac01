import { z } from 'zod';
import { wakeOnLanPort } from '../../../protocols/wake-on-lan/packet.ts';

const hexPairs = /^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$/;

const profiles = ['samsung-mdc', 'philips-sicp', 'iiyama', 'viewsonic', 'benq', 'lg', 'smart'] as const;

/** The ids that a wire can carry; where it has none, any value passes. */
const idRanges: Readonly<Record<(typeof profiles)[number], readonly [number, number]>> = {
  'samsung-mdc': [0, 0xfd],
  'philips-sicp': [1, 255],
  iiyama: [1, 255],
  viewsonic: [1, 98],
  benq: [1, 98],
  lg: [1, 255],
  smart: [0, 255],
};

/** Settings of one board. */
export const settingsSchema = z
  .strictObject({
    /** The wire that the board speaks, as its manual says; it is never found out by trying. */
    profile: z.enum(profiles),
    /** Display id, monitor id or set id, as its menu shows it. */
    displayId: z.int().min(0).max(255).default(1),
    pollSeconds: z.int().min(5).max(3_600).default(30),
    /** Longest time from the order until the board says that it is on. */
    powerOnSeconds: z.int().min(5).max(300).default(60),
    powerOffSeconds: z.int().min(5).max(300).default(60),
    /** The sources that this board really has; the usual ones of its profile unless given. Unnamed ones are `code-` and their hex code. */
    inputs: z
      .array(z.strictObject({ id: z.string().min(1).max(40), label: z.string().min(1).max(80) }))
      .max(32)
      .optional(),
    /** Wake-on-LAN: the board's card and where the packet is sent. */
    wake: z
      .strictObject({
        mac: z.string().regex(hexPairs, 'six hex pairs such as 00:11:22:33:44:55'),
        /** Broadcast addresses; a subnet's own reaches other VLANs where a router forwards it. */
        addresses: z.array(z.ipv4()).min(1).max(4).default(['255.255.255.255']),
        port: z.int().min(1).max(65_535).default(wakeOnLanPort),
        secureOn: z.string().regex(hexPairs, 'six hex pairs').optional(),
        /** Longest time from the packet until the board answers. */
        seconds: z.int().min(5).max(600).default(120),
      })
      .optional(),
    /** SHA-256 of the board's own certificate in hex, for Samsung's secured mode. */
    pinnedCertificate: z
      .string()
      .regex(/^[0-9a-fA-F]{64}$/, '64 hex digits')
      .optional(),
    /** Some LG models write their set id with three digits. */
    lgIdDigits: z.union([z.literal(2), z.literal(3)]).default(2),
  })
  .superRefine((settings, context) => {
    const [least, most] = idRanges[settings.profile];
    if (settings.displayId < least || settings.displayId > most) {
      context.addIssue({
        code: 'custom',
        path: ['displayId'],
        message: `${settings.profile} has ids ${least} to ${most}`,
      });
    }
  });
export type Settings = z.infer<typeof settingsSchema>;
