import { describe, expect, it } from 'vitest';
import { onvifCamera } from '../../../agent/devices/onvif-camera/index.ts';
import { createLocalBroker } from '../../../agent/platform/local-broker.ts';
import * as device from '../../../protocols/onvif/device.ts';
import * as events from '../../../protocols/onvif/events.ts';
import * as media from '../../../protocols/onvif/media.ts';
import * as ptz from '../../../protocols/onvif/ptz.ts';
import * as eventService from '../../../protocols/onvif/sensing/event-service.ts';
import * as imaging from '../../../protocols/onvif/sensing/imaging.ts';
import * as relay from '../../../protocols/onvif/sensing/relay.ts';
import { buildEnvelope, type SoapOperation } from '../../../protocols/onvif/soap.ts';
import { usernameToken } from '../../../protocols/onvif/ws-security.ts';
import { parseXml } from '../../../protocols/onvif/xml.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { type Exchange, type OnvifCameraOptions, startOnvifCamera } from '../../simulators/onvif-camera/index.ts';
import { recognitionEvent } from '../../simulators/onvif-camera/sensing/senses.ts';
import { firmwareImage } from '../../simulators/onvif-camera/upkeep/upkeep.ts';
import { createTestArtifact } from '../../support/artifact.ts';
import { createFastClock } from '../../support/clock.ts';
import { createTestContext } from '../../support/driver-context.ts';
import { openSchemas, schemaAbsence } from './onvif-schema.ts';
import { upkeepOperations } from './upkeep-operations.ts';

const absence = schemaAbsence();
const token = 'Profile & <1>';

const sensingOperations: readonly SoapOperation<unknown>[] = [
  imaging.getImagingSettings(token),
  imaging.getImagingOptions(token),
  imaging.setImagingSettings(token, { irCutFilter: 'AUTO' }),
  imaging.setImagingSettings(token, {
    brightness: 0.5,
    contrast: 1e-7,
    saturation: -3,
    sharpness: 100,
    irCutFilter: 'OFF',
    backlight: 'ON',
    exposure: 'MANUAL',
  }),
  relay.getRelayOutputs(),
  relay.setRelayOutputSettings(token, { mode: 'Monostable', delayMs: 1_500, idle: 'closed' }),
  relay.setRelayOutputSettings(token, { mode: 'Bistable', delayMs: 0, idle: 'open' }),
  relay.setRelayOutputState(token, true),
  relay.setRelayOutputState(token, false),
  relay.getDigitalInputs(),
  eventService.getEventCapabilities(),
  eventService.getEventProperties(),
  eventService.addEventBroker({
    address: 'mqtt://[fd00::1]:1883',
    topicPrefix: 'camera-7',
    username: 'a&b',
    password: '<"đ">',
    qos: 1,
  }),
  eventService.getEventBrokers(),
  eventService.deleteEventBroker('mqtt://127.0.0.1:1883'),
];

/** Every request that the wire can write. */
const operations: readonly SoapOperation<unknown>[] = [
  device.getSystemDateAndTime(),
  device.getDeviceInformation(),
  device.getServices(),
  device.getCapabilities(),
  device.getScopes(),
  device.getHostname(),
  device.getNetworkInterfaces(),
  ...([1, 2] as const).flatMap((version) => [
    media.getProfiles(version),
    media.getSnapshotUri(version, token),
    media.getStreamUri(version, token),
  ]),
  ptz.getStatus(token),
  ptz.getPresets(token),
  ptz.continuousMove(token, { pan: -1, tilt: 0.5, zoom: 0 }, 1_500),
  ptz.continuousMove(token, { pan: 0, tilt: 0, zoom: 1e-7 }, 1_000),
  ptz.stop(token),
  ptz.gotoPreset(token, '1'),
  ptz.setPreset(token, 'Cửa <1>', undefined),
  ptz.setPreset(token, 'Cửa <1>', '7'),
  ptz.removePreset(token, '7'),
  events.createPullPointSubscription(120_000),
  events.pullMessages(500, 10),
  events.renew(60_000),
  events.unsubscribe(),
  ...sensingOperations,
  ...Object.values(upkeepOperations),
];

function requestOf(operation: SoapOperation<unknown>): string {
  const referenceParameters = [
    parseXml(Buffer.from('<a:SubscriptionId xmlns:a="http://www.axis.com/2009/event" a:b="c">7</a:SubscriptionId>')),
  ];
  return buildEnvelope(operation.body, [
    usernameToken({ username: 'a&b', password: 'x', nonce: new Uint8Array(16), created: '2026-03-02T00:00:00Z' }),
    ...events.addressingHeaders({
      action: operation.action,
      to: 'http://127.0.0.1/x?a=1&b=2',
      messageId: 'urn:uuid:1',
      referenceParameters,
    }),
  ]);
}

