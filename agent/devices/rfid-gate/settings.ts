import { z } from 'zod';
import { sip2Port } from '../../../protocols/sip2/message.ts';

const byte = z.int().min(0).max(0xff);
const pinNumber = z.int().min(1).max(64);
const gs1Rule = {
  /** Only tags of this company prefix are ours; any unless given. */
  companyPrefix: z
    .string()
    .regex(/^\d{6,12}$/)
    .optional(),
  /** `serial`: the serial number, as the library writes it; `uri`: the pure identity, such as urn:epc:id:grai:... */
  id: z.enum(['serial', 'uri']),
  /** Stands before the serial number. */
  prefix: z.string().max(20).default(''),
  /** The serial number is filled up with zeros to this many digits. */
  digits: z.int().min(1).max(20).default(1),
};

/** How a tag becomes the id by which the library knows the item. None is assumed: a tag without a rule is unknown. */
const itemRule = z.discriminatedUnion('by', [
  /** The library knows items by the EPC itself, in capital hex. */
  z.strictObject({ by: z.literal('epc') }),
  /** EPC in hex to id; what is not listed is unknown. */
  z.strictObject({
    by: z.literal('table'),
    items: z
      .record(z.string().regex(/^([0-9a-fA-F]{2}){1,62}$/), z.string().min(1).max(80))
      .refine((items) => Object.keys(items).length <= 5_000, 'a table has at most 5000 items'),
  }),
  z.strictObject({ by: z.literal('grai-96'), ...gs1Rule }),
  z.strictObject({ by: z.literal('sgtin-96'), ...gs1Rule }),
  /** A tag of ISO 28560-4: its AFI stands in the protocol control word, its UII in place of the EPC. */
  z.strictObject({
    by: z.literal('iso-uii'),
    /** Only tags with one of these AFI are ours. */
    afi: z.array(byte).min(1).max(4),
    as: z.enum(['integer', 'text']),
    digits: z.int().min(1).max(40).default(1),
  }),
]);

/** By what the gate decides. There is no default, and no value has one: libraries differ. */
const securityRule = z.discriminatedUnion('by', [
  /** The library system is asked for each item. */
  z.strictObject({ by: z.literal('library') }),
  /** The AFI of the tag, rewritten at each loan and return. */
  z.strictObject({ by: z.literal('afi'), inStock: z.array(byte).min(1).max(8), onLoan: z.array(byte).min(1).max(8) }),
  /** One bit of the EPC, counted from its first; the alarm sounds while it has this value. */
  z.strictObject({
    by: z.literal('eas'),
    bit: z.int().min(0).max(495),
    alarmWhen: z.union([z.literal(0), z.literal(1)]),
  }),
]);

/** Settings of one gate. */
export const settingsSchema = z
  .strictObject({
    pollSeconds: z.int().min(5).max(3_600).default(10),
    /** The reader says this often that it lives; after 2.5 times as long without a word it is given up. */
    keepaliveSeconds: z.int().min(2).max(60).default(10),
    /** `1.1` asks the reader whether it can, and goes on with 1.0.1 when it cannot. */
    version: z.enum(['1.0.1', '1.1']).default('1.0.1'),
    /** Off for a reader that only lends its inputs to a gate of another kind. */
    readsTags: z.boolean().default(true),
    /** Which antennas read; all when empty. */
    antennas: z.array(z.int().min(1).max(65_535)).max(16).default([]),
    /** A tag that is not seen for this long has left; when it comes again it passes again. */
    departSeconds: z.number().min(0.5).max(60).default(3),
    /** What is wired to the reader's inputs: a people counter, or the alarm relay of a gate of another kind. */
    inputs: z
      .array(
        z.strictObject({
          port: pinNumber,
          counts: z.enum(['people', 'alarms']),
          edge: z.enum(['high', 'low']).default('high'),
        }),
      )
      .max(8)
      .default([]),
    /** The output with siren or lamp; without it the gate only counts and tells. */
    output: z
      .strictObject({
        port: pinNumber,
        activeHigh: z.boolean().default(true),
        seconds: z.number().min(0.5).max(30).default(3),
      })
      .optional(),
    item: itemRule.optional(),
    security: securityRule.optional(),
    library: z
      .strictObject({
        host: z.string().min(1).max(255),
        port: z.int().min(1).max(65_535).default(sip2Port),
        institution: z.string().max(80).default(''),
        location: z.string().max(80).optional(),
        /** Sequence numbers and checksums; a few systems cannot. */
        errorDetection: z.boolean().default(true),
        /** People do not wait: without an answer by then the item passes in silence. */
        answerMs: z.int().min(100).max(1_000).default(500),
      })
      .optional(),
    /** What an item means that the library does not know. */
    unknownItem: z.enum(['log', 'alarm']).default('log'),
    /** Tell the id of an unknown item. Off, because a tag that is not the library's may be a person's own. */
    tellUnknownItems: z.boolean().default(false),
  })
  .refine(({ security, library, item }) => security?.by !== 'library' || (library && item), {
    message: 'a gate that asks the library needs `library` (where to ask) and `item` (how a tag becomes an id)',
    path: ['security'],
  })
  .refine(({ security, readsTags }) => readsTags || security === undefined, {
    message: 'a gate that reads no tags cannot decide about them',
    path: ['readsTags'],
  });
export type Settings = z.infer<typeof settingsSchema>;
export type ItemRule = z.infer<typeof itemRule>;
export type SecurityRule = z.infer<typeof securityRule>;
