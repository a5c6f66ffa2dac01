import { createRequire } from 'node:module';
import { z } from 'zod';
import { toError } from '../../../protocols/errors.ts';

/** The part of the package that is used; it brings no types. */
interface NodeOnvif {
  readonly OnvifDevice: new (options: {
    readonly xaddr: string;
    readonly user: string;
    readonly pass: string;
  }) => {
    readonly services: {
      readonly device: {
        getSystemDateAndTime(): Promise<unknown>;
        getDeviceInformation(): Promise<{ readonly data: unknown }>;
      };
    };
  };
}

const question = z.object({
  host: z.string().max(255),
  port: z.int().min(1).max(65_535),
  username: z.string().max(200),
  password: z.string().max(200),
});
const text = z.string().max(200).optional().catch(undefined);
const information = z.object({
  GetDeviceInformationResponse: z.object({
    Manufacturer: text,
    Model: text,
    SerialNumber: text,
    FirmwareVersion: text,
  }),
});

const maxInputBytes = 16 * 1024;

/** The question comes by standard input, so that no other user of the machine can read the password. */
async function readInput(): Promise<unknown> {
  let input = '';
  for await (const chunk of process.stdin) {
    input += String(chunk);
    if (input.length > maxInputBytes) throw new Error('the question is too long');
  }
  return JSON.parse(input);
}

/**
 * Asks a camera who it is by the package node-onvif, which shares no code with our own client. Only the device service at
 * the given address is asked: the package would follow any other address that a camera names.
 */
async function ask(): Promise<object> {
  const { host, port, username, password } = question.parse(await readInput());
  const require = createRequire(import.meta.url);
  const { OnvifDevice } = require('node-onvif') as NodeOnvif;
  const device = new OnvifDevice({
    xaddr: `http://${host.includes(':') ? `[${host}]` : host}:${port}/onvif/device_service`,
    user: username,
    pass: password,
  });
  const { device: service } = device.services;
  // Sets the clock difference by which its token is stamped; a camera that does not tell it may still answer the rest.
  await service.getSystemDateAndTime().catch(() => undefined);
  const { data } = await service.getDeviceInformation();
  const { GetDeviceInformationResponse: said } = information.parse(data);
  return {
    ok: true,
    vendor: said.Manufacturer,
    model: said.Model,
    serial: said.SerialNumber,
    firmware: said.FirmwareVersion,
  };
}

try {
  process.stdout.write(`${JSON.stringify(await ask())}\n`);
} catch (thrown) {
  process.stdout.write(`${JSON.stringify({ ok: false, message: toError(thrown).message.slice(0, 300) })}\n`);
}