describe("ONVIF's own schemas", () => {
  it('are there where this runs unattended', () => {
    if (process.env['CI']) expect(absence).toBeUndefined();
  });
});

describe.skipIf(absence !== undefined)(
  `judged by ONVIF's own schemas${absence ? ` (skipped: ${absence})` : ''}`,
  () => {
    const schemas = absence === undefined ? openSchemas() : undefined;
    const validate = (documents: ReadonlyMap<string, string>) => schemas?.validate(documents);

    it('refuses what is wrong: an element out of order, an unknown operation, a bad value', () => {
      const wrong = [
        '<m:GetStreamUri xmlns:m="http://www.onvif.org/ver20/media/wsdl"><m:ProfileToken>1</m:ProfileToken><m:Protocol>RTSP</m:Protocol></m:GetStreamUri>',
        '<m:GetEverything xmlns:m="http://www.onvif.org/ver20/media/wsdl"/>',
        '<e:PullMessages xmlns:e="http://www.onvif.org/ver10/events/wsdl"><e:Timeout>20 s</e:Timeout><e:MessageLimit>1</e:MessageLimit></e:PullMessages>',
      ];
      const answers = ['<d:GetHostnameResponse xmlns:d="http://www.onvif.org/ver10/device/wsdl"/>'];
      for (const markup of [...wrong, ...answers]) {
        expect(validate(new Map([['wrong', buildEnvelope({ markup })]])), markup).not.toEqual([]);
      }
    });

    it('accepts every request that the wire writes', () => {
      const requests = new Map(
        operations.map((operation, index) => [`${index} ${operation.action}`, requestOf(operation)]),
      );
      expect(requests.size).toBe(operations.length);
      expect(validate(requests)).toEqual([]);
    });

    it('accepts all that a session and the simulator say to each other, on every kind of camera', async () => {
      const kinds: readonly OnvifCameraOptions[] = [
        { seed: 1 },
        { seed: 5, hasMedia2: false, knowsGetServices: false, signIn: 'digest' },
        { seed: 9, usesReferenceParameters: true, signIn: 'token' },
        { seed: 3, hasPtz: false, hasEvents: false, logs: ['http'], upgrades: ['soap', 'http'] },
        { seed: 13, tellsPosition: false, hasKeystore: false, upgrades: ['soap'], hasLogAttachment: true },
        { seed: 17, ...contacts, maxEventBrokers: 2 },
        { seed: 21, ...contacts, hasRelaysAtDeviceIo: true, knowsGetServices: false, hasPtz: false },
      ];
      const documents = new Map<string, string>();
      await Promise.all(kinds.map((kind) => converse(kind, documents)));
      const seen = [...documents.values()].map((text) => /:Body[^>]*><(?:\w+:)?(\w+)/.exec(text)?.[1]);
      for (const name of expectedMessages) expect(seen).toContain(name);
      expect(validate(documents)).toEqual([]);
    }, 60_000);
  },
);

const contacts = {
  relays: [{ token: 'siren', mode: 'Monostable', delayMs: 500, idle: 'open', isActive: false }],
  inputs: [{ token: 'door', isActive: false }],
  rules: [
    { name: 'Vạch & 1', kind: 'line', value: 0 },
    { name: 'Field', kind: 'field', value: 0 },
    { name: 'Gate', kind: 'counter', value: 0 },
    { name: 'Room', kind: 'occupancy', value: 0 },
  ],
} as const satisfies OnvifCameraOptions;

/** Arguments of each command; one that is not named here has none. */
const commandArgs: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'ptz.move': { pan: 0.5, tilt: 0, zoom: 0.5, durationMs: 200 },
  'ptz.goToPreset': { token: '2' },
  'ptz.savePreset': { name: 'A & <B>' },
  'ptz.removePreset': { token: '3' },
  'imaging.set': { brightness: 60.4, sharpness: -2, dayNight: 'day', backlight: true, exposure: 'manual' },
  'relay.set': { token: 'siren', active: true },
  'time.setNtp': { servers: ['192.168.1.1', 'vn.pool.ntp.org', 'fd00::1'], zone: '<+07>-7' },
  'network.setHostname': { hostname: 'cam-7' },
  'log.fetch': { kind: 'system' },
  'relay.configure': { token: 'siren', mode: 'monostable', delaySeconds: 0.25, idle: 'closed' },
};

const expectedMessages = [
  'GetServicesResponse',
  'GetCapabilitiesResponse',
  'GetProfilesResponse',
  'GetStreamUriResponse',
  'GetSnapshotUriResponse',
  'ContinuousMoveResponse',
  'GotoPresetResponse',
  'CreatePullPointSubscriptionResponse',
  'PullMessagesResponse',
  'RenewResponse',
  'UnsubscribeResponse',
  'GetEventPropertiesResponse',
  'GetServiceCapabilitiesResponse',
  'AddEventBrokerResponse',
  'GetEventBrokersResponse',
  'DeleteEventBrokerResponse',
  'GetImagingSettingsResponse',
  'GetOptionsResponse',
  'SetImagingSettingsResponse',
  'GetRelayOutputsResponse',
  'SetRelayOutputSettingsResponse',
  'SetRelayOutputStateResponse',
  'GetDigitalInputsResponse',
  'SetPresetResponse',
  'RemovePresetResponse',
  'GetUsersResponse',
  'GetNTPResponse',
  'SetNTPResponse',
  'SetSystemDateAndTimeResponse',
  'SetHostnameResponse',
  'GetNetworkDefaultGatewayResponse',
  'GetDNSResponse',
  'GetNetworkProtocolsResponse',
  'GetSystemLogResponse',
  'GetSystemUrisResponse',
  'GetAllCertificatesResponse',
  'GetAssignedServerCertificatesResponse',
  'GetCertificationPathResponse',
  'GetCertificatesResponse',
  'GetCertificatesStatusResponse',
  'StartFirmwareUpgradeResponse',
  'UpgradeSystemFirmware',
  'UpgradeSystemFirmwareResponse',
  'SystemRebootResponse',
  'Fault',
];

/** Lets a session do everything that it can with one kind of camera, and collects every message. */
async function converse(kind: OnvifCameraOptions, documents: Map<string, string>): Promise<void> {
  // A camera refuses a time stamp that is 5 s off: at ten times the speed a busy machine has half a second to answer.
  const clock = createFastClock(10);
  const onExchange = ({ request, status, answer }: Exchange) => {
    if (request.startsWith('<')) documents.set(`${documents.size} request`, request);
    if (answer.startsWith('<')) documents.set(`${documents.size} answer ${status}`, answer);
  };
  await using camera = await startOnvifCamera({ ...kind, clock, discoveryPort: false, onExchange });
  const policy = { allow: ['127.0.0.0/8'], deny: [], ports: [], broadcast: false };
  await using broker = createLocalBroker({ host: '127.0.0.1', port: 0, policy, clock, log: silentLog });
  const test = createTestContext({
    family: 'onvif-camera',
    settings: onvifCamera.settings.parse({ timeoutMs: 30_000, events: 'auto' }),
    clock,
    address: camera.address,
    credentials: camera.credentials,
    broker,
  });
  const { signal } = test.context;
  await using session = await onvifCamera.connect(test.context);
  await session.poll(signal);
  camera.setMotion(true);
  camera.setTampered(true);
  for (const { token } of camera.senses.inputs) camera.setInput(token, true);
  for (const { name } of camera.senses.rules) camera.detect(name, 3);
  camera.sendEvent(recognitionEvent('76A-123.45'));
  const commands = Object.entries(test.reporter.descriptors.at(-1)?.capabilities ?? {});
  for (const [capability, { commands: names }] of commands) {
    for (const name of names) {
      // It takes the pull points with it, so it comes last.
      if (name === 'reboot') continue;
      // A camera that tells no position may still be on its way to the preset.
      if (name === 'savePreset') await clock.wait(5_000, signal);
      const args = commandArgs[`${capability}.${name}`] ?? {};
      const command = { id: '1', capability: capability as 'ptz', name, args };
      await session.execute(command, signal);
    }
  }
  // Long enough for a renewal of the pull point.
  await clock.wait(50_000, signal);
  camera.setMotion(false);
  await session.poll(signal);
  await session.execute({ id: '2', capability: 'power', name: 'reboot', args: {} }, signal);
  const image = createTestArtifact(firmwareImage(camera.identity.model, '9.1'), { kind: 'firmware', version: '9.1' });
  expect(await session.install?.(image, () => undefined, signal)).toEqual({ version: '9.1' });
}
